"""Which lines of the package a test runs: a plugin of pytest, and the same for the processes that a test starts.

`sys.monitoring` reports each line once after every change of the label, which costs far less than measuring coverage.
A label is a test, or a fixture that many tests share. Nothing here imports the package.
"""

import atexit
import json
import os
import sys
import time
from collections import defaultdict
from collections.abc import Generator
from hashlib import sha256
from pathlib import Path
from types import CodeType
from typing import Any, Final

import pytest

TOOL: Final = 3
IMPORTS: Final = "import"
_MONITORING: Final = sys.monitoring
SHARED_SCOPES: Final = frozenset({"session", "package", "module", "class"})
LABEL_FILE: Final = "label"
"""What processes that a test starts find in the folder: the label that their lines belong to."""


class Lines:
    """By label, as `path:line` with the path relative to `root`."""

    def __init__(self, root: Path) -> None:
        self._prefix = f"{root}/"
        self._package = f"{root}/creatorvault/"
        self._here = IMPORTS
        self.found: defaultdict[str, set[str]] = defaultdict(set)

    def start(self) -> None:
        _MONITORING.use_tool_id(TOOL, "mutants")
        _MONITORING.register_callback(TOOL, _MONITORING.events.PY_START, self._function)
        _MONITORING.register_callback(TOOL, _MONITORING.events.LINE, self._line)
        _MONITORING.set_events(TOOL, _MONITORING.events.PY_START)

    @staticmethod
    def stop() -> None:
        """Before the interpreter takes itself apart."""
        _MONITORING.set_events(TOOL, 0)
        _MONITORING.free_tool_id(TOOL)

    def label(self, label: str) -> None:
        self._here = label
        _MONITORING.restart_events()

    def _function(self, code: CodeType, _: int) -> Any:
        if code.co_filename.startswith(self._package):
            _MONITORING.set_local_events(TOOL, code, _MONITORING.events.LINE)
        return _MONITORING.DISABLE

    def _line(self, code: CodeType, line: int) -> Any:
        label = IMPORTS if code.co_name == "<module>" or self._is_class_body(code) else self._here
        self.found[label].add(f"{code.co_filename.removeprefix(self._prefix)}:{line}")
        return _MONITORING.DISABLE

    @staticmethod
    def _is_class_body(code: CodeType) -> bool:
        return "__module__" in code.co_names and "__qualname__" in code.co_names


class Tracing:
    """Writes a trace: what each test took, what fixtures it asked for, and the lines by label."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder = folder
        self._root = root
        self._lines = Lines(root)
        self._lines.start()
        self._tests: dict[str, dict[str, Any]] = {}
        self._current = IMPORTS
        self._shared_seconds = 0.0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        self._label(item.nodeid)
        self._shared_seconds, began = 0.0, time.perf_counter()
        self._tests[item.nodeid] = {"fixtures": list(getattr(item, "fixturenames", [])), "passed": True}
        result = yield
        self._tests[item.nodeid]["seconds"] = time.perf_counter() - began - self._shared_seconds
        self._label(IMPORTS)
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Generator[None, Any, Any]:
        if fixturedef.scope not in SHARED_SCOPES:
            return (yield)
        before, began = self._current, time.perf_counter()
        self._label(f"fixture {fixturedef.argname}")
        try:
            return (yield)
        finally:
            self._shared_seconds += time.perf_counter() - began
            self._label(before)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:  # what is skipped notices nothing either
            self._tests[report.nodeid]["passed"] = False

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        if exitstatus == pytest.ExitCode.INTERRUPTED:  # the trace of the last file is not complete
            return
        lines = {label: sorted(found) for label, found in self._lines.found.items()}
        (self._folder / LABEL_FILE).unlink(missing_ok=True)
        for file in self._folder.glob("process-*.json"):
            for label, found in json.loads(file.read_text(encoding="utf-8")).items():
                lines[label] = sorted({*lines.get(label, ()), *found})
            file.unlink()
        files = {name: digest_of(self._root / name) for name in {test.partition("::")[0] for test in self._tests}}
        trace = {"files": files, "tests": self._tests, "lines": lines}
        (self._folder / f"trace-{time.time_ns()}.json").write_text(json.dumps(trace), encoding="utf-8")

    def _label(self, label: str) -> None:
        self._current = label
        self._lines.label(label)
        (self._folder / LABEL_FILE).write_text(label, encoding="utf-8")


def digest_of(file: Path) -> str:
    return sha256(file.read_bytes()).hexdigest()


def trace_process(folder: Path, root: Path) -> None:
    """Called when Python starts. Does nothing unless tests are being traced."""
    if _MONITORING.get_tool(TOOL) is not None:  # `site` may read a file of paths twice
        return
    try:
        label = (folder / LABEL_FILE).read_text(encoding="utf-8")
    except OSError:
        return
    lines = Lines(root)
    lines.start()
    lines.label(label)
    process = os.getpid()

    def write() -> None:
        lines.stop()
        if os.getpid() == process:
            found = {label: sorted(found) for label, found in lines.found.items()}
            (folder / f"process-{process}-{time.time_ns()}.json").write_text(json.dumps(found), encoding="utf-8")

    atexit.register(write)
