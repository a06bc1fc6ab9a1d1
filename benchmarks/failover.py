"""A failover of PostgreSQL under load: python -m benchmarks.failover [--seconds 2]

Two real servers, one of which follows the other, and two services that were given both in one DATABASE_URL. The primary
is killed, or hangs, and the standby is promoted. Exit status 1 if a promise of docs/operations/failover.md is broken.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path

from tests.faults.failing_over import Mode, Scene, fail_over, promises, servers, services
from tests.faults.promises import Promise, table


async def drill(mode: Mode, folder: Path, seconds: float) -> Scene:
    with servers(folder) as both:
        async with services(folder, both, Path.cwd()) as running:
            return await fail_over(mode, both, running, seconds)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0, help="under load before and after each step")
    parser.add_argument("--only", choices=[mode.name.lower() for mode in Mode])
    options = parser.parse_args()
    began = time.monotonic()
    found: list[tuple[Mode, Promise]] = []
    for mode in Mode:
        if options.only in {None, mode.name.lower()}:
            print(f"{mode} …", file=sys.stderr, flush=True)
            with tempfile.TemporaryDirectory(prefix="creatorvault-drill-") as name:
                folder = Path(name)
                folder.chmod(0o755)  # so that the account which root lends PostgreSQL may pass
                scene = asyncio.run(drill(mode, folder, options.seconds))
            found += [(mode, promise) for promise in promises(scene)]
    rows = [
        (mode.value, promise.text, promise.found, "holds" if promise.holds else "BROKEN") for mode, promise in found
    ]
    print(table(("failover", "promise", "found", "verdict"), rows))
    print(f"{time.monotonic() - began:.0f} s")
    return 0 if all(promise.holds for _, promise in found) else 1


if __name__ == "__main__":
    sys.exit(main())
