"""How long the lists of operators take over a million vaults:

    python -m benchmarks.admin_lists [--vaults 1000000] [--only TEXT]

A twentieth of the vaults belong to ten organizations, each other one to a personal tenant. `--recent` of them have
changed since the totals were added up. Times are of everything but HTTP: the median, and the processor time of service
and PostgreSQL, which is higher where PostgreSQL works in parallel, and lower where the machine does other work.
"""

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from hashlib import md5
from statistics import median
from typing import Final
from uuid import UUID

import asyncpg

from benchmarks.cluster import Cluster, apart
from creatorvault.admin.queries import AdminAuditQuery, TenantQuery, VaultQuery
from creatorvault.admin.schemas import TenantList, VaultList
from creatorvault.admin.services import Overview, ProcessFigures
from creatorvault.admin.statements.overview import PLANNING
from creatorvault.admin.totals import add_up
from creatorvault.audit.audit_key import AuditKeys
from creatorvault.audit.schemas import AuditEventList
from creatorvault.audit.upgrade import prepare_audit_log
from creatorvault.core.database.operator_login import operators_database
from creatorvault.core.database.sessions import Database, run
from creatorvault.core.http.paging import ListQuery
from creatorvault.crypto.providers import root_key_provider
from creatorvault.management.upgrade import upgrade
from creatorvault.settings.loading import load_settings

GOAL: Final = 200.0
ROUNDS: Final = 5
OF_ONE: Final = {"tenant_id": str(UUID(bytes=md5(b"organization1", usedforsecurity=False).digest()))}
BEGINNINGS: Final = ({"q": "person-77"}, {"q": "person-77777"})
OPERATOR: Final = "creatorvault_operator_app"

# $1 vaults, of which the last $2 have changed within the last hour.
FILL: Final = (
    """
    INSERT INTO tenants (tenant_id, kind, realm, external_id, status, created_at)
    SELECT md5('organization' || number)::uuid, 'organization', 'better-auth', 'org-' || number, 'active',
        now() - interval '400 days' + number * interval '1 day'
    FROM generate_series(0, 9) AS number
    """,
    """
    INSERT INTO tenants (tenant_id, kind, realm, external_id, status, created_at)
    SELECT md5('person' || number)::uuid, 'personal', 'better-auth', 'person-' || number,
        CASE WHEN number % 1009 = 0 THEN 'suspended' WHEN number % 5003 = 0 THEN 'erased' ELSE 'active' END,
        now() - (number::float8 / $1) * interval '365 days'
    FROM generate_series(1, $1::integer) AS number WHERE number % 20 <> 0
    """,
    """
    INSERT INTO vaults (tenant_id, user_id, revision, idea_count, sealed_bytes, key_version, created_at, changed_at)
    SELECT md5(CASE WHEN number % 20 = 0 THEN 'organization' || number / 20 % 10 ELSE 'person' || number END)::uuid,
        'person-' || number, number % 977, number % 701, number % 701 * 750, 1 + (number % 50 = 1)::integer,
        now() - (number::float8 / $1) * interval '365 days',
        CASE WHEN number <= $2::integer THEN now()
            ELSE now() - interval '3 hours' - (number * 7919::bigint % $1)::float8 / $1 * interval '300 days' END
    FROM generate_series(1, $1::integer) AS number
    """,
    """
    INSERT INTO keys.vault_keys (tenant_id, user_id, version, root_key_id, wrapped, first_revision, created_at)
    SELECT tenant_id, user_id, version, 'root-' || version, sha256('a') || sha256('b'), 1, created_at
    FROM vaults, generate_series(1, key_version) AS version
    """,
    """
    INSERT INTO audit_events
    SELECT tenant_id, sequence, created_at + sequence * interval '1 second', 'user:better-auth/' || external_id,
        CASE sequence WHEN 1 THEN 'tenant.created' ELSE 'key.created' END, '{"kind": "personal"}', 'abcdefabcdefabcd',
        'done', sha256('a'), sha256('b')
    FROM tenants, generate_series(1, 2) AS sequence
    """,
)

type Ask = Callable[[Overview], Awaitable[object]]
type AnyList = TenantList | VaultList | AuditEventList


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vaults", type=int, default=1_000_000)
    parser.add_argument("--recent", type=int, default=5_000)
    parser.add_argument("--only", default="", help="only first pages of lists with this text in their names")
    options = parser.parse_args()
    with Cluster() as cluster:
        cluster.create("ours")
        environment = cluster.environment("ours") | {"DATABASE_OPERATOR_URL": cluster.url(OPERATOR, "ours")}
        apart(_upgrade, environment)
        asyncio.run(_fill(cluster.url("postgres", "ours"), options.vaults, options.recent))
        asyncio.run(_measure(cluster, environment, options.only))


def _upgrade(environment: Mapping[str, str]) -> None:
    upgrade(load_settings(environment), [prepare_audit_log], say=lambda _: None)


async def _fill(url: str, vaults: int, recent: int) -> None:
    database = await asyncpg.connect(url)
    await database.execute("SET session_replication_role = replica")  # chains of events begin and end anywhere
    for statement in FILL:
        arguments = (vaults, recent)[: 2 if "$2" in statement else int("$1" in statement)]
        await database.execute(statement, *arguments)
    await database.execute("VACUUM ANALYZE")
    await database.execute("CHECKPOINT")
    await database.close()


