"""A page reads only its rows, regardless of the statistics, and statements are planned once, not for each request."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from creatorvault.ideas.statements import reads
from creatorvault.ideas.statements.changes import DELETE, DELETE_FORGETTING, INSERT, UPDATE, UPDATE_FORGETTING
from creatorvault.ideas.statements.content import SOME
from creatorvault.ideas.statements.reads import ONE, ONE_TO_CHANGE, STORED_ALONE
from creatorvault.sync.changes.statements.pages import CHANGES
from creatorvault.tenants.statements.changes import UNLIMITED
from creatorvault.tenants.statements.vault import VAULT_ALONE
from tests.ideas.plans import nodes_of
from tests.postgres import Database

VAULT: Final = 200
PAGE: Final = 21
CUSTOM_PLANS: Final = 5  # PostgreSQL makes this many before it considers a generic plan
TENANT, USER = str(UUID(int=7)), "ada"
PLACE = (datetime(2026, 1, 1, 1, 40, tzinfo=UTC), UUID(int=0))  # in the middle of a vault
WITNESSES = ([99, 100], [UUID(int=1), UUID(int=2)], [0, 0])

ADD_VAULT: Final = """
    WITH tenant AS (
        INSERT INTO tenants (tenant_id, kind, realm, external_id, status, created_at)
        VALUES ($1::text::uuid, 'personal', 'better-auth', $2, 'active', now()) RETURNING tenant_id
    ), vault AS (
        INSERT INTO vaults
            (tenant_id, user_id, revision, idea_count, sealed_bytes, key_version, created_at, changed_at)
        SELECT tenant_id, $2, $3, $3, 0, 1, now(), now() FROM tenant RETURNING tenant_id
    )
    INSERT INTO ideas (
        tenant_id, user_id, id, title, notes, tags, stage, priority, created_at, updated_at, revision
    )
    SELECT tenant_id, $2, gen_random_uuid(), sealed, sealed, sealed, number % 4, number % 3, time, time, number
    FROM vault, generate_series(1, $3) AS number,
        LATERAL (SELECT timestamptz '2026-01-01 00:00Z' + number * interval '1 minute' AS time) AS times,
        (SELECT decode(repeat('ab', 250), 'hex') AS sealed) AS sealed
"""

type Fill = Callable[[asyncpg.Connection], Awaitable[None]]


async def add_vaults(sql: asyncpg.Connection, vaults: int, ideas: int) -> None:
    for _ in range(vaults):
        await sql.execute(ADD_VAULT, str(uuid4()), str(uuid4()), ideas)


async def without_statistics(sql: asyncpg.Connection) -> None:
    await add_vaults(sql, 20, VAULT)
    await sql.execute(ADD_VAULT, TENANT, USER, VAULT)


async def with_those_of_empty_tables(sql: asyncpg.Connection) -> None:
    await sql.execute("VACUUM ANALYZE")
    await without_statistics(sql)


async def with_those_of_an_idea_in_each_vault(sql: asyncpg.Connection) -> None:
    await add_vaults(sql, 100, 1)
    await sql.execute("VACUUM ANALYZE")
    await without_statistics(sql)


async def with_true_ones(sql: asyncpg.Connection) -> None:
    await add_vaults(sql, 100, 20)
    await without_statistics(sql)
    await sql.execute("VACUUM ANALYZE")


async def beside_a_large_vault(sql: asyncpg.Connection) -> None:
    """The large vault is in the same partition, since it is of the same tenant."""
    await without_statistics(sql)
    await sql.execute(
        "INSERT INTO vaults SELECT tenant_id, 'eve', 20000, 20000, 0, 1, now(), now() FROM vaults WHERE user_id = $1",
        USER,
    )
    await sql.execute(
        "INSERT INTO ideas SELECT tenant_id, 'eve', gen_random_uuid(), title, notes, tags, stage, priority, due_date,"
        " created_at, updated_at, revision, stamp FROM ideas, generate_series(1, 100) WHERE user_id = $1",
        USER,
    )
    await sql.execute("VACUUM ANALYZE")


async def with_misleading_ones(sql: asyncpg.Connection) -> None:
    """Statistics of far more tenants and users: a vault seems to have a few ideas."""
    await with_true_ones(sql)
    await sql.execute("""
        UPDATE pg_statistic SET stadistinct = CASE attname WHEN 'tenant_id' THEN -0.02 ELSE 64 END
        FROM pg_attribute
        WHERE attrelid = starelid AND attnum = staattnum AND starelid::regclass::text LIKE 'ideas%'
            AND attname IN ('tenant_id', 'user_id')
    """)


@pytest.fixture(
    params=[
        without_statistics,
        with_those_of_empty_tables,
        with_those_of_an_idea_in_each_vault,
        with_true_ones,
        beside_a_large_vault,
        with_misleading_ones,
    ]
)
async def runtime(
    request: pytest.FixtureRequest, fresh_database: Database, fresh_sql: asyncpg.Connection
) -> AsyncGenerator[asyncpg.Connection]:
    """The application's connection, with the statistics of the parameter."""
    fill: Fill = request.param
    await fill(fresh_sql)
    connection = await asyncpg.connect(fresh_database.runtime_url)
    yield connection
    await connection.close()


async def test_a_page_reads_no_more_than_itself(runtime: asyncpg.Connection) -> None:
    for sort in ("created_at", "updated_at"):
        for order in ("asc", "desc"):
            for offset, place in ((0, ()), (40, ()), (0, PLACE)):
                statement = reads.page(sort, order, filtered=False, beyond=bool(place))
                for plans in ("force_custom_plan", "force_generic_plan"):
                    await runtime.execute(f"SET plan_cache_mode = {plans}")

                    seen = await read_by(runtime, statement, TENANT, USER, PAGE, offset, *place)

                    assert seen == PAGE + offset, (sort, order, offset, place, plans)


