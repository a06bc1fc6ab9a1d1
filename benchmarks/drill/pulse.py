"""Asks `/health` a hundred times a second, from a process of its own: python -m benchmarks.drill.pulse <port>."""

import http.client
import math
import subprocess
import sys
import time
from typing import Final, Self

PAUSE_SECONDS: Final = 0.01


def main(port: int) -> None:
    """Prints the milliseconds until every answer. One that does not come, or is not 200, never comes to an end."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    while True:
        began = time.monotonic()
        try:
            connection.request("GET", "/health")
            answer = connection.getresponse()
            answer.read()
            well = answer.status == http.client.OK
        except (OSError, http.client.HTTPException):
            connection.close()
            well = False
        print((time.monotonic() - began) * 1000 if well else math.inf, flush=True)
        time.sleep(PAUSE_SECONDS)


class Pulse:
    def __init__(self, port: int) -> None:
        self._command = [sys.executable, "-m", "benchmarks.drill.pulse", str(port)]
        self._milliseconds: list[float] = []

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self._process.stdout.readline()  # it is at work
        return self

    def __exit__(self, *_exception: object) -> None:
        self._process.terminate()
        output, _errors = self._process.communicate()
        self._milliseconds = sorted(float(line) for line in output.split("\n")[:-1])

    @property
    def p99(self) -> float:
        """Milliseconds; known once it is over."""
        return self._milliseconds[int(len(self._milliseconds) * 0.99)] if self._milliseconds else float("inf")


if __name__ == "__main__":
    main(int(sys.argv[1]))
