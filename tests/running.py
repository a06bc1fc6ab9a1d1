"""`creatorvault run` as a process of its own."""

import os
import re
import shlex
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.commands import INHERITED, Command
from tests.ports import free_port

DEADLINE = 90.0


class Run:
    """A running service: its process, and what it has printed."""

    def __init__(self, process: subprocess.Popen[str], address: str) -> None:
        self.process = process
        self.address = address
        self.printed = ""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.printed += line

    def until(self, words: str) -> str:
        deadline = time.monotonic() + DEADLINE
        while words not in self.printed:
            assert time.monotonic() < deadline, self.printed
            assert self.process.poll() is None or words in self.printed, self.printed
            time.sleep(0.05)
        return self.printed

    def stop(self, number: signal.Signals, *, group: bool = False) -> int:
        if group:  # as a terminal does it
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        return self.left()

    def left(self) -> int:
        status = self.process.wait(DEADLINE)
        self._reader.join()
        return status

    def curl(self) -> httpx.Response:
        """What the printed line asks for."""
        line = re.search(r"^curl .*$", self.until("Ctrl-C stops it."), re.MULTILINE)
        assert line
        words = shlex.split(line.group())
        headers = dict(words[at + 1].split(": ", 1) for at, word in enumerate(words) if word == "-H")
        url = next(word for word in words if word.startswith("http"))
        return httpx.post(url, headers=headers, content=words[words.index("-d") + 1])


@contextmanager
def running(home: Path, *arguments: str, **environ: str) -> Iterator[Run]:
    variables = {**INHERITED, "CREATORVAULT_HOME": str(home), "PORT": str(free_port()), **environ}
    with started(Command[str], ["run", *arguments], variables) as run:
        yield run


@contextmanager
def started(
    kind: type[subprocess.Popen[str]], command: Sequence[str], variables: Mapping[str, str], folder: Path | None = None
) -> Iterator[Run]:
    """Runs a command that serves on PORT, a variable, until the context ends. `folder` is this one if omitted."""
    process = kind(
        command,
        cwd=folder,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    run = Run(process, f"http://127.0.0.1:{variables['PORT']}")
    try:
        yield run
    finally:
        if process.poll() is None:
            process.terminate()
        run.left()
        assert process.stdout is not None
        process.stdout.close()
