"""The database refuses events that do not continue their chain, from every login."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from creatorvault.audit.chain import SERVICE
from tests.application import House
from tests.audit.conftest import Command
from tests.factories import Creator
from tests.postgres import Database

pytestmark = pytest.mark.no_cover

EVENT: Final = """
    INSERT INTO audit_events (tenant_id, sequence, happened_at, actor, verb, targets, outcome, previous, digest)
    SELECT tenant_id, {sequence}, now(), 'user:eve', 'key.created', '{{}}', 'done', {previous}, sha256('forged')
    FROM audit_heads WHERE tenant_id = $1
"""
NEW_HEAD: Final = "INSERT INTO audit_heads (tenant_id, sequence, digest) VALUES ($1, {sequence}, {digest})"
ZEROS: Final = "decode(repeat('00', 32), 'hex')"

FALSE_EVENTS: Final = {
    "one that leaves a gap": EVENT.format(sequence="sequence + 2", previous="digest"),
    "one far ahead": EVENT.format(sequence=2**63 - 1, previous="digest"),
    "one in the place of the last": EVENT.format(sequence="sequence", previous="digest"),
    "one before the first": EVENT.format(sequence=0, previous=ZEROS),
    "one with a negative number": EVENT.format(sequence=-(2**63), previous="digest"),
    "one behind another event": EVENT.format(sequence="sequence + 1", previous="sha256('another')"),
    "one behind nothing": EVENT.format(sequence="sequence + 1", previous=ZEROS),
    "two at once": EVENT.format(sequence="sequence + n", previous="digest").replace(
        "FROM audit_heads", "FROM audit_heads, generate_series(1, 2) AS n"
    ),
}
FALSE_MOVES: Final = {
    "raised with a false digest": "UPDATE audit_heads SET sequence = sequence + 1, digest = sha256('x')",
    "raised with the same digest": "UPDATE audit_heads SET sequence = sequence + 1",
    "raised by many": "UPDATE audit_heads SET sequence = sequence + 1000, digest = sha256('x')",
    "given another digest": "UPDATE audit_heads SET digest = sha256('x')",
    "set back to nothing": f"UPDATE audit_heads SET sequence = 0, digest = {ZEROS}",
    "touched": "UPDATE audit_heads SET digest = digest",
}
FALSE_STARTS: Final = {
    "one with a number": NEW_HEAD.format(sequence=1, digest=ZEROS),
    "one with a digest": NEW_HEAD.format(sequence=0, digest="sha256('')"),
    "one with both": NEW_HEAD.format(sequence=7, digest="sha256('')"),
    "one below nothing": NEW_HEAD.format(sequence=-1, digest=ZEROS),
    "one with a short digest": NEW_HEAD.format(sequence=0, digest="'\\x00'::bytea"),
    "one with an empty digest": NEW_HEAD.format(sequence=0, digest="''::bytea"),
}
LOGINS: Final = ("runtime_url", "operator_url", "owner_url")


@dataclass(frozen=True)
class Writer:
    """A login that may write to an existing chain, in the context of its tenant."""

    sql: asyncpg.Connection
    tenant_id: UUID


@pytest.fixture
async def writer(
    request: pytest.FixtureRequest,
    chain: Creator,
    command: Command,
    fresh_database: Database,
    fresh_sql: asyncpg.Connection,
) -> AsyncGenerator[Writer]:
    """For the owner it is the chain of the service, the only one that it may write to."""
    tenant = await fresh_sql.fetchval("SELECT tenant_id FROM audit_heads")
    if request.param == "owner_url":
        assert command("operators", "create", "--name", "Olga", "--scope", "read").exit_code == 0
        tenant = SERVICE
    connection = await asyncpg.connect(getattr(fresh_database, request.param))
    await connection.execute("SELECT set_config('app.tenant_id', $1, false)", str(tenant))
    yield Writer(connection, tenant)
    await connection.close()


async def refusal(sql: asyncpg.Connection, statement: str, tenant_id: UUID) -> str:
    """What the database says to a statement; nothing where it does as it is told."""
    try:
        await sql.execute(statement, tenant_id)
    except asyncpg.InsufficientPrivilegeError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("writer", LOGINS, indirect=True)
async def test_an_event_that_does_not_follow_the_head_is_refused(writer: Writer) -> None:
    for event, statement in FALSE_EVENTS.items():
        assert "an event follows the head" in await refusal(writer.sql, statement, writer.tenant_id), event


@pytest.mark.parametrize("writer", LOGINS, indirect=True)
async def test_a_head_that_moves_to_no_event_is_refused(writer: Writer) -> None:
    for move, statement in FALSE_MOVES.items():
        said = await refusal(writer.sql, f"{statement} WHERE tenant_id = $1", writer.tenant_id)
        assert "the head of a chain goes one step" in said, move


@pytest.mark.parametrize("login", ["runtime_url", "operator_url"])
async def test_a_chain_begins_with_nothing(fresh_database: Database, login: str) -> None:
    connection = await asyncpg.connect(getattr(fresh_database, login))
    try:
        for start, statement in FALSE_STARTS.items():
            tenant = uuid4()
            await connection.execute("SELECT set_config('app.tenant_id', $1, false)", str(tenant))
            assert "begins before its first event" in await refusal(connection, statement, tenant), start
            await connection.execute(NEW_HEAD.format(sequence=0, digest=ZEROS), tenant)
    finally:
        await connection.close()


@pytest.mark.parametrize("writer", LOGINS, indirect=True)
async def test_an_event_without_its_head_is_rolled_back(
    writer: Writer, fresh_house: House, fresh_sql: asyncpg.Connection, command: Command
) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="the head of a chain is its last event"):
        await writer.sql.execute(EVENT.format(sequence="sequence + 1", previous="digest"), writer.tenant_id)

    member = fresh_house.creator(claims={"org_id": "acme", "org_role": "member"})
    await member.idea()
    assert command("operators", "create", "--name", "Otto", "--scope", "read").exit_code == 0
    assert not await fresh_sql.fetch("SELECT FROM audit_events WHERE actor = 'user:eve'")
    assert command("audit", "verify").exit_code == 0


@pytest.mark.parametrize("writer", ["operator_url"], indirect=True)
async def test_an_event_of_another_tenants_chain_is_refused(writer: Writer, fresh_sql: asyncpg.Connection) -> None:
    """The operators' login sees the chains of all tenants."""
    tenant, other, head = writer.tenant_id, uuid4(), "(SELECT {column} FROM audit_heads WHERE tenant_id = $1)"
    sequence, digest = head.format(column="sequence"), head.format(column="digest")
    columns = "(tenant_id, sequence, happened_at, actor, verb, targets, outcome, previous, digest)"
    values = "now(), 'user:eve', 'key.created', '{}', 'done'"
    async with fresh_sql.transaction():
        await fresh_sql.execute("SET LOCAL session_replication_role = replica")
        await fresh_sql.execute(
            f"INSERT INTO audit_events {columns} SELECT $2::uuid, {sequence} + 1, {values}, {digest}, sha256('x')",
            *(tenant, other),
        )
        await fresh_sql.execute(
            f"INSERT INTO audit_heads SELECT $2::uuid, {sequence} + 6, sha256('theirs')", *(tenant, other)
        )

    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="an event follows the head"):
        await writer.sql.execute(
            f"INSERT INTO audit_events {columns} SELECT $1, {sequence} + 7, {values}, sha256('theirs'), sha256('y')",
            tenant,
        )
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="the head of a chain goes one step"):
        await writer.sql.execute(
            "UPDATE audit_heads SET sequence = sequence + 1, digest = sha256('x') WHERE tenant_id = $1", tenant
        )
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="the head of a chain is its last event"):
        await writer.sql.execute(EVENT.format(sequence="sequence + 1", previous="digest"), tenant)


