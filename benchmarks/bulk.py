"""How fast ideas are stored in bulk, how large their indexes are, and what a first search of them costs:
python -m benchmarks.bulk [--ideas 50000]

First in twenty vaults, which are too small for segments, then all in one vault.

To measure one processor, keep the process on it: `taskset --cpu-list 0 .venv/bin/python -m benchmarks.bulk`.
PostgreSQL is moved to the others.
"""

import argparse
import asyncio
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from itertools import batched
from statistics import median
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import uvloop

from benchmarks.cluster import RUNTIME, Cluster
from benchmarks.content import Group, Stored, stored_ideas
from benchmarks.load import drive
from benchmarks.measuring import costing
from benchmarks.seeding import response_of_stored
from benchmarks.volume import ROOMY, served
from benchmarks.works import lists, searches
from creatorvault.audit.services import COMMAND, AuditLog
from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.crypto.keyring import Keyring
from creatorvault.crypto.providers import root_key_provider
from creatorvault.ideas.bulk import AT_ONCE, store_batches
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.statements.bulk import COLUMNS
from creatorvault.settings.loading import load_settings
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.parts import VaultParts
from creatorvault.tenants.resolution import TenantName
from creatorvault.tenants.revisions import SeenRevisions
from creatorvault.tenants.services import VaultService

GOAL: Final = 5_000
"""Ideas per second on one processor."""

PAIRS: Final = 12
SHARE: Final = 1 / 3
"""Of the size of the rows."""

VAULTS: Final = 20
SEARCHES: Final = 3
"""First searches, each of a new process, with segments and without."""

SIZES: Final = """
    SELECT sum(pg_table_size(inhrelid)) / (SELECT count(*) FROM ideas),
        sum(pg_indexes_size(inhrelid)) / (SELECT count(*) FROM ideas)
    FROM pg_inherits WHERE inhparent = 'ideas'::regclass
"""
SEALED_SIZES: Final = (98, 540, 66)
"""Of title, notes and tags of an idea of 500 characters, sealed, in bytes."""

type Rows = Sequence[tuple[Any, ...]]
type Send = Callable[[asyncpg.Connection, UUID, Rows], Awaitable[object]]

