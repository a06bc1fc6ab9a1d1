"""Where changed code is run: the sandbox, its database, and the process that runs tests."""

import json
import os
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from typing import IO, Any, Final, NamedTuple, Self

from benchmarks.mutants.sandbox import Sandbox
from benchmarks.mutants.selection import TEMPLATE, Chosen, Selection
from benchmarks.mutants.tracing import LABEL_FILE

FIRST_SECONDS: Final = 8.0
"""What nearly every mutant is noticed in: run before the files of all the other tests are imported."""

TRACING_SECONDS: Final = 3 * 3600.0


class Outcome(NamedTuple):
    """`how` is `noticed`, `hung` or `survived`; `by` the test that failed first; `ran` of `known` tests were run."""

    how: str
    by: str
    ran: int
    known: int
    seconds: float

    @property
    def is_noticed(self) -> bool:
        return self.how != "survived"


class Laboratory:
    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        self._sandbox.prepare()
        label = self._sandbox.lines / LABEL_FILE
        if not any(self._sandbox.lines.glob("trace-*.json")):
            label.write_text(TEMPLATE, encoding="utf-8")
        with self._stack as stack:
            self._keeper = stack.enter_context(self._started("benchmarks.mutants.cluster"))
            self._cluster = json.loads(self._answer(self._keeper))
            label.unlink(missing_ok=True)
            self._server = stack.enter_context(self._started("benchmarks.mutants.server"))
            self._answer(self._server)
            self._stack = stack.pop_all()
        return self

    def trace(self, files: Sequence[str]) -> None:
        self._run(files, TRACING_SECONDS, trace=str(self._sandbox.lines))

    def __exit__(self, *_: object) -> None:
        for process in (self._server, self._keeper):
            if process.stdin:
                process.stdin.close()
        self._stack.close()

    def try_change(self, path: str, text: str, chosen: Chosen, selection: Selection, limit: float) -> Outcome:
        """Runs the chosen tests, for `limit` seconds at most by what they took when they were traced."""
        with self._sandbox.changed(path, text):
            if chosen.remakes_template and self._ask(self._keeper, "remake") == "failed":
                return self._ended(chosen, Outcome("noticed", "making the tests' database", 0, len(chosen.tests), 0))
            ran, seconds, known = 0, 0.0, len(chosen.tests)
            first = max(1, selection.within(chosen.tests, FIRST_SECONDS))
            last = max(first, selection.within(chosen.tests, limit))
            for tests in (chosen.tests[:first], chosen.tests[first:last]):
                if not tests:
                    continue
                answer = self._run_twice(tests, sum(selection.seconds[test] for test in tests))
                ran += answer.get("ran", 0)
                seconds += answer["seconds"]
                if answer["outcome"] != "passed":
                    how = "hung" if answer["outcome"] == "hung" else "noticed"
                    return self._ended(chosen, Outcome(how, answer.get("test", ""), ran, known, seconds))
            return self._ended(chosen, Outcome("survived", "", ran, known, seconds))

    def _run_twice(self, tests: Sequence[str], expected: float) -> dict[str, Any]:
        """Once if they pass. A single failure is no proof, since on a busy machine anything fails."""
        limit = 60 + 6 * expected
        answer = self._run(_files(tests), limit, tests=tests)
        if answer["outcome"] == "passed":
            return answer
        failed = [test for test in tests if test == answer.get("test")]
        if failed and self._run(_files(failed), limit, tests=failed)["outcome"] != "passed":
            return answer
        return self._run(_files(tests), limit, tests=tests)

    def _ended(self, chosen: Chosen, outcome: Outcome) -> Outcome:
        if chosen.remakes_template:
            self._ask(self._keeper, "restore")
        if outcome.how == "hung":
            self._ask(self._keeper, "sweep")
        return outcome

    def _run(self, paths: Sequence[str], seconds: float, **more: Any) -> dict[str, Any]:
        folder = str(self._sandbox.folder)
        request = {"paths": list(paths), "seconds": seconds, "cluster": self._cluster, "folder": folder, **more}
        answer: dict[str, Any] = json.loads(self._ask(self._server, json.dumps(request)))
        return answer

    def _started(self, module: str) -> subprocess.Popen[str]:
        command = [str(self._sandbox.python), "-m", module]
        # Nothing is left out of the exhaustive tests.
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), "EVERY_CASE": "1"}
        pipe = subprocess.PIPE
        return subprocess.Popen(command, cwd=self._sandbox.tree, stdin=pipe, stdout=pipe, text=True, env=environment)

    def _ask(self, process: subprocess.Popen[str], line: str) -> str:
        asked: IO[str] | None = process.stdin
        if asked is None:
            raise RuntimeError("it has no input")
        asked.write(f"{line}\n")
        asked.flush()
        return self._answer(process)

    @staticmethod
    def _answer(process: subprocess.Popen[str]) -> str:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise RuntimeError(f"{process.args!r} has ended")
        return line.strip()


def _files(tests: Sequence[str]) -> list[str]:
    return sorted({test.partition("::")[0] for test in tests})
