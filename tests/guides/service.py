"""Starts the service as in the README: in an empty folder, with its embedded database, from `.venv`."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.ports import free_port, is_ready

PRINTED_ADDRESS: Final = "127.0.0.1:8000"
"""The address in the guides; the service of a test listens on a free port."""

START_SECONDS: Final = 120
CURL: Final = "fail-with-body\nno-progress-meter\n"
"""Makes curl fail for an error response, which it does not do by default."""


@dataclass(frozen=True)
class Served:
    folder: Path
    environ: Mapping[str, str]
    address: str


@contextmanager
def folder_with_environment() -> Iterator[tuple[Path, dict[str, str]]]:
    """Yields a folder that the embedded database's account can access, and a typical shell environment."""
    with tempfile.TemporaryDirectory(prefix="creatorvault-guides-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / ".curlrc").write_text(CURL)
        path = f"{sys.prefix}/bin:{os.environ['PATH']}"
        yield folder, {"PATH": path, "HOME": name, "LC_ALL": "C.UTF-8"}


@contextmanager
def served(**settings: str) -> Iterator[Served]:
    with folder_with_environment() as (folder, environ):
        port = free_port()
        environ |= {"PORT": str(port), **settings}
        command = [f"{sys.prefix}/bin/python", "-m", "creatorvault", "run"]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, cwd=folder, env=environ, stdout=log, stderr=log)
        try:
            await_ready(process, port, folder / "log")
            yield Served(folder, environ, f"127.0.0.1:{port}")
        finally:
            process.terminate()
            process.wait()


def await_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        if is_ready(port):
            return
        time.sleep(0.1)
    raise AssertionError(log.read_text())
