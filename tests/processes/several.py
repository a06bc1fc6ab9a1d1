"""Several service processes on one database, and what they promise together."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Final

import asyncpg

from creatorvault.ideas.drafting import idea_tag
from tests.faults.clients import Client
from tests.faults.promises import Promise
from tests.faults.service import Service
from tests.processes.writers import Crew, Plan
from tests.valkey import PROGRAM, ValkeyServer
from tests.vault_rows import KEPT_BYTES

PROCESSES: Final = 4
ALLOWED: Final = frozenset({200, 201, 204, 304, 409, 412, 422, 429})
QUERIES: Final = ("?limit=100", "?limit=100&search=o", "?limit=100&sort=title&order=asc")


@asynccontextmanager
async def services(
    folder: Path,
    urls: tuple[str, str],
    plan: Plan,
    settings: Mapping[str, str],
    checkout: Path | None = None,
) -> AsyncGenerator[Sequence[Service]]:
    """`urls` are those of the runtime login and of the owner. The first process migrates."""
    limits = {
        "CREATORVAULT_LIMITS__ADDRESS_REQUESTS": str(plan.address_requests),
        "CREATORVAULT_LIMITS__IDENTITY_WRITES": str(plan.identity_writes),
        **settings,
    }
    started: list[Service] = []
    async with AsyncExitStack() as stack:
        for _ in range(PROCESSES):
            service = Service(folder, *urls, **limits)
            service.checkout = checkout
            await service.start()
            stack.push_async_callback(service.stop)
            started.append(service)
        yield started


async def promised(
    folder: Path,
    urls: tuple[str, str],
    plan: Plan,
    sql: asyncpg.Connection,
    settings: Mapping[str, str],
    checkout: Path | None = None,
) -> list[Promise]:
    """What `mixed` finds for new processes, which share their limits if a storage for them is installed."""
    with limits_storage(folder) as limits:
        async with services(folder, urls, plan, {**settings, **limits}, checkout) as running:
            return await mixed([service.port for service in running], plan, sql, shared_limits=bool(limits))


@contextmanager
def limits_storage(folder: Path) -> Generator[Mapping[str, str]]:
    """Yields the setting of limits that all processes share; none if no storage is installed."""
    if PROGRAM is None:
        yield {}
        return
    storage = ValkeyServer(folder)
    storage.start()
    try:
        yield {"CREATORVAULT_LIMITS__STORAGE_URL": storage.url}
    finally:
        storage.kill()


async def mixed(ports: Sequence[int], plan: Plan, sql: asyncpg.Connection, *, shared_limits: bool) -> list[Promise]:
    """All kinds of writers at once; then what is stored is compared with what was acknowledged. `sql` sees all rows."""
    crew = Crew(ports, plan)
    promises = [*await asyncio.gather(crew.first_writes(), crew.one_vault(), crew.keys(), crew.walks())]
    if shared_limits:
        promises += await crew.limits()
    promises += [await _stored(crew, sql), await _counted(crew, sql), await _agree(crew)]
    statuses = Counter(answer.status for answer in crew.answers)
    found = f"{statuses.total()} answers, {dict(sorted(statuses.items()))}"
    return [*promises, Promise("no request fails", found, statuses.keys() <= ALLOWED)]


async def _stored(crew: Crew, sql: asyncpg.Connection) -> Promise:
    wanted = crew.vaults.tags
    rows = await sql.fetch("SELECT user_id, id, stamp FROM ideas WHERE user_id = ANY($1)", list(wanted))
    stored = {(user_id, str(idea_id)): idea_tag(stamp, 0) for user_id, idea_id, stamp in rows}
    acknowledged = {(user_id, idea_id): tag for user_id, tags in wanted.items() for idea_id, tag in tags.items()}
    lost = sum(stored.get(place) != tag for place, tag in acknowledged.items())
    more = len(stored.keys() - acknowledged.keys())
    found = f"{lost} of {len(acknowledged)} lost, {more} stored that nobody was told of"
    return Promise("each acknowledged write is stored, and nothing else", found, lost == more == 0)


async def _counted(crew: Crew, sql: asyncpg.Connection) -> Promise:
    """A vault's revision is the number of its changes; it has one key, however many processes wrote first."""
    changes = crew.vaults.changes
    rows = await sql.fetch(
        f"""
        SELECT user_id, revision, (idea_count, sealed_bytes, vaults.digest, keys) = (ideas, kept.bytes, rows.digest, 1)
        FROM vaults CROSS JOIN LATERAL (
            SELECT count(*) AS ideas, coalesce(bit_xor(stamp), 0) AS digest
            FROM ideas WHERE ideas.tenant_id = vaults.tenant_id AND ideas.user_id = vaults.user_id
        ) AS rows CROSS JOIN LATERAL (
            {KEPT_BYTES} WHERE kept.tenant_id = vaults.tenant_id AND kept.user_id = vaults.user_id
        ) AS kept CROSS JOIN LATERAL (
            SELECT count(*) AS keys FROM keys.vault_keys
            WHERE vault_keys.tenant_id = vaults.tenant_id AND vault_keys.user_id = vaults.user_id
        ) AS keys
        WHERE user_id = ANY($1)
        """,
        list(changes),
    )
    wrong = sum(not equal or revision != changes[user_id] for user_id, revision, equal in rows)
    found = f"{wrong} of {len(rows)} vaults differ, {changes.total()} changes"
    return Promise("vaults equal their rows: count, bytes, digest, revision, one key", found, not wrong and bool(rows))


async def _agree(crew: Crew) -> Promise:
    """The answers and entity tags of all processes, and that each knows the entity tags of the others as current."""
    different = asked = 0
    for user_id, client in crew.vaults.clients.items():
        for path in QUERIES:
            asked += 1
            different += not await _is_same(client, path)
        for idea_id, tag in list(crew.vaults.tags[user_id].items())[:3]:
            asked += 1
            unchanged = {"If-None-Match": tag}
            answers = [await client.ask("GET", f"/{idea_id}", more=unchanged, port=port) for port in crew.ports]
            different += {answer.status for answer in answers} != {304}
    found = f"{different} of {asked} queries are answered differently"
    return Promise("every process gives the same answers and entity tags", found, not different)


async def _is_same(client: Client, path: str) -> bool:
    answers = [await client.ask("GET", path, port=port) for port in client.ports]
    return len({(answer.status, answer.body, answer.tag) for answer in answers}) == 1
