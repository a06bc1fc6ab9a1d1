"""A copy of the checkout in which code is changed, so that the checkout never is.

Its virtual environment looks for the package in the copy first, and for everything else in the checkout's own. So a
test that starts `python -m creatorvault`, in whatever folder, starts what was changed.
"""

import compileall
import fcntl
import py_compile
import shutil
import site
import subprocess
import sys
import tempfile
import venv
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

CHECKOUT: Final = Path(__file__).resolve().parents[2]
# What decides which lines a test runs, beside the test itself.
_DECIDING: Final = ("creatorvault/", "migrations/", "pyproject.toml", "requirements-dev.lock")
_START: Final = (
    "import sys; sys.path.insert(0, {tree!r}); sys.path.append({tree!r}); import site; site.addsitedir({packages!r})\n"
)
_TRACE: Final = (
    "import os, sys; os.path.exists({label!r}) and "
    "__import__('benchmarks.mutants.tracing', fromlist=['x']).trace_process("
    "__import__('pathlib').Path({folder!r}), __import__('pathlib').Path({tree!r}))\n"
)


class Sandbox:
    """`tree` is the copy, `folder` what belongs to this state of the package, whichever run made it."""

    def __init__(self) -> None:
        self._files = _files()
        self.folder = Path(tempfile.gettempdir()) / "creatorvault-mutants" / _state_of(self._files)
        self.tree = self.folder / "tree"
        self.python = self.folder / "environment" / "bin" / "python"
        self.lines = self.folder / "lines"

    def prepare(self) -> None:
        """Exits if another run is at work in the same folder."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = (self.folder / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"Error: another run is at work in {self.folder}")
        for made in (self.tree, self.folder / "environment"):
            shutil.rmtree(made, ignore_errors=True)
        self.lines.mkdir(parents=True, exist_ok=True)
        for name in self._files:
            target = self.tree / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, target, follow_symlinks=False)
        self._make_environment()
        # By the hash of the source: a time stamp does not tell two changes within a second apart.
        mode = py_compile.PycInvalidationMode.CHECKED_HASH
        compileall.compile_dir(self.tree / "creatorvault", quiet=2, invalidation_mode=mode)

    @contextmanager
    def changed(self, path: str, text: str) -> Generator[None]:
        file = self.tree / path
        before = file.read_text(encoding="utf-8")
        file.write_text(text, encoding="utf-8")
        try:
            yield
        finally:
            file.write_text(before, encoding="utf-8")

    def _make_environment(self) -> None:
        folder = self.folder / "environment"
        venv.create(folder, symlinks=True)
        [packages] = [path for path in site.getsitepackages() if path.startswith(sys.prefix)]
        [own] = folder.glob("lib/python3*/site-packages")
        tree = str(self.tree)
        (own / "a_mutants.pth").write_text(_START.format(tree=tree, packages=packages), encoding="utf-8")
        label = str(self.lines / "label")
        trace = _TRACE.format(label=label, folder=str(self.lines), tree=tree)
        (own / "b_mutants.pth").write_text(trace, encoding="utf-8")


def _files() -> list[str]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=CHECKOUT, check=True, capture_output=True, text=True).stdout
    return [name for name in listed.split("\0") if name and (CHECKOUT / name).is_file()]


def _state_of(files: list[str]) -> str:
    state = sha256()
    for name in sorted(files):
        if name.startswith(_DECIDING):
            state.update(f"{name}\0".encode() + sha256((CHECKOUT / name).read_bytes()).digest())
    return state.hexdigest()[:12]
