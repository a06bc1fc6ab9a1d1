"""Damage stops a rotation: it is named, no key is destroyed, and what could be read before can be read afterwards."""

import os
from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg
import pytest

from creatorvault.core.identifiers import VaultId
from creatorvault.crypto.envelope import CIPHERTEXT_AT, EnvelopeKey, Sealed
from creatorvault.crypto.providers.keyring import RootKeyring
from tests.application import ROOT_KEYS, House
from tests.key_management.rotating import Keys, filled, scope_of, stored_keys, vault_of

type Damage = Callable[[asyncpg.Connection, VaultId], Awaitable[str]]

FLIPPED: Final = "set_byte({0}, octet_length({0}) - 1, get_byte({0}, octet_length({0}) - 1) # 1)"
OWN: Final = "tenant_id = $1 AND user_id = $2"


async def a_flipped_byte(sql: asyncpg.Connection, vault: VaultId) -> str:
    idea_id = await sql.fetchval(
        f"UPDATE ideas SET notes = {FLIPPED.format('notes')} WHERE {OWN} AND id = "
        f"(SELECT id FROM ideas WHERE {OWN} LIMIT 1) RETURNING id",
        *vault,
    )
    return f"ideas id {idea_id}: tampered, key version 1"


async def an_edited_clear_column(sql: asyncpg.Connection, vault: VaultId) -> str:
    idea_id = await sql.fetchval(
        f"UPDATE ideas SET updated_at = 'infinity' WHERE {OWN} AND id = (SELECT id FROM ideas WHERE {OWN} LIMIT 1) "
        "RETURNING id",
        *vault,
    )
    return f"ideas id {idea_id}: tampered"


async def a_segment(sql: asyncpg.Connection, vault: VaultId) -> str:
    first, last = await sql.fetchrow(
        f"UPDATE idea_segments SET sealed = {FLIPPED.format('sealed')} WHERE {OWN} "
        "RETURNING first_revision, last_revision",
        *vault,
    )
    return f"idea_segments first_revision {first}, last_revision {last}: tampered, key version 1"


async def a_row_of_an_unknown_key(sql: asyncpg.Connection, vault: VaultId) -> str:
    idea_id = await sql.fetchval(
        f"UPDATE ideas SET title = set_byte(title, 5, 9) WHERE {OWN} AND id = "
        f"(SELECT id FROM ideas WHERE {OWN} LIMIT 1) RETURNING id",
        *vault,
    )
    return f"ideas id {idea_id}: lost_key, key version 9"


@pytest.mark.parametrize("damage", [a_flipped_byte, an_edited_clear_column, a_segment, a_row_of_an_unknown_key])
async def test_a_bad_row_keeps_the_key(service: House, keys: Keys, sql: asyncpg.Connection, damage: Damage) -> None:
    creator = await filled(service, ideas=40)
    others = await filled(service)
    expected = await damage(sql, vault_of(creator))

    result = await keys.rotate(scope_of(creator))

    assert (result.rotated, result.retired, result.left) == (0, 0, 1)
    assert keys.said == [expected]
    assert await stored_keys(sql, vault_of(creator)) == [1, 2]
    assert len(await others.titles()) == 5


