"""`creatorvault keys verify` opens everything, and names what is wrong."""

from random import Random
from typing import Final

import asyncpg
import pytest

from creatorvault.apps import protected_data
from tests.application import House
from tests.key_management.rotating import Keys, filled, scope_of, vault_of

OWN: Final = "tenant_id = $1 AND user_id = $2"
FLIPPED: Final = "set_byte({0}, {1}, get_byte({0}, {1}) # {2})"
SEALED: Final = ("title", "notes", "tags")
CLEAR: Final = (
    *("stage = (stage + 1) % 4", "priority = (priority + 1) % 3", "due_date = now()", "stamp = stamp # 1"),
    *("created_at = created_at + interval '1 s'", "updated_at = updated_at + interval '1 s'"),
    "due_date = 'infinity'",
)


async def test_a_whole_vault_has_no_findings(service: House, keys: Keys) -> None:
    creator = await filled(service, ideas=40)
    await creator.post({"title": "Once"}, headers={"Idempotency-Key": "one"})

    verified = await keys.verify(scope_of(creator))

    assert keys.findings == []
    assert (verified.vaults, verified.rows, verified.findings) == (1, 41 + 1 + 1 + 1 + 1, 0)


async def test_each_of_fifty_damages_is_named(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    creator = service.creator()
    for number in range(60):
        await creator.idea(f"Idea {number}", notes="Some notes", tags=["a"])
    own, random = vault_of(creator), Random(7)
    ids = [row["id"] for row in await sql.fetch(f"SELECT id FROM ideas WHERE {OWN} ORDER BY id", *own)]
    damaged = random.sample(ids, 50)
    for idea_id in damaged:
        if random.random() < 0.5:
            change = random.choice(CLEAR)
        else:
            column = random.choice(SEALED)
            change = f"{column} = {FLIPPED.format(column, random.randrange(6, 60), 1 << random.randrange(8))}"
        await sql.execute(f"UPDATE ideas SET {change} WHERE {OWN} AND id = $3", *own, idea_id)

    verified = await keys.verify(scope_of(creator))

    named = {finding.row for finding in keys.findings if finding.table == "ideas"}
    assert named == {f"id {idea_id}" for idea_id in damaged}
    # The stamps that were edited do not combine to the vault's digest either.
    assert verified.findings - len(damaged) == len({finding for finding in keys.findings if finding.table == "vaults"})


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ("DELETE FROM ideas WHERE {own} AND id = (SELECT id FROM ideas WHERE {own} LIMIT 1)", "rows of its ideas: 4"),
        ("UPDATE vaults SET idea_count = 4 WHERE {own}", "rows of its ideas: 5, the vault's row says 4"),
        ("UPDATE vaults SET sealed_bytes = 7 WHERE {own}", "sealed_bytes: "),
        ("UPDATE vaults SET trash_count = 7 WHERE {own}", "rows in its trash: 1, the vault's row says 7"),
        (
            "UPDATE trashed_ideas SET deleted_at = deleted_at + interval '1 second' WHERE {own}",
            "tampered, key version 1",
        ),
        ("UPDATE trashed_ideas SET notes = title WHERE {own}", "tampered, key version 1"),
        ("UPDATE idea_versions SET number = number + 7 WHERE {own}", "tampered, key version 1"),
        ("UPDATE idea_versions SET previous_until = now() WHERE {own}", "tampered, key version 1"),
        ("UPDATE vaults SET digest = 7 WHERE {own}", "digest of its ideas"),
        ("UPDATE vaults SET revision = 2 WHERE {own}", "an idea has revision 6, the vault is at 2"),
        ("UPDATE vaults SET key_version = 2 WHERE {own}", "lost_key, key version 2"),
        ("UPDATE keys.vault_keys SET first_revision = 2 WHERE {own}", "wrong_key, key version 1"),
        ("UPDATE keys.vault_keys SET root_key_id = 'gone' WHERE {own}", "lost_key, key version 1"),
        ("UPDATE keys.vault_keys SET carried = '\\x00' WHERE {own}", "tampered"),
        ("UPDATE ideas SET title = notes WHERE {own}", "tampered, key version 1"),
        ("UPDATE idempotency_answers SET expires_at = now() WHERE {own}", "tampered, key version 1"),
    ],
)
async def test_it_names_what_is_wrong(
    service: House, keys: Keys, sql: asyncpg.Connection, change: str, problem: str
) -> None:
    creator = await filled(service)
    await creator.post({"title": "Once"}, headers={"Idempotency-Key": "one"})
    await creator.delete((await creator.list({"search": "once"})).json()["items"][0])
    await sql.execute(change.format(own=OWN), *vault_of(creator))

    verified = await keys.verify(scope_of(creator))

    assert verified.findings == len(keys.findings) > 0
    assert [said for said in keys.said if problem in said], keys.said


@pytest.mark.parametrize("table", ["ideas", "idempotency_answers", "idea_segments"])
async def test_a_value_that_is_not_what_the_service_seals_is_named(
    service: House, keys: Keys, sql: asyncpg.Connection, table: str
) -> None:
    """Sealed with the right key and context: by an attacker who has the key, or by a defect."""
    creator = await filled(service, ideas=40)
    await creator.post({"title": "Once"}, headers={"Idempotency-Key": "one"})
    [sealed] = [sealed for sealed in protected_data().sealed if sealed.name == table]
    columns = (*sealed.key, *sealed.bound)
    row = await sql.fetchrow(f"SELECT {', '.join(columns)} FROM {table} WHERE {OWN}", *vault_of(creator))
    cipher = service.parts.cipher_of(vault_of(creator)).for_purpose(sealed.purpose)
    [*_, bound] = sealed.contexts(vault_of(creator))(tuple(row))
    key = " AND ".join(f"{name} = ${number}" for number, name in enumerate(sealed.key, start=3))
    await sql.execute(
        f"UPDATE {table} SET {sealed.sealed[-1]} = ${len(sealed.key) + 3} WHERE {OWN} AND {key}",
        *(*vault_of(creator), *row[: len(sealed.key)], cipher.seal(b"{", bound)),
    )

    await keys.verify(scope_of(creator))

    assert [finding.problem for finding in keys.findings if finding.table == table] == ["tampered"]


async def test_a_key_above_the_vaults_newest_is_named(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    creator = await filled(service)
    await keys.rotate(scope_of(creator))
    await sql.execute(f"UPDATE vaults SET key_version = 1 WHERE {OWN}", *vault_of(creator))

    await keys.verify(scope_of(creator))

    assert "keys.vault_keys version 2: the vault's newest key is 1" in keys.said


async def test_rows_that_are_hidden_are_counted(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    creator = await filled(service)
    tenant = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"
    await sql.execute("ALTER POLICY own_tenant ON ideas USING (false)")
    try:
        await keys.verify(scope_of(creator))
    finally:
        await sql.execute(f"ALTER POLICY own_tenant ON ideas USING ({tenant})")

    assert "ideas : 0 rows of 5 are visible" in keys.said


async def test_the_audit_logs_key_is_verified(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    await filled(service)
    wrapped = await sql.fetchval("SELECT wrapped FROM keys.audit_keys")
    await sql.execute(f"UPDATE keys.audit_keys SET wrapped = {FLIPPED.format('wrapped', 20, 1)}")
    try:
        await keys.verify()
    finally:
        await sql.execute("UPDATE keys.audit_keys SET wrapped = $1", wrapped)

    assert [said for said in keys.said if said.startswith("keys.audit_keys version 1: wrong_key")]
