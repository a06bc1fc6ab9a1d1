"""Runs tests in forks of a process that has imported the libraries already: python -m benchmarks.mutants.server

Reads a request a line, in JSON, and answers each with a line. The package and the tests are imported by the fork, so
each run sees the code as it is then.
"""

import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import pytest

OWN: Final = frozenset({"creatorvault", "tests", "benchmarks", "migrations", "__main__"})
OPTIONS: Final = (
    *("-p", "no:randomly", "-p", "no:xdist", "-p", "no:cov"),
    *("-q", "--no-header", "--tb=short", "--show-capture=no"),
    *("-W", "ignore::pytest.PytestAssertRewriteWarning"),  # plugins are among the libraries
)
_LIBRARIES: Final = (
    "import sys, pytest, creatorvault.asgi, creatorvault.__main__, hypothesis, jsonschema; print(*sys.modules)"
)


class Plugin:
    """Hands the run its database, and keeps to the tests that were asked for, in their order."""

    def __init__(self, cluster: Mapping[str, str], tests: Sequence[str] | None) -> None:
        self._cluster = cluster
        self._places = None if tests is None else {test: place for place, test in enumerate(tests)}
        self.failed: str | None = None
        self.ran = 0

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        config.workerinput = {"cluster": dict(self._cluster)}  # type: ignore[attr-defined]  # as xdist would
        for mark in ("xdist_group(name): tests for one worker", "no_cover: tests whose coverage says nothing new"):
            config.addinivalue_line("markers", mark)  # as the plugins that are left out would

    def pytest_sessionstart(self) -> None:
        """After the tests' own profile: that an example fails is enough, the smallest one is not looked for."""
        from hypothesis import Phase, settings  # noqa: PLC0415 - once the plugin of hypothesis is set up

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", settings(), phases=phases, database=None, derandomize=True)
        settings.load_profile("mutants")

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        places = self._places
        if places is not None:
            items[:] = sorted((item for item in items if item.nodeid in places), key=lambda item: places[item.nodeid])

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.ran += report.when == "call"
        if report.failed and self.failed is None:
            self.failed = report.nodeid

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed and self.failed is None:
            self.failed = f"{report.nodeid} (cannot be imported)"


def main() -> None:
    import_libraries()
    print("ready", flush=True)
    for line in sys.stdin:
        print(json.dumps(serve(json.loads(line))), flush=True)


def import_libraries() -> None:
    command = [sys.executable, "-c", _LIBRARIES]
    names = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    for name in names:
        if name.partition(".")[0] not in OWN:
            with suppress(Exception):
                importlib.import_module(name)


def serve(request: dict[str, Any]) -> dict[str, Any]:
    """Outcomes: `passed`, `failed` with the first test that did, and `hung`."""
    began, result = time.monotonic(), Path(request["folder"]) / "result.json"
    result.unlink(missing_ok=True)
    child = os.fork()
    if child == 0:
        run(request, result)
    handle = os.pidfd_open(child)
    ended, _, _ = select.select([handle], [], [], request["seconds"])
    os.close(handle)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # what the tests have started, too
    os.waitpid(child, 0)
    answer: dict[str, Any] = {"outcome": "hung"}
    if ended and result.exists():
        answer = json.loads(result.read_text(encoding="utf-8"))
    elif ended:
        answer = {"outcome": "failed", "test": "the process of the tests died"}
    return answer | {"seconds": round(time.monotonic() - began, 1)}


def run(request: dict[str, Any], result: Path) -> None:
    """Never returns."""
    os.setsid()
    log = os.open(Path(request["folder"]) / "run.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for target, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, target)
    try:
        result.write_text(json.dumps(_outcome(request)), encoding="utf-8")
    except BaseException:  # noqa: BLE001 - told in the log, and by the result that is missing
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def _outcome(request: dict[str, Any]) -> dict[str, Any]:
    plugin = Plugin(request["cluster"], request.get("tests"))
    plugins: list[object] = [plugin]
    options = [*OPTIONS, *([] if request.get("trace") else ["-x"])]
    if request.get("trace"):
        from benchmarks.mutants.tracing import Tracing  # noqa: PLC0415 - only where it is wanted

        plugins.append(Tracing(Path(request["trace"]), Path.cwd()))
    code = pytest.main([*options, *request["paths"]], plugins=plugins)
    if plugin.failed is not None:
        return {"outcome": "failed", "test": plugin.failed, "ran": plugin.ran}
    if code not in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
        return {"outcome": "failed", "test": f"pytest ended with {code}", "ran": plugin.ran}
    return {"outcome": "passed", "ran": plugin.ran}


if __name__ == "__main__":
    main()
