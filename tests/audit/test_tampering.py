"""`creatorvault audit verify` finds every modification of the log by a superuser."""

from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest

from tests.audit.conftest import Command
from tests.factories import Creator
from tests.postgres import Database

ROOT = Path(__file__).parents[2]
SECOND = "sequence = 2"
TAMPERINGS = {
    "another time": f"UPDATE audit_events SET happened_at = happened_at + interval '1 microsecond' WHERE {SECOND}",
    "a time before all others": f"UPDATE audit_events SET happened_at = '-infinity' WHERE {SECOND}",
    "no time at all": f"UPDATE audit_events SET happened_at = 'infinity' WHERE {SECOND}",
    "another actor": f"UPDATE audit_events SET actor = 'operator:eve' WHERE {SECOND}",
    "another verb": f"UPDATE audit_events SET verb = 'key.rotated' WHERE {SECOND}",
    "another target": f"""UPDATE audit_events SET targets = '{{"user_id": "eve", "version": "1"}}' WHERE {SECOND}""",
    "one target less": f"UPDATE audit_events SET targets = targets - 'version' WHERE {SECOND}",
    "another address": f"UPDATE audit_events SET address = 'feed' WHERE {SECOND}",
    "no address": f"UPDATE audit_events SET address = NULL WHERE {SECOND}",
    "another outcome": f"UPDATE audit_events SET outcome = 'refused' WHERE {SECOND}",
    "another digest": f"UPDATE audit_events SET digest = sha256(digest) WHERE {SECOND}",
    "another predecessor": f"UPDATE audit_events SET previous = sha256(previous) WHERE {SECOND}",
    "another tenant": f"UPDATE audit_events SET tenant_id = gen_random_uuid() WHERE {SECOND}",
    "the first removed": "DELETE FROM audit_events WHERE sequence = 1",
    "one removed from the middle": f"DELETE FROM audit_events WHERE {SECOND}",
    "one removed and the rest moved up": """
        DELETE FROM audit_events WHERE sequence = 2;
        UPDATE audit_events SET sequence = sequence + 100 WHERE sequence > 2;
        UPDATE audit_events SET sequence = sequence - 101 WHERE sequence > 100
    """,
    "the last removed": "DELETE FROM audit_events WHERE sequence = 4",
    "all removed": "DELETE FROM audit_events",
    "two swapped": """
        UPDATE audit_events SET sequence = 100 WHERE sequence = 2;
        UPDATE audit_events SET sequence = 2 WHERE sequence = 3;
        UPDATE audit_events SET sequence = 3 WHERE sequence = 100
    """,
    "one added at the end": """
        INSERT INTO audit_events
        SELECT tenant_id, 5, happened_at, actor, verb, targets, address, outcome, digest, sha256(digest)
        FROM audit_events WHERE sequence = 4;
        UPDATE audit_heads SET sequence = 5, digest = (SELECT digest FROM audit_events WHERE sequence = 5)
    """,
    "the head removed": "DELETE FROM audit_heads",
    "the head set back": """
        UPDATE audit_heads SET sequence = 3, digest = (SELECT digest FROM audit_events WHERE sequence = 3)
    """,
    "a head without a chain": "INSERT INTO audit_heads VALUES (gen_random_uuid(), 1, sha256(''))",
}

ON_THE_LOG = (
    "UPDATE audit_events SET verb = 'x'",
    "DELETE FROM audit_events",
    "TRUNCATE audit_events",
    "DELETE FROM audit_heads",
    "TRUNCATE audit_heads",
    "UPDATE audit_heads SET sequence = sequence - 1",
    "UPDATE audit_heads SET sequence = sequence + 2",
)
ON_ITS_KEYS = ("UPDATE keys.audit_keys SET version = 2", "DELETE FROM keys.audit_keys")
PLANTED = (
    "INSERT INTO keys.audit_keys SELECT 2, root_key_id, wrapped, created_at FROM keys.audit_keys",
    "INSERT INTO keys.audit_keys SELECT * FROM keys.audit_keys ON CONFLICT DO NOTHING",
)


async def test_an_unmodified_log_verifies(chain: Creator, command: Command) -> None:
    result = command("audit", "verify")

    assert (result.exit_code, result.output) == (0, "The audit log is whole.\n")


def test_an_empty_log_verifies(command: Command) -> None:
    assert command("audit", "verify").exit_code == 0