@pytest.mark.parametrize("writer", LOGINS, indirect=True)
async def test_a_valid_successor_not_written_by_the_service_is_found(writer: Writer, command: Command) -> None:
    async with writer.sql.transaction():
        await writer.sql.execute(EVENT.format(sequence="sequence + 1", previous="digest"), writer.tenant_id)
        await writer.sql.execute(
            "UPDATE audit_heads SET sequence = sequence + 1, digest = sha256('forged') WHERE tenant_id = $1",
            writer.tenant_id,
        )

    result = command("audit", "verify")

    assert result.exit_code == 1
    assert f"{writer.tenant_id} " in result.output
    assert "it was edited, or not written by this service" in result.output


async def test_a_command_writes_only_to_the_chain_of_the_service(
    chain: Creator, fresh_database: Database, fresh_sql: asyncpg.Connection
) -> None:
    """The command runs as the owner, here with the context of a tenant."""
    tenant = await fresh_sql.fetchval("SELECT tenant_id FROM audit_heads")
    connection = await asyncpg.connect(fresh_database.owner_url)
    try:
        await connection.execute("SELECT set_config('app.tenant_id', $1, false)", str(tenant))
        assert await connection.fetch("SELECT FROM audit_events") == []
        assert await connection.fetch("SELECT FROM audit_heads") == []
        for new in (tenant, uuid4()):
            with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
                await connection.execute(NEW_HEAD.format(sequence=0, digest=ZEROS), new)
    finally:
        await connection.close()