async def _measure(cluster: Cluster, environment: Mapping[str, str], only: str) -> None:
    settings = load_settings(environment)
    database = operators_database(settings.database)
    assert database is not None
    began = time.perf_counter()
    await add_up(database, datetime.now(UTC))
    print(f"adding up everything for the first time: {time.perf_counter() - began:.0f} s", flush=True)
    cluster.checkpoint()
    async with root_key_provider(settings.encryption) as root_keys:
        await _time_lists(cluster, database, AuditKeys(root_keys), only)
    await database.close()


async def _time_lists(cluster: Cluster, database: Database, keys: AuditKeys, only: str) -> None:
    slow = []
    async with database.reading() as session:
        asks = lists() | ({} if only else await pages_in_the_middle(Overview(session, keys)))
    for name, ask in ((name, ask) for name, ask in asks.items() if only in name):
        cpu = cluster.cpu_seconds + time.process_time()
        milliseconds = await _time(database, keys, ask)
        cpu = (cluster.cpu_seconds + time.process_time() - cpu) / ROUNDS
        print(f"{name:50} {milliseconds:7.1f} ms {1000 * cpu:7.1f} ms CPU", flush=True)
        slow += [name] if milliseconds > GOAL else []
    print(f"over {GOAL:.0f} ms: {', '.join(slow) or 'none'}")


async def _time(database: Database, keys: AuditKeys, ask: Ask) -> float:
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        async with database.reading() as session:
            await run(session, PLANNING)
            await ask(Overview(session, keys))
        times.append(1000 * (time.perf_counter() - began))
    return median(times)


def lists() -> dict[str, Ask]:
    found: dict[str, Ask] = {
        "status": lambda overview: overview.figures(ProcessFigures(0, 0, 0)),
        "root keys": lambda overview: overview.root_keys(),
    }
    filters: tuple[dict[str, str], ...] = (
        *({}, {"status": "active"}, {"status": "suspended"}, {"status": "erased"}, {"status": "erasing"}),
        *({"kind": "personal"}, {"kind": "organization"}, {"realm": "better-auth"}, {"external_id": "person-77"}),
        *(*BEGINNINGS, {"q": "org-"}, {"q": OF_ONE["tenant_id"]}),
    )
    for sort in ("created_at", "ideas", "sealed_bytes", "last_activity"):
        for order in ("desc", "asc"):
            for given in filters:
                tenants = TenantQuery.model_validate({"sort": sort, "order": order, **given})
                name = " ".join(["tenants by", sort, order, *(f"{key}={value}" for key, value in given.items())])
                found[name] = lambda overview, query=tenants: overview.tenants(query)
    for given in (
        {},
        {"user_id": "person-77"},
        *({"key_version": str(version)} for version in (1, 2, 9)),
        OF_ONE,
        *BEGINNINGS,
    ):
        vaults = VaultQuery.model_validate(given)
        found[f"vaults {given or ''}"] = lambda overview, query=vaults: overview.vaults(query)
    for given in (
        *({}, {"verb": "key.created"}, {"verb": "erasure.requested"}, {"actor": "user:better-auth/person-77"}),
        *({"since": "2026-01-01T00:00:00Z"}, {"until": "2026-06-01T00:00:00Z"}, OF_ONE),
    ):
        events = AdminAuditQuery.model_validate(given)
        found[f"audit events {given or ''}"] = lambda overview, query=events: overview.events(query)
    return found


async def pages_in_the_middle(overview: Overview) -> dict[str, Ask]:
    """Returns the page in the middle of each list, by offset and by cursor."""
    found: dict[str, Ask] = {}

    async def add[QueryT: ListQuery](
        name: str, query: QueryT, ask: Callable[[Overview, QueryT], Awaitable[AnyList]]
    ) -> None:
        begun = query.model_copy(update={"cursor": ""})
        offset = (await ask(overview, query)).total // 2
        # A query that no client can send: to begin in the middle.
        page = await ask(overview, begun.model_copy(update={"offset": offset - begun.limit}))
        for way, asked in (
            (f"offset={offset}", query.model_copy(update={"offset": offset})),
            ("its cursor", query.model_copy(update={"cursor": page.next_cursor})),
        ):
            found[f"{name} {way}"] = lambda overview, asked=asked: ask(overview, asked)

    for sort in ("created_at", "ideas", "sealed_bytes", "last_activity"):
        for given in ({}, {"kind": "personal"}):
            tenants = TenantQuery.model_validate({"sort": sort, **given})
            await add(f"tenants by {sort} {given or ''}", tenants, Overview.tenants)
    for given in ({}, {"key_version": "1"}, OF_ONE):
        await add(f"vaults {given or ''}", VaultQuery.model_validate(given), Overview.vaults)
    for given in ({}, {"verb": "key.created"}, {"until": "2026-06-01T00:00:00Z"}):
        await add(f"audit events {given or ''}", AdminAuditQuery.model_validate(given), Overview.events)
    return found


if __name__ == "__main__":
    main()