async def test_a_row_that_was_mended_lets_the_key_go(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    creator = await filled(service)
    own = vault_of(creator)
    row = await sql.fetchrow(f"SELECT id, title FROM ideas WHERE {OWN} LIMIT 1", *own)
    await sql.execute(f"UPDATE ideas SET title = '\\x00' WHERE {OWN} AND id = $3", *own, row["id"])
    assert (await keys.rotate(scope_of(creator))).left == 1

    await sql.execute(f"UPDATE ideas SET title = $4 WHERE {OWN} AND id = $3", *own, row["id"], row["title"])
    result = await keys.rotate(scope_of(creator))

    assert (result.left, result.retired) == (0, 2)
    assert await stored_keys(sql, own) == [3]
    assert len(await creator.titles()) == 5


@pytest.mark.parametrize("table", ["ideas", "idempotency_answers", "idea_segments"])
async def test_rows_that_are_hidden_keep_the_key(
    service: House, keys: Keys, sql: asyncpg.Connection, table: str
) -> None:
    """As with a context that is empty, or a policy that was changed."""
    creator = await filled(service, ideas=40)
    await creator.post({"title": "Once"}, headers={"Idempotency-Key": "one"})
    policy = f"ALTER POLICY own_tenant ON {table} USING"
    tenant = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"
    await sql.execute(f"{policy} ({tenant} AND user_id <> '{creator.user_id}')")
    try:
        result = await keys.rotate(scope_of(creator))
    finally:
        await sql.execute(f"{policy} ({tenant})")

    assert (result.retired, result.left) == (0, 1)
    said = f"0 rows of {41 if table == 'ideas' else 1} are visible"
    assert said in {finding.problem for finding in keys.findings if finding.table == table}
    assert await stored_keys(sql, vault_of(creator)) == [1, 2]
    assert len(await creator.titles({"limit": 100})) == 41


async def test_a_vault_that_is_hidden_gets_no_key(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    creator = await filled(service)
    tenant = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"
    await sql.execute("ALTER POLICY own_tenant ON vaults USING (false)")
    try:
        result = await keys.rotate(scope_of(creator))
    finally:
        await sql.execute(f"ALTER POLICY own_tenant ON vaults USING ({tenant})")

    assert (result.retired, result.left) == (0, 1)
    assert keys.said == ["keys.vault_keys : lost_key"]
    assert await stored_keys(sql, vault_of(creator)) == [1]


async def test_a_wrap_that_opens_to_another_key_is_never_stored(
    service: House, keys: Keys, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = await filled(service)
    wrap = RootKeyring.wrap

    async def another(keyring: RootKeyring, key: bytes, *others: Any) -> tuple[str, bytes]:
        return await wrap(keyring, os.urandom(len(key)), *others)

    monkeypatch.setattr(RootKeyring, "wrap", another)
    rotated = await keys.rotate(scope_of(creator))
    said, wrapped = keys.said, keys.with_root_keys(f"{RootKeyring.generate_entry('new')},{ROOT_KEYS}")
    root = await wrapped.rotate_root()
    monkeypatch.undo()

    assert rotated.left == 1
    assert said == ["keys.vault_keys : wrong_key, key version 2"]
    assert root.rewrapped == 0
    assert root.left == await sql.fetchval("SELECT count(*) FROM keys.vault_keys") + 2
    assert await sql.fetchval("SELECT count(*) FROM keys.vault_keys WHERE root_key_id = 'new'") == 0
    assert await stored_keys(sql, vault_of(creator)) == [1]
    assert (await keys.verify(scope_of(creator))).findings == 0


async def test_a_provider_that_answers_with_another_key_stops_the_rotation(
    service: House, keys: Keys, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = await filled(service)

    async def another(_: RootKeyring, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes:
        return bytes(32)

    monkeypatch.setattr(RootKeyring, "unwrap", another)
    result = await keys.rotate(scope_of(creator))
    monkeypatch.undo()

    assert (result.retired, result.left) == (0, 1)
    assert await stored_keys(sql, vault_of(creator)) == [1]
    assert len(await creator.titles()) == 5


async def test_a_value_that_does_not_open_after_it_was_sealed_is_never_stored(
    service: House, keys: Keys, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = await filled(service)
    seal = EnvelopeKey.seal

    def damaged(key: EnvelopeKey, plaintext: bytes, context: bytes) -> Sealed:
        sealed = seal(key, plaintext, context)
        return sealed if b"carried" in context else Sealed(sealed[:CIPHERTEXT_AT] + sealed[CIPHERTEXT_AT:][::-1])

    monkeypatch.setattr(EnvelopeKey, "seal", damaged)
    result = await keys.rotate(scope_of(creator))
    monkeypatch.undo()

    assert (result.retired, result.left) == (0, 1)
    assert {finding.problem for finding in keys.findings} == {"wrong_key, key version 2"}
    assert [finding.table for finding in keys.findings] == ["ideas"] * 5 + ["idea_versions", "vault_checkpoints"]
    assert await stored_keys(sql, vault_of(creator)) == [1, 2]
    assert len(await creator.titles()) == 5


async def test_a_key_that_was_edited_stops_the_rotation(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    creator = await filled(service)
    await sql.execute(
        f"UPDATE keys.vault_keys SET wrapped = {FLIPPED.format('wrapped')} WHERE {OWN}", *vault_of(creator)
    )

    result = await keys.rotate(scope_of(creator))

    assert result.left == 1
    assert keys.said == ["keys.vault_keys : wrong_key, key version 1"]
    assert await stored_keys(sql, vault_of(creator)) == [1]
