"""What happens when something around the service breaks: python -m benchmarks.faults [name …]

Each drill starts real processes, breaks one of them under load and prints what the clients saw. Exit status 1 when a
promise of docs/decisions/0006-faults.md does not hold.
"""

import asyncio
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.drill import client_faults, database_faults, neighbour_faults, process_faults
from benchmarks.drill.row import Row, print_table
from benchmarks.drill.stage import Stage
from tests.faults.servers import Server

DRILLS: Final[Mapping[str, Callable[[Stage], Awaitable[Row]]]] = {
    "killed": database_faults.killed,
    "stopped": database_faults.stopped,
    "locked": database_faults.locked,
    "exhausted": database_faults.exhausted,
    "redis": neighbour_faults.limits_storage_gone,
    "issuer": neighbour_faults.issuer_hangs,
    "aborted": client_faults.aborted,
    "slow": client_faults.slow,
    "commit": process_faults.killed_before_answering,
    "sigterm": process_faults.told_to_end,
    "kills": process_faults.killed_again_and_again,
}


async def drill(names: Sequence[str], stage: Stage) -> Sequence[Row]:
    rows = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows.append(await DRILLS[name](stage))
    return rows


def main() -> int:
    names = sys.argv[1:] or list(DRILLS)
    if unknown := set(names) - DRILLS.keys():
        print(f"no such drill: {', '.join(sorted(unknown))}; there are {', '.join(DRILLS)}", file=sys.stderr)
        return 2
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="creatorvault-drill-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # so that the account which root lends PostgreSQL may pass
        with Server(folder / "database") as server:
            rows = asyncio.run(drill(names, Stage(folder, server)))
    print_table(rows)
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if any(row.broken for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