async def test_a_page_of_changes_reads_no_more_than_itself(
    runtime: asyncpg.Connection, fresh_sql: asyncpg.Connection
) -> None:
    """And as many tombstones, a row at each end, the witnesses, and the last rows of the vault."""
    await fresh_sql.execute("""
        INSERT INTO idea_tombstones
        SELECT tenant_id, user_id, gen_random_uuid(), number, 1, now() FROM vaults, generate_series(1, 300) AS number
    """)
    types = ["text", "text", *["bigint"] * 5, "bigint[]", "uuid[]", "bigint[]", "bigint"]
    witnesses = "{99,100}", f"{{{UUID(int=1)},{UUID(int=2)}}}", "{0,0}"
    for plans in ("force_custom_plan", "force_generic_plan"):
        await runtime.execute(f"SET plan_cache_mode = {plans}")

        seen = await read_by(runtime, CHANGES, TENANT, USER, 100, PAGE, 100, 98, 100, *witnesses, 5, types=types)

        assert seen <= PAGE + 2, plans


async def test_ideas_by_id_are_read_alone(runtime: asyncpg.Connection, fresh_sql: asyncpg.Connection) -> None:
    found = await fresh_sql.fetch("SELECT id FROM ideas WHERE user_id = $1 LIMIT 99", USER)
    ids = ",".join([*(str(row["id"]) for row in found), str(UUID(int=0))])
    for plans in ("force_custom_plan", "force_generic_plan"):
        await runtime.execute(f"SET plan_cache_mode = {plans}")

        seen = await read_by(runtime, SOME, TENANT, USER, f"{{{ids}}}", types=("text", "text", "uuid[]"))

        # The rows of an index scan for several values are counted as a whole.
        assert seen == len(found) == 99, plans


PAGE_TYPES: Final = ("text", "text", "bigint", "bigint", "timestamptz", "uuid")


async def read_by(
    runtime: asyncpg.Connection, statement: str, *arguments: object, types: Sequence[str] = PAGE_TYPES
) -> int:
    """Returns the number of ideas that a statement reads, from an index or the table."""
    await runtime.execute(f"PREPARE page ({', '.join(types[: len(arguments)])}) AS {statement}")
    values = ", ".join(f"'{argument}'" for argument in arguments)
    explained = await runtime.fetchval(f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE page ({values})")
    await runtime.execute("DEALLOCATE page")
    return int(
        max(
            node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            for node in nodes_of(explained)
            if node.get("Relation Name", node.get("Index Name", "")).startswith("idea") and node["Actual Loops"]
        )
    )


async def test_one_generic_plan_is_used_for_all_vaults(runtime: asyncpg.Connection) -> None:
    page, filters = (PAGE, 0), ([0, 1], [2])
    unlimited, key = (UNLIMITED, UNLIMITED), (1, "root", b"wrapped", 2**24)
    change = (1, 2**40, 0, 0, 0, datetime.now(UTC), *unlimited, *key, False)
    creation, keeping, forgetting = [(*change, keeps, 0, 30, UUID(int=0)) for keeps in (None, True, False)]
    columns, stamp = (b"title", b"notes", b"tags", 0, 0, None, 1, 1, 0), 2
    for name, statement, arguments in (
        ("vault", VAULT_ALONE, ()),
        ("all that is stored", STORED_ALONE, ()),
        ("one", ONE, (UUID(int=0),)),
        ("some", SOME, ([UUID(int=0), UUID(int=1)],)),
        *(
            (sort, reads.page(sort, "desc", filtered=False, beyond=False), page)
            for sort in ("created_at", "updated_at", "stage", "priority")
        ),
        ("beyond", reads.page("created_at", "desc", filtered=False, beyond=True), (*page, *PLACE)),
        ("filtered", reads.page("created_at", "desc", filtered=True, beyond=False), (*page, *filters)),
        ("filtered by rank", reads.page("stage", "asc", filtered=True, beyond=False), (*page, *filters)),
        ("one to change", ONE_TO_CHANGE, (UUID(int=0), 30)),
        ("changes", CHANGES, (100, PAGE, 100, 98, 100, *WITNESSES, 5)),
        ("insert", INSERT, (*creation, *columns)),
        ("update", UPDATE, (*keeping, *columns, stamp)),
        ("update without history", UPDATE_FORGETTING, (*forgetting, *columns, stamp, 0)),
        ("delete", DELETE, (*keeping, stamp, b"deletion")),
        ("delete without trash", DELETE_FORGETTING, (*forgetting, stamp, 0)),
    ):
        made = await plans_made(runtime, name, statement, arguments)
        if made != (CUSTOM_PLANS, 2):  # PostgreSQL may have refreshed its statistics meanwhile
            made = await plans_made(runtime, f"{name}, again", statement, arguments)

        assert (name, *made) == (name, CUSTOM_PLANS, 2)


async def plans_made(
    runtime: asyncpg.Connection, name: str, statement: str, arguments: Sequence[object]
) -> tuple[int, int]:
    """Returns how many executions of the statement had a custom plan, and how many the generic one."""
    prepared = await runtime.prepare(statement, name=name)
    for _ in range(CUSTOM_PLANS + 2):
        await prepared.fetch(TENANT, USER, *arguments)
    made = await runtime.fetchrow("SELECT * FROM pg_prepared_statements WHERE name = $1", name)
    return made["custom_plans"], made["generic_plans"]
