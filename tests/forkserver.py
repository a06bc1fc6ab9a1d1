"""A process that has imported what `python -m creatorvault` imports, and forks itself for each command.

Importing takes a second of CPU time, and the tests start a hundred commands. `tests/commands.py` is the other side.
"""

import json
import os
import signal
import socket
import sys
import time
from dataclasses import dataclass

from creatorvault import __main__ as command

MEASURED = "COVERAGE_PROCESS_CONFIG"
"""The environment variable that makes a process measure its coverage."""


@dataclass(frozen=True)
class Start:
    """What subprocess.Popen is given."""

    arguments: list[str]
    environ: dict[str, str]
    folder: str | None
    new_session: bool


def serve(channel: socket.socket) -> bool:
    """Answers requests until the client has gone. Also returns, with True, in each process that it forks."""
    requests = channel.makefile("r", encoding="utf-8")
    while True:
        _, streams, _, _ = socket.recv_fds(channel, 1, 3)
        if not (line := requests.readline()):
            return False
        kind, request = json.loads(line)
        answer = _wait(request) if kind == "wait" else os.fork()
        if answer == 0:
            channel.close()
            requests.close()
            _become(Start(**request), streams)
            return True
        for stream in streams:
            os.close(stream)
        channel.sendall(json.dumps(answer).encode() + b"\n")


def _wait(pid: int) -> tuple[int, int]:
    return os.waitpid(pid, os.WNOHANG)


def _become(start: Start, streams: list[int]) -> None:
    """Makes this process what it would be if it had been started with `python -m creatorvault`."""
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    if start.new_session:
        os.setsid()
    if start.folder is not None:
        os.chdir(start.folder)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    if MEASURED in os.environ and MEASURED not in start.environ:
        _stop_measuring()
    os.environ.clear()
    os.environ.update(start.environ)
    time.tzset()
    sys.argv = [command.__file__, *start.arguments]


def _stop_measuring() -> None:
    from coverage import Coverage  # noqa: PLC0415  # only a process that is measured has it already

    if (measurement := Coverage.current()) is not None:
        measurement.stop()


def main() -> None:
    # Ctrl-C also reaches this process, whose client decides when it ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if serve(socket.socket(fileno=int(sys.argv[1]))):
        command.main()


if __name__ == "__main__":
    main()