async def test_tampering_is_found(chain: Creator, attacker: asyncpg.Connection, command: Command) -> None:
    for table in ("audit_events", "audit_heads"):
        await attacker.execute(f"CREATE TEMPORARY TABLE saved_{table} AS SELECT * FROM {table}")
    for tampering, statements in TAMPERINGS.items():
        await attacker.execute(statements)

        result = command("audit", "verify")

        assert result.exit_code == 1, (tampering, result.output)
        assert "findings" in result.output, tampering
        for table in ("audit_events", "audit_heads"):
            await attacker.execute(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM saved_{table}")
        assert command("audit", "verify").exit_code == 0, tampering


@pytest.mark.parametrize("tampering", ["another verb", "one removed from the middle", "the head set back"])
async def test_a_list_of_events_shows_what_the_rows_say(
    chain: Creator, attacker: asyncpg.Connection, tampering: str
) -> None:
    """The list is not verified, as documented in docs/encryption.md."""
    before = (await chain.request("GET", "/api/v1/tenant/audit")).json()
    await attacker.execute(TAMPERINGS[tampering])

    after = await chain.request("GET", "/api/v1/tenant/audit")

    assert after.status_code == 200
    assert (after.json() == before) == (tampering == "the head set back")
    assert "| **The audit log in a list** |" in (ROOT / "docs" / "encryption.md").read_text(encoding="utf-8")


async def test_a_finding_contains_position_and_problem(
    chain: Creator, attacker: asyncpg.Connection, command: Command
) -> None:
    tenant = await attacker.fetchval("SELECT tenant_id FROM audit_heads")
    await attacker.execute("DELETE FROM audit_events WHERE sequence IN (2, 3)")
    assert f"{tenant} 4: events 2 to 3 are missing\n" in command("audit", "verify").output

    await attacker.execute("UPDATE audit_events SET verb = 'nothing' WHERE sequence = 1")
    assert f"{tenant} 1: it was edited, or not written by this service\n" in command("audit", "verify").output


async def test_a_rolled_back_log_is_found_by_a_head_stored_elsewhere(
    chain: Creator, attacker: asyncpg.Connection, command: Command, tmp_path: Path
) -> None:
    kept = tmp_path / "heads"
    kept.write_text(command("audit", "heads").output)
    assert command("audit", "verify", "--heads", str(kept)).exit_code == 0
    await chain.request("POST", chain.url, json={"title": "later"})
    assert command("audit", "verify", "--heads", str(kept)).exit_code == 0, "an older head is a part of the chain"

    await attacker.execute(
        "DELETE FROM audit_events WHERE sequence > 3;"
        "UPDATE audit_heads SET sequence = 3, digest = (SELECT digest FROM audit_events WHERE sequence = 3)"
    )

    assert command("audit", "verify").exit_code == 0, "the database alone cannot show it"
    result = command("audit", "verify", "--heads", str(kept))
    assert result.exit_code == 1
    assert "the head that was kept elsewhere is no part of the chain" in result.output


async def test_a_removed_chain_is_found_by_a_head_stored_elsewhere(
    chain: Creator, attacker: asyncpg.Connection, command: Command, tmp_path: Path
) -> None:
    kept = tmp_path / "heads"
    kept.write_text(command("audit", "heads").output)

    await attacker.execute("DELETE FROM audit_events; DELETE FROM audit_heads")

    assert command("audit", "verify").exit_code == 0, "the database alone cannot show it"
    result = command("audit", "verify", "--heads", str(kept))
    assert result.exit_code == 1
    assert "the head that was kept elsewhere is no part of the chain" in result.output


async def test_a_key_of_another_root_does_not_verify(chain: Creator, command: Command) -> None:
    other = command("keys", "generate").output.splitlines()[-1]

    assert command("audit", "verify", CREATORVAULT_ROOT_KEYS=other).exit_code != 0


def test_invalid_heads_are_refused(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "heads"
    file.write_text("nonsense")

    result = command("audit", "verify", "--heads", str(file))

    assert result.exit_code == 1
    assert "is not what `creatorvault audit heads` prints" in " ".join(result.output.replace("│", " ").split())


def test_unreadable_heads_are_refused_with_a_message(command: Command) -> None:
    """A file that can be opened but not read."""
    result = command("audit", "verify", "--heads", "/proc/self/mem")

    assert (result.exit_code, type(result.exception)) == (1, SystemExit)
    assert "--heads: /proc/self/mem: Input/output error" in " ".join(result.output.replace("│", " ").split())


@pytest.mark.parametrize("name", ["verify", "heads"])
def test_without_an_operators_login_the_log_cannot_be_read(command: Command, name: str) -> None:
    result = command("audit", name, DATABASE_OPERATOR_URL="")

    assert result.exit_code == 1
    assert "DATABASE_OPERATOR_URL is not set" in result.output


@pytest.mark.parametrize(
    ("login", "statements"),
    [
        ("runtime_url", (*ON_THE_LOG, *ON_ITS_KEYS, *PLANTED)),
        ("operator_url", (*ON_THE_LOG, *ON_ITS_KEYS, *PLANTED)),
        ("owner_url", ON_THE_LOG),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_no_login_of_the_service_can_change_or_remove_events(
    chain: Creator,
    command: Command,
    fresh_database: Database,
    fresh_sql: asyncpg.Connection,
    login: str,
    statements: Sequence[str],
) -> None:
    tenant = await fresh_sql.fetchval("SELECT tenant_id FROM audit_heads")
    # For the owner, who sees only the chain of the service.
    assert command("operators", "create", "--name", "Olga", "--scope", "read").exit_code == 0
    connection = await asyncpg.connect(getattr(fresh_database, login))
    try:
        await connection.execute("SELECT set_config('app.tenant_id', $1, false)", str(tenant))
        for statement in statements:
            try:
                done = await connection.execute(statement)
            except asyncpg.InsufficientPrivilegeError:
                continue
            pytest.fail(f"{statement}: {done}")
    finally:
        await connection.close()


@pytest.mark.parametrize("statement", ON_ITS_KEYS)
async def test_changes_of_the_key_by_the_owner_are_found(
    chain: Creator, fresh_database: Database, command: Command, statement: str
) -> None:
    """The owner of a table can change anything, but verification then fails."""
    connection = await asyncpg.connect(fresh_database.owner_url)
    try:
        assert (await connection.execute(statement)).endswith(" 1")
    finally:
        await connection.close()

    result = command("audit", "verify")

    assert result.exit_code == 1, result.output
