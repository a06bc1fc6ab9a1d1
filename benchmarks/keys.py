"""Rotation and verification of keys: python -m benchmarks.keys [--vaults 200] [--ideas 500]

First the rates alone. Then the keys of all vaults, and the root key, are rotated beside 100 requests a second, and the
rotating process is killed five times. All answers are compared with what was stored. Exit status 1 if a promise of
docs/keys.md is broken.

To measure one processor, keep the process on it: `taskset --cpu-list 0 .venv/bin/python -m benchmarks.keys --alone`.
PostgreSQL is moved to the others.
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from statistics import median
from typing import Any, Final

import asyncpg

from benchmarks.cluster import Cluster, apart
from benchmarks.content import ROOT_KEYS, Group
from benchmarks.processes import Server
from benchmarks.seeding import prepare_ours
from benchmarks.steady import Load, beside, percentile
from creatorvault.apps import INSTALLED, protected_data
from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.key_management.installation import Installation, RunningLock, installation
from creatorvault.key_management.root_rotation import RootRotation
from creatorvault.key_management.rotation_runs import RotationRun
from creatorvault.key_management.scopes import Scope
from creatorvault.key_management.vault_rotation import Pace
from creatorvault.key_management.verification import Verification
from creatorvault.management.upgrade import upgrade
from creatorvault.settings.loading import load_settings
from tests.faults.promises import Promise, table

OPERATOR: Final = "creatorvault_operator_app"
NEW_ROOT_KEY: Final = RootKeyring.generate_entry("second")
ROTATED: Final = 5_000
VERIFIED: Final = 20_000
"""Goals, in rows per second."""

SLOWER: Final = 1.2
"""How much higher the 99th percentile of gets may be beside a rotation."""

QUIET_SECONDS: Final = 15.0

type Work = Callable[[Installation], Awaitable[Any]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vaults", type=int, default=200)
    parser.add_argument("--ideas", type=int, default=500, help="in each vault")
    parser.add_argument("--rate", type=int, default=100, help="requests a second")
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--pace", type=int, default=1_000, help="encryption.rotation_rows_per_second")
    parser.add_argument("--alone", action="store_true", help="only the rates")
    options = parser.parse_args()
    group = Group("keys", options.vaults, options.ideas)
    with Cluster() as cluster:
        prepare_ours(cluster, {group})
        environment = cluster.environment("ours") | {"DATABASE_OPERATOR_URL": cluster.url(OPERATOR, "ours")}
        apart(admit_operators, environment)
        promises = asyncio.run(_alone(cluster, environment, group)) if options.alone else []
        if not options.alone:
            promises += asyncio.run(Drill(cluster, environment, group, options).run())
    rows = [(promise.text, promise.found, "holds" if promise.holds else "BROKEN") for promise in promises]
    print(table(("promise", "found", "verdict"), rows))
    return 0 if all(promise.holds for promise in promises) else 1


def admit_operators(environment: Mapping[str, str]) -> None:
    steps = [step for app in INSTALLED for step in app.upgrade_steps]
    upgrade(load_settings(environment), steps, say=lambda _: None)


async def _alone(cluster: Cluster, environment: Mapping[str, str], group: Group) -> list[Promise]:
    cluster.leave_processor()
    ideas = group.vaults * group.ideas
    promises = []
    for name, work, goal in (
        ("verify", lambda place: Verification(place, _refuse).verify(Scope()), VERIFIED),
        ("rotate --all", _rotate, ROTATED),
        ("verify, after a rotation", lambda place: Verification(place, _refuse).verify(Scope()), VERIFIED),
    ):
        seconds, own, database = await _timed(cluster, environment, work)
        found = (
            f"{ideas / seconds:,.0f} ideas/s, CPU of an idea {1e6 * own / ideas:.0f} us, "
            f"of PostgreSQL {1e6 * database / ideas:.0f} us"
        )
        promises.append(Promise(f"{name}: at least {goal:,} ideas a second", found, ideas / seconds >= goal))
    both = dict(environment) | {"CREATORVAULT_ROOT_KEYS": f"{NEW_ROOT_KEY},{ROOT_KEYS}"}
    seconds, _, _ = await _timed(cluster, both, _rotate_root)
    promises.append(Promise("rotate --root", f"{group.vaults / seconds:,.0f} keys/s", holds=True))
    return promises


async def _timed(cluster: Cluster, environment: Mapping[str, str], work: Work) -> tuple[float, float, float]:
    """Returns seconds, and processor seconds of this process and of PostgreSQL."""
    async with installation(load_settings(environment), protected_data()) as place:
        began, own, database = time.perf_counter(), time.process_time(), cluster.cpu_seconds
        await work(place)
        return time.perf_counter() - began, time.process_time() - own, cluster.cpu_seconds - database


async def _rotate(place: Installation) -> None:
    async with RunningLock(place.operators) as lock:
        result = await RotationRun(place, Pace(None), 0.0, _refuse).rotate(Scope(), lock)
    assert result.left == 0


async def _rotate_root(place: Installation) -> None:
    async with RunningLock(place.operators) as lock:
        result = await RootRotation(place, _refuse).rotate(lock)
    assert result.left == 0


def _refuse(finding: object) -> None:
    raise RuntimeError(str(finding))


class Drill:
    def __init__(
        self, cluster: Cluster, environment: Mapping[str, str], group: Group, options: argparse.Namespace
    ) -> None:
        self._cluster = cluster
        self._group = group
        self._options = options
        self._environment = {**environment, "CREATORVAULT_ROOT_KEYS": f"{NEW_ROOT_KEY},{ROOT_KEYS}"}
        # The service has more patience than as it ships. The commands have not, since earlier keys stay as long.
        self._of_commands = {
            **os.environ,
            **self._environment,
            "CREATORVAULT_DATABASE__ANSWER_SECONDS": "4",
            "CREATORVAULT_DATABASE__CONNECT_SECONDS": "2",
        }
        self._of_commands["CREATORVAULT_ENCRYPTION__ROTATION_ROWS_PER_SECOND"] = str(options.pace)

    async def run(self) -> list[Promise]:
        with self._served(self._environment) as server:
            load = Load([server.port], self._group, self._options.rate)
            async with beside(load):
                await asyncio.sleep(QUIET_SECONDS)
            quiet, load.gets = load.gets, []
            async with beside(load):
                await self._command("rotate", "--root")
                began = time.perf_counter()
                await self._command("rotate", "--all")
                seconds = time.perf_counter() - began
            busy, load.gets = sorted(load.gets), []
            async with beside(load):
                kills = await self._rotated_with_kills()
            load.gets = []
            async with beside(load):
                await asyncio.sleep(QUIET_SECONDS)
            quiet = sorted([*quiet, *load.gets])
            lost = await load.compare_all()
            await load.aclose()
        return [
            Promise("no request fails", f"{dict(sorted(load.statuses.items()))}", load.statuses.keys() <= {200}),
            Promise(
                "no write is lost, no answer is wrong",
                f"{lost} of {len(load.titles)} lost, {len(load.wrong)} wrong",
                not lost and not load.wrong and bool(load.titles),
            ),
            Promise("killed and resumed", f"{kills} times; {seconds:.0f} s without", kills == self._options.kills),
            await self._under_new_keys(),
            await self._without_the_old_root_key(),
            self._judged(quiet, busy),
        ]

    def _served(self, environment: Mapping[str, str]) -> Server:
        command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}"]
        return Server("keys", command, environment, self._cluster.home / "logs")

    async def _rotated_with_kills(self) -> int:
        """Kills the command after random fractions of the time that is left."""
        killed = 0
        while True:
            process = self._started("rotate", "--all")
            if killed < self._options.kills:
                for _ in range(200):
                    if process.poll() is not None:
                        break
                    await asyncio.sleep(0.05)
                    if random.random() < 0.02:
                        break
                if process.poll() is None:
                    process.send_signal(signal.SIGKILL)
                    killed += 1
            await _ended(process)
            if process.returncode == 0:
                return killed
            assert process.returncode == -signal.SIGKILL, process.returncode

    def _started(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "creatorvault", "keys", *arguments],
            env=self._of_commands,
            stderr=subprocess.DEVNULL,
        )

    async def _command(self, *arguments: str) -> None:
        process = self._started(*arguments)
        await _ended(process)
        assert process.returncode == 0, arguments

    async def _under_new_keys(self) -> Promise:
        sql = await asyncpg.connect(self._cluster.url("postgres", "ours"))
        old = 0
        for sealed in protected_data().sealed:
            for column in sealed.sealed:
                old += await sql.fetchval(
                    f"SELECT count(*) FROM {sealed.name} AS t JOIN vaults USING (tenant_id, user_id)"
                    f" WHERE substring(t.{column} from 3 for 4) <> int4send(vaults.key_version)"
                )
        earlier = await sql.fetchval(
            "SELECT count(*) FROM keys.vault_keys JOIN vaults USING (tenant_id, user_id) WHERE version < key_version"
        )
        versions = await sql.fetch("SELECT key_version, count(*) FROM vaults GROUP BY 1 ORDER BY 1")
        await sql.close()
        found = f"{old} values, {earlier} earlier keys; vaults by version: {dict(map(tuple, versions))}"
        return Promise("nothing is left under an earlier key", found, old == earlier == 0)

    async def _without_the_old_root_key(self) -> Promise:
        environment = {**self._environment, "CREATORVAULT_ROOT_KEYS": NEW_ROOT_KEY}
        async with installation(load_settings(environment), protected_data()) as place:
            verified = await Verification(place, print).verify(Scope())
        found = f"{verified.findings} findings in {verified.rows:,} rows"
        return Promise("the old root key is needed no more", found, not verified.findings and verified.rows > 0)

    def _judged(self, quiet: Sequence[float], busy: Sequence[float]) -> Promise:
        before, beside = (percentile(latencies, 99) for latencies in (quiet, busy))
        found = (
            f"p99 {1e3 * before:.1f} ms alone, {1e3 * beside:.1f} ms beside, {beside / before:.2f} times; "
            f"median {1e3 * median(quiet):.1f} and {1e3 * median(busy):.1f} ms; {len(busy)} gets"
        )
        return Promise(f"p99 of gets at most {SLOWER} times as high", found, beside <= SLOWER * before)


async def _ended(process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:  # noqa: ASYNC110 - it is another process
        await asyncio.sleep(0.05)


if __name__ == "__main__":
    sys.exit(main())
