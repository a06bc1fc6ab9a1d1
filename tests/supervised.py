"""A supervisor with workers that do nothing: python -m tests.supervised FILE WORKERS FAILING… [stubborn]

Each worker appends its process id to the file. The starts whose numbers are in FAILING, as `3,4`, exit at once.
"""

import os
import signal
import sys
import time
from pathlib import Path
from typing import Final

from creatorvault.management.commands import supervising
from creatorvault.management.commands.supervising import Supervisor

FAILED: Final = 5
SHORTEST_PAUSE_SECONDS: Final = 0.05


def started(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


def main(path: str, workers: str, failing: str = "", manner: str = "") -> None:
    file, failures = Path(path), {int(number) for number in failing.split(",") if number}

    def work() -> None:
        if manner == "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with file.open("a") as lines:
            lines.write(f"{os.getpid()}\n")
        if len(started(file)) in failures:
            sys.exit(FAILED)
        time.sleep(600)

    supervising.YOUNG_SECONDS = 3600.0  # type: ignore[misc]  # so that no machine is too slow for a failed start
    supervising.SHORTEST_PAUSE_SECONDS = SHORTEST_PAUSE_SECONDS  # type: ignore[misc]
    patience = 0.1 - supervising.CLOSING_SECONDS if manner == "stubborn" else 60.0
    sys.exit(Supervisor([work] * int(workers), shutdown_seconds=patience).run())


if __name__ == "__main__":
    main(*sys.argv[1:])