NAMES: Final = ", ".join([*COLUMNS, "revision"])
KINDS: Final = [*COLUMNS.values(), "bigint"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ideas", type=int, default=50_000)
    options = parser.parse_args()
    with Cluster() as cluster:
        cluster.leave_processor()
        cluster.create("ours")
        cluster.migrate("ours")
        small, large = Group("small", VAULTS, options.ideas // VAULTS), Group("large", 1, options.ideas)
        print(f"sealed and stored in {VAULTS} vaults: {_stored(cluster, small)}")
        rows, indexes = asyncio.run(_sizes(cluster))
        share = indexes / rows
        print(f"on disk: {rows:.0f} bytes each, and {indexes:.0f} of indexes, {share:.2f} of that (goal: {SHARE:.2f})")
        for size in (100, 500, 1000):
            by_arrays, by_copy = asyncio.run(_compared(cluster, size))
            print(f"rows alone, {size} at once: {by_arrays:,.0f} rows/s by arrays, {by_copy:,.0f} by COPY")
        print(f"sealed and stored in one vault, in segments: {_stored(cluster, large)}")
        _print_first_searches(cluster, large)


def _stored(cluster: Cluster, group: Group) -> str:
    ideas = group.vaults * group.ideas
    cpu, began = time.process_time(), time.perf_counter()
    asyncio.run(_store(cluster, group))
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    return f"{ideas / seconds:,.0f} ideas/s (goal: {GOAL:,}), {1e6 * cpu / ideas:.0f} us CPU each"


def _print_first_searches(cluster: Cluster, group: Group) -> None:
    """With the segments of the bulk load; and without, as each search would have been before there were any."""
    (cluster.home / "logs").mkdir()
    for kind in ("from segments", "row by row"):
        costs: list[tuple[float, float, float]] = []
        for _ in range(SEARCHES):
            if kind == "row by row":
                asyncio.run(_without_segments(cluster))
            with served(cluster, ROOMY) as server:
                uvloop.run(drive(server.port, lists(group), 1, 0, 3))
                sample, service, database = costing(
                    server, cluster, lambda port=server.port: uvloop.run(drive(port, lists(group, searches), 1, 0))
                )
            costs.append((sample.latencies[0], service, database))
        wall, service, database = map(median, zip(*costs, strict=True))
        print(f"first search of {group.ideas:,} ideas, {kind}: {wall:.2f} s, CPU {service:.2f} + {database:.2f}")


async def _without_segments(cluster: Cluster) -> None:
    database = await asyncpg.connect(cluster.url("postgres", "ours"))
    await database.execute("TRUNCATE idea_segments")
    await database.close()


async def _store(cluster: Cluster, group: Group) -> None:
    settings = load_settings(cluster.environment("ours"))
    database, statements = Database(settings.database), Statements(settings.database)
    provider = root_key_provider(settings.encryption)
    keyring = Keyring(provider, settings.encryption.rotate_after_revisions)
    parts = VaultParts(database, statements, keyring, SeenRevisions(), settings.tenancy)
    recorder = AuditLog(provider, settings.limits).recorder(COMMAND)
    tenants = [TenantName(TenantKind.PERSONAL, settings.auth.issuers[0].realm, user_id) for user_id in group.users()]
    vaults = [
        VaultService(parts, tenant, VaultId(tenant.id, UserId(tenant.external_id)), lambda: recorder)
        for tenant in tenants
    ]
    batches = [batched(stored_ideas(group, user_id), AT_ONCE) for user_id in group.users()]
    try:
        for round_of_them in zip(*batches, strict=True):
            for vault, batch in zip(vaults, round_of_them, strict=True):
                async for _ in store_batches(vault, _alone(batch)):
                    pass
    finally:
        await statements.close()
        await database.close()


async def _alone(batch: Sequence[Stored]) -> AsyncGenerator[Sequence[IdeaResponse]]:
    yield [response_of_stored(idea) for idea in batch]


async def _sizes(cluster: Cluster) -> tuple[float, float]:
    """Returns the bytes of an idea's row and of its index entries."""
    database = await asyncpg.connect(cluster.url("postgres", "ours"))
    rows, indexes = await database.fetchrow(SIZES)
    await database.close()
    return float(rows), float(indexes)


async def _compared(cluster: Cluster, size: int) -> tuple[float, float]:
    """Returns the rates by arrays and by COPY, without sealing, in a vault of the runtime login."""
    tenant_id = uuid4()
    owner = await asyncpg.connect(cluster.url("postgres", "ours"))
    await owner.execute(
        "INSERT INTO tenants (tenant_id, kind, realm, external_id, status, created_at)"
        " VALUES ($1, 'personal', 'bulk', 'bulk', 'active', now())",
        tenant_id,
    )
    await owner.execute(
        "INSERT INTO vaults (tenant_id, user_id, revision, idea_count, sealed_bytes, key_version, created_at,"
        " changed_at) VALUES ($1, 'bulk', 0, 0, 0, 0, now(), now())",
        tenant_id,
    )
    await owner.close()
    connection = await asyncpg.connect(cluster.url(RUNTIME, "ours"))
    turns: dict[Send, list[float]] = {by_arrays: [], by_copy: []}
    revision = 1
    loop = asyncio.get_running_loop()
    for pair in range(PAIRS):
        for send in (by_arrays, by_copy) if pair % 2 else (by_copy, by_arrays):
            rows = _rows(size, revision)
            revision += size
            began = loop.time()
            async with connection.transaction():
                await connection.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant_id))
                await send(connection, tenant_id, rows)
            turns[send].append(size / (loop.time() - began))
    await connection.close()
    return median(turns[by_arrays]), median(turns[by_copy])


def _rows(size: int, first_revision: int) -> Rows:
    now = datetime.now(UTC)
    return [
        (
            uuid4(),
            *map(os.urandom, SEALED_SIZES),
            1,
            1,
            None,
            now,
            now,
            int.from_bytes(os.urandom(7)),
            first_revision + place,
        )
        for place in range(size)
    ]


async def by_arrays(connection: asyncpg.Connection, tenant_id: UUID, rows: Rows) -> None:
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(KINDS, start=2))
    await connection.execute(
        f"INSERT INTO ideas (tenant_id, user_id, {NAMES})"
        f" SELECT $1::uuid, 'bulk', given.* FROM unnest({arrays}) AS given",
        tenant_id,
        *map(list, zip(*rows, strict=True)),
    )


async def by_copy(connection: asyncpg.Connection, tenant_id: UUID, rows: Rows) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in zip(NAMES.split(", "), KINDS, strict=True))
    await connection.execute(f"CREATE TEMPORARY TABLE given ({columns}) ON COMMIT DROP")
    await connection.copy_records_to_table("given", records=rows)
    await connection.execute(
        f"INSERT INTO ideas (tenant_id, user_id, {NAMES}) SELECT $1::uuid, 'bulk', {NAMES} FROM given", tenant_id
    )


if __name__ == "__main__":
    main()
