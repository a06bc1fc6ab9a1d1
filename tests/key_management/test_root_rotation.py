"""Rotation of root keys: every key is wrapped anew, and the old root key can be taken out of the keyring."""

import json
from collections.abc import AsyncGenerator
from typing import Any

import asyncpg
import pytest

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.crypto.providers.keyring import RootKeyring
from creatorvault.key_management import root_rotation
from tests.application import ROOT_KEYS, House, open_house
from tests.factories import Creator
from tests.key_management.rotating import Keys, everything, filled, vault_of
from tests.postgres import Database

NEW = RootKeyring.generate_entry("new")
WRAPPED_BY = " UNION ".join(
    f"SELECT root_key_id FROM keys.{table}" for table in ("vault_keys", "audit_keys", "receipt_keys")
)


@pytest.fixture
def with_both(keys: Keys) -> Keys:
    return keys.with_root_keys(f"{NEW},{ROOT_KEYS}")


@pytest.fixture(autouse=True)
async def back_again(keys: Keys, service: House) -> AsyncGenerator[None]:
    """Wraps everything with the root key of the tests again."""
    yield
    await keys.with_root_keys(f"{ROOT_KEYS},{NEW}").rotate_root()


async def test_the_old_root_key_is_needed_no_more(
    service: House,
    own_environ: dict[str, str],
    own_database: Database,
    keys: Keys,
    with_both: Keys,
    sql: asyncpg.Connection,
) -> None:
    creator = await filled(service, ideas=40)
    rows = await sql.fetch("SELECT * FROM ideas WHERE user_id = $1 ORDER BY id", creator.user_id)
    before = await everything(creator)
    wrapped = await sql.fetchval("SELECT count(*) FROM keys.vault_keys")

    result = await with_both.rotate_root()

    assert (result.rewrapped, result.left) == (wrapped + 2, 0)
    assert [row[0] for row in await sql.fetch(WRAPPED_BY)] == ["new"]
    assert await sql.fetch("SELECT * FROM ideas WHERE user_id = $1 ORDER BY id", creator.user_id) == rows
    async with open_house(own_environ | {"CREATORVAULT_ROOT_KEYS": NEW}, own_database) as other:
        there = Creator(other.client, creator.user_id)
        assert await everything(there) == before
        assert await there.idea("Another")  # with an event in the audit log, whose key was wrapped anew
        assert await other.creator().idea("The first of a new tenant")
    assert (await keys.with_root_keys(NEW).verify()).findings == 0


async def test_a_process_that_knows_only_the_old_root_key_goes_on_with_what_it_holds(
    service: House, with_both: Keys
) -> None:
    """Until it is restarted with both, as the guide says to do before."""
    creator = await filled(service)
    await with_both.rotate_root()

    assert len(await creator.titles()) == 5


async def test_a_process_with_both_writes_without_a_failure(
    own_environ: dict[str, str], own_database: Database, with_both: Keys
) -> None:
    async with open_house(own_environ | {"CREATORVAULT_ROOT_KEYS": f"{NEW},{ROOT_KEYS}"}, own_database) as house:
        creator = await filled(house)
        for _ in range(2):
            await with_both.rotate_root()
            assert (await creator.idea("More"))["title"] == "More"


async def test_many_tenants_and_many_keys_of_one_go_in_batches(
    service: House, with_both: Keys, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(root_rotation, "BATCH", 2)
    monkeypatch.setattr(root_rotation, "TENANTS_AT_ONCE", 2)
    for number in range(5):
        await filled(service)
        claims = {"org_id": "many", "org_role": "member"}
        await service.creator(f"member-{number}", claims).idea("An idea")
    count = await sql.fetchval("SELECT count(*) FROM keys.vault_keys WHERE root_key_id = 'tests'")

    result = await with_both.rotate_root()

    assert result.rewrapped == count + 2
    assert [row[0] for row in await sql.fetch(WRAPPED_BY)] == ["new"]


async def test_repeating_it_does_nothing(service: House, with_both: Keys, sql: asyncpg.Connection) -> None:
    await filled(service)
    await with_both.rotate_root()

    assert (await with_both.rotate_root()).rewrapped == 0
    events = await sql.fetch("SELECT targets FROM audit_events WHERE verb = 'root_keys.rotated' ORDER BY sequence DESC")
    last = json.loads(events[0]["targets"])
    assert last == {"root_key_id": "new", "rewrapped": last["rewrapped"], "left": "0"}
    assert int(last["rewrapped"]) > 0, "nothing is recorded of a run that had nothing to do"


async def test_a_wrap_that_does_not_open_is_named_and_the_others_go_on(
    service: House, with_both: Keys, sql: asyncpg.Connection
) -> None:
    creator, other = await filled(service), await filled(service)
    own = vault_of(creator)
    wrapped = await sql.fetchval("SELECT wrapped FROM keys.vault_keys WHERE user_id = $1", creator.user_id)
    await sql.execute(
        "UPDATE keys.vault_keys SET wrapped = set_byte(wrapped, 30, get_byte(wrapped, 30) # 1) WHERE user_id = $1",
        creator.user_id,
    )

    result = await with_both.rotate_root()

    assert result.left == 1
    assert [str(finding) for finding in with_both.findings] == [
        f"{own.tenant_id} {own.user_id} keys.vault_keys version 1: wrong_key"
    ]
    by_user = dict(await sql.fetch("SELECT user_id, root_key_id FROM keys.vault_keys"))
    assert (by_user[creator.user_id], by_user[other.user_id]) == ("tests", "new")
    await sql.execute("UPDATE keys.vault_keys SET wrapped = $2 WHERE user_id = $1", creator.user_id, wrapped)


async def test_an_unreadable_audit_key_is_named(service: House, with_both: Keys, sql: asyncpg.Connection) -> None:
    await filled(service)
    wrapped = await sql.fetchval("SELECT wrapped FROM keys.audit_keys")
    await sql.execute("UPDATE keys.audit_keys SET wrapped = '\\x0101'")

    result = await with_both.rotate_root()

    assert result.left == 1
    assert with_both.said == ["keys.audit_keys version 1: tampered"]
    await sql.execute("UPDATE keys.audit_keys SET wrapped = $1", wrapped)


async def test_a_provider_that_is_away_ends_it_and_it_goes_on_later(
    service: House, with_both: Keys, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(service)
    await filled(service)
    wrap, calls = RootKeyring.wrap, 0

    async def away_after_two(keyring: RootKeyring, *arguments: Any) -> tuple[str, bytes]:
        nonlocal calls
        calls += 1
        if calls > 2:
            raise ServiceUnavailable
        return await wrap(keyring, *arguments)

    monkeypatch.setattr(RootKeyring, "wrap", away_after_two)
    with pytest.raises(ServiceUnavailable):
        await with_both.rotate_root()
    monkeypatch.undo()
    left = [row[0] for row in await sql.fetch(WRAPPED_BY)]
    await with_both.rotate_root()

    assert "tests" in left
    assert [row[0] for row in await sql.fetch(WRAPPED_BY)] == ["new"]
