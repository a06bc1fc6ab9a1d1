"""Rotation beside other things: creators who write, vaults that are erased or set back, keys of which one is lost."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import asyncpg
import pytest

from creatorvault.core.identifiers import KeyVersion, VaultId
from creatorvault.crypto.envelope import key_version_of
from creatorvault.key_management import scopes, vault_rotation
from creatorvault.key_management.errors import LockLost
from creatorvault.key_management.installation import RunningLock
from creatorvault.key_management.vault_rotation import Pace, VaultRotation
from creatorvault.key_management.verification import Verification
from tests.application import House
from tests.key_management.rotating import Keys, filled, scope_of, stored_keys, vault_of, versions_in_use

TERMINATE: Final = """
    SELECT pg_terminate_backend(pid) FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
    WHERE locktype = 'advisory' AND datname = current_database()
"""
WAITING: Final = """
    SELECT count(*) > 0 FROM pg_locks JOIN pg_stat_activity USING (pid)
    WHERE NOT granted AND datname = current_database()
"""
OWN: Final = "tenant_id = $1 AND user_id = $2"


async def test_creators_write_while_their_keys_are_rotated(
    service: House, keys: Keys, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = await filled(service, ideas=60)
    ideas = (await creator.list({"limit": 100})).json()["items"]
    ended = asyncio.Event()
    changes = [0] * 4
    retire = VaultRotation.retire

    async def write(number: int) -> None:
        while not ended.is_set():
            title = f"Change {changes[number]}"
            answer = await creator.patch(ideas[number], {"title": title})
            assert answer.status_code == 200, answer.text
            assert (await creator.get(ideas[number])).json()["title"] == title
            assert (await creator.post({"title": "New"})).status_code == 201
            assert (await creator.list({"search": "new", "limit": 5})).status_code == 200
            changes[number] += 1

    async def retire_patiently(
        rotation: VaultRotation, vault: VaultId, version: KeyVersion
    ) -> Sequence[KeyVersion] | None:
        """Waits for the requests that are under way, however busy the machine is. A grace period is a guess."""
        before = list(changes)
        while any(count < earlier + 2 for count, earlier in zip(changes, before, strict=True)):
            assert not any(writer.done() for writer in writers)
            await asyncio.sleep(0.01)
        return await retire(rotation, vault, version)

    monkeypatch.setattr(VaultRotation, "retire", retire_patiently)
    writers = [asyncio.create_task(write(number)) for number in range(4)]
    try:
        results = [await keys.rotate(scope_of(creator)) for _ in range(5)]
    finally:
        ended.set()
        await asyncio.gather(*writers)

    assert [(result.rotated, result.left) for result in results] == [(1, 0)] * 5
    assert all(changes)
    assert len(await stored_keys(sql, vault_of(creator))) == 1
    assert len(await versions_in_use(sql, vault_of(creator))) == 1
    for number, count in enumerate(changes):
        assert (await creator.get(ideas[number])).json()["title"] == f"Change {count - 1}"
    assert (await keys.verify(scope_of(creator))).findings == 0


@pytest.mark.parametrize("table", ["idea_versions", "trashed_ideas"])
async def test_what_a_change_replaces_is_copied_as_it_was_sealed_last(
    service: House, keys: Keys, sql: asyncpg.Connection, table: str
) -> None:
    """The change began before the row was sealed again, and waited for the vault until the key was to be destroyed."""
    creator = await filled(service)
    [idea, *_] = (await creator.list()).json()["items"]
    async with keys.installed() as place:
        rotation = VaultRotation(place, Pace(None), keys.findings.append, lambda _: None)
        version = await rotation.make_key(vault_of(creator), datetime.now(UTC))
        assert version == 2
        await creator.idea("With the new key, which the service has from now on")
        async with sql.transaction():
            await sql.execute(f"SELECT FROM vaults WHERE {OWN} FOR NO KEY UPDATE", *vault_of(creator))
            deletes = table == "trashed_ideas"
            changing = asyncio.create_task(creator.delete(idea) if deletes else creator.patch(idea, {"title": "New"}))
            while not await sql.fetchval(WAITING):
                assert not changing.done()
            assert await rotation.reseal(vault_of(creator), version)
        assert (await changing).is_success

        titles = await sql.fetch(f"SELECT title FROM {table} WHERE {OWN}", *vault_of(creator))
        assert {key_version_of(title) for [title] in titles} == {2}
        assert await rotation.retire(vault_of(creator), version) == [1]
    assert (await keys.verify(scope_of(creator))).findings == 0


async def test_a_row_that_was_stored_late_is_sealed_again_before_its_key_is_destroyed(
    service: House, keys: Keys, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = await filled(service)
    content = f"SELECT title, notes, tags FROM idea_versions WHERE {OWN}"
    [row] = await sql.fetch(content, *vault_of(creator))
    retire, results = VaultRotation.retire, list[Sequence[KeyVersion] | None]()

    async def store_and_retire(
        rotation: VaultRotation, vault: VaultId, version: KeyVersion
    ) -> Sequence[KeyVersion] | None:
        if not results:
            await sql.execute(f"UPDATE idea_versions SET title = $3, notes = $4, tags = $5 WHERE {OWN}", *vault, *row)
        results.append(await retire(rotation, vault, version))
        return results[-1]

    monkeypatch.setattr(VaultRotation, "retire", store_and_retire)
    result = await keys.rotate(scope_of(creator))

    assert results == [None, [1]]
    assert (result.rotated, result.retired, result.left) == (1, 1, 0)
    assert await versions_in_use(sql, vault_of(creator)) == {2}
    assert (await keys.verify(scope_of(creator))).findings == 0


async def test_vaults_of_an_erased_tenant_are_left_out(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    creator = await filled(service)
    await sql.execute("UPDATE tenants SET status = 'erasing' WHERE external_id = $1", creator.user_id)

    result = await keys.rotate(scope_of(creator))

    assert (result.skipped, result.rotated, result.left) == (1, 0, 0)
    assert await stored_keys(sql, vault_of(creator)) == [1]


async def test_a_suspended_tenant_is_rotated(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    creator = await filled(service)
    await sql.execute("UPDATE tenants SET status = 'suspended' WHERE external_id = $1", creator.user_id)

    assert (await keys.rotate(scope_of(creator))).retired == 1


async def test_an_earlier_key_that_is_lost_stops_the_rotation(
    service: House, keys: Keys, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = await filled(service)
    own = vault_of(creator)

    async def stay(*_: object) -> Sequence[KeyVersion]:
        return []

    monkeypatch.setattr(VaultRotation, "retire", stay)
    await keys.rotate(scope_of(creator))
    monkeypatch.undo()
    await sql.execute(f"UPDATE keys.vault_keys SET root_key_id = 'gone' WHERE {OWN} AND version = 1", *own)

    result = await keys.rotate(scope_of(creator))
    said = keys.said
    verified = await keys.verify(scope_of(creator))

    assert (result.left, said) == (1, ["keys.vault_keys : lost_key, key version 1"])
    assert await stored_keys(sql, own) == [1, 2]
    assert (verified.findings, keys.said) == (1, ["keys.vault_keys version 1: lost_key, key version 1"])


async def test_a_vault_that_was_set_back_meanwhile_keeps_its_keys(
    service: House, keys: Keys, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = await filled(service)
    reseal = VaultRotation.reseal

    async def and_set_back(rotation: VaultRotation, vault: VaultId, version: KeyVersion) -> bool:
        complete = await reseal(rotation, vault, version)
        await sql.execute(f"UPDATE vaults SET key_version = 1 WHERE {OWN}", *vault)
        return complete

    monkeypatch.setattr(VaultRotation, "reseal", and_set_back)
    result = await keys.rotate(scope_of(creator))
    monkeypatch.undo()

    assert (result.retired, result.left) == (0, 1)
    assert await stored_keys(sql, vault_of(creator)) == [1, 2]
    await sql.execute(f"UPDATE vaults SET key_version = 2 WHERE {OWN}", *vault_of(creator))


async def test_a_key_that_the_vault_does_not_name_stops_the_rotation(
    service: House, keys: Keys, sql: asyncpg.Connection
) -> None:
    creator = await filled(service)
    await sql.execute(
        f"INSERT INTO keys.vault_keys SELECT tenant_id, user_id, 2, root_key_id, wrapped, first_revision, created_at "
        f"FROM keys.vault_keys WHERE {OWN}",
        *vault_of(creator),
    )

    result = await keys.rotate(scope_of(creator))

    assert result.left == 1
    await sql.execute(f"DELETE FROM keys.vault_keys WHERE {OWN} AND version = 2", *vault_of(creator))
    assert len(await creator.titles()) == 5


async def test_segments_in_an_earlier_layout_are_deleted(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    """They are copies that no search opens."""
    creator = await filled(service, ideas=40)
    await sql.execute(f"UPDATE idea_segments SET folding = '3/1/1' WHERE {OWN}", *vault_of(creator))
    assert (await keys.verify(scope_of(creator))).findings == 0

    result = await keys.rotate(scope_of(creator))

    assert (result.retired, keys.findings) == (1, [])
    assert await sql.fetchval(f"SELECT count(*) FROM idea_segments WHERE {OWN}", *vault_of(creator)) == 0


async def test_rows_that_are_deleted_while_they_are_counted(
    service: House, keys: Keys, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = await filled(service)
    [first, *_] = (await creator.list()).json()["items"]
    seen_by_operators, deleted = Verification._seen_by_operators, False

    async def and_delete(verification: Verification, vault: VaultId) -> dict[str, int]:
        nonlocal deleted
        found = await seen_by_operators(verification, vault)
        if not deleted:
            deleted = True
            assert (await creator.delete(first)).is_success
        return found

    monkeypatch.setattr(Verification, "_seen_by_operators", and_delete)
    result = await keys.rotate(scope_of(creator))
    monkeypatch.undo()

    assert deleted
    assert (result.retired, result.left, keys.findings) == (1, 0, [])


async def test_many_rows_and_many_vaults_go_in_batches(
    service: House, keys: Keys, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault_rotation, "BATCH", 3)
    monkeypatch.setattr(vault_rotation, "LARGE_BATCH", 1)
    monkeypatch.setattr(scopes, "AT_ONCE", 2)
    creators = [await filled(service, ideas=7) for _ in range(5)]
    for creator in creators:
        for number in range(3):
            await creator.post({"title": "Once"}, headers={"Idempotency-Key": f"key-{number}"})

    await keys.rotate()

    for creator in creators:
        newest = await stored_keys(sql, vault_of(creator))
        assert len(newest) == 1
        assert await versions_in_use(sql, vault_of(creator)) == set(newest)
        assert len(await creator.titles({"limit": 100})) == 10


async def test_an_earlier_key_stays_for_the_time_that_a_request_may_take(
    service: House, keys: Keys, sql: asyncpg.Connection
) -> None:
    creators = [await filled(service) for _ in range(2)]
    rotating = asyncio.create_task(keys.rotate(grace_seconds=6))
    try:
        while {2 in await stored_keys(sql, vault_of(creator)) for creator in creators} != {True}:  # noqa: ASYNC110
            await asyncio.sleep(0.01)

        assert [await stored_keys(sql, vault_of(creator)) for creator in creators] == [[1, 2]] * 2
    finally:
        await rotating
    assert [await stored_keys(sql, vault_of(creator)) for creator in creators] == [[2]] * 2


async def test_a_lock_that_is_lost_ends_the_rotation(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    creator = await filled(service)
    async with keys.installed() as place:
        with pytest.raises(LockLost):
            async with RunningLock(place.operators) as lock:
                await sql.execute(TERMINATE)
                await lock.check()
    assert await stored_keys(sql, vault_of(creator)) == [1]
    assert (await keys.rotate(scope_of(creator))).retired == 1


async def test_a_hidden_vault_is_found_by_verification(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    creator = await filled(service)
    tenant = "tenant_id = nullif(current_setting('app.tenant_id', true), '')::uuid"
    await sql.execute("ALTER POLICY own_tenant ON vaults USING (false)")
    try:
        await keys.verify(scope_of(creator))
    finally:
        await sql.execute(f"ALTER POLICY own_tenant ON vaults USING ({tenant})")

    assert keys.said == ["vaults : the vault is not visible"]


async def test_operators_see_the_version_of_a_rotated_key(service: House, keys: Keys, sql: asyncpg.Connection) -> None:
    """Its vault is in the totals, and its time of change stays."""
    creator = await filled(service)
    own = vault_of(creator)
    await sql.execute(
        f"INSERT INTO totalled_vaults SELECT tenant_id, user_id, idea_count, sealed_bytes, key_version, changed_at "
        f"FROM vaults WHERE {OWN}",
        *own,
    )
    await sql.execute(
        "INSERT INTO tenant_totals SELECT tenant_id, 1, ideas, sealed_bytes, key_version, last_activity "
        "FROM totalled_vaults WHERE tenant_id = $1",
        own.tenant_id,
    )

    await keys.rotate(scope_of(creator))

    assert await sql.fetchval(f"SELECT key_version FROM totalled_vaults WHERE {OWN}", *own) == 2
    assert await sql.fetchval("SELECT newest_key_version FROM tenant_totals WHERE tenant_id = $1", own.tenant_id) == 2
