"""Rotation to and from a Transit engine, and root keys that cannot be used: a real OpenBao."""

from collections.abc import AsyncGenerator, Generator

import asyncpg
import pytest
from msgspec.structs import replace

from creatorvault.crypto.errors import Reason, RootKeyUnavailable
from creatorvault.crypto.providers.composite import RootKeys
from creatorvault.settings.secret import Secret
from tests.application import House, open_house
from tests.bao import Bao
from tests.factories import Creator
from tests.key_management.rotating import Keys, everything, filled, scope_of, stored_keys, vault_of
from tests.postgres import Database

WRAPPED_BY = "SELECT DISTINCT root_key_id FROM keys.vault_keys WHERE user_id = ANY ($1) ORDER BY 1"
SERVICE_KEYS = "SELECT root_key_id FROM keys.audit_keys UNION SELECT root_key_id FROM keys.receipt_keys"


@pytest.fixture(scope="module")
def bao(tmp_path_factory: pytest.TempPathFactory) -> Generator[Bao]:
    with Bao(tmp_path_factory.mktemp("bao")) as bao:
        bao.call("POST", "sys/mounts/transit", type="transit")
        for name in ("default", "customer"):
            bao.call("POST", f"transit/keys/{name}")
        yield bao


@pytest.fixture
def with_transit(keys: Keys, bao: Bao) -> Keys:
    """Wraps with Transit, and unwraps with the keyring as well."""
    settings = keys.settings
    encryption = replace(
        settings.encryption, transit_url=bao.url, transit_token=Secret(bao.token), root_key_id="transit/default"
    )
    return Keys(replace(settings, encryption=encryption))


@pytest.fixture(autouse=True)
async def back_again(keys: Keys, with_transit: Keys) -> AsyncGenerator[None]:
    """Wraps everything with the root key of the tests again."""
    yield
    encryption = replace(with_transit.settings.encryption, root_key_id="tests")
    back = Keys(replace(with_transit.settings, encryption=encryption))
    await back.rotate_root()


async def test_all_keys_move_to_transit_and_the_keyring_is_needed_no_more(
    service: House,
    own_environ: dict[str, str],
    own_database: Database,
    with_transit: Keys,
    bao: Bao,
    sql: asyncpg.Connection,
) -> None:
    creator = await filled(service)
    before = await everything(creator)

    result = await with_transit.rotate_root()

    assert result.left == 0
    assert [row[0] for row in await sql.fetch(SERVICE_KEYS)] == ["transit/default"]
    alone = own_environ | {
        "CREATORVAULT_ROOT_KEYS": "",
        "CREATORVAULT_ENCRYPTION__TRANSIT_URL": bao.url,
        "CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN": bao.token,
        "CREATORVAULT_ENCRYPTION__ROOT_KEY_ID": "transit/default",
        "CREATORVAULT_ENCRYPTION__PSEUDONYM_KEY": "a-key-of-pseudonyms-for-these-tests",
    }
    async with open_house(alone, own_database) as other:
        there = Creator(other.client, creator.user_id)
        assert await everything(there) == before
        assert await there.idea("Another")
    status = await with_transit.status()
    assert [(key.root_key_id, key.wraps, key.vault_keys > 0) for key in status.root_keys] == [
        ("transit/default", True, True),
        ("tests", False, False),
    ]
    assert {provider.provider: provider.reason for provider in status.providers} == {"keyring": None, "transit": None}


async def test_the_keys_of_a_tenant_are_wrapped_by_its_own_root_key(
    service: House, with_transit: Keys, sql: asyncpg.Connection
) -> None:
    customer, other = await filled(service), await filled(service)
    own = "UPDATE tenants SET root_key_id = $2 WHERE external_id = $1"
    await sql.execute(own, customer.user_id, "transit/customer")

    await with_transit.rotate_root()
    rotated = await with_transit.rotate(scope_of(customer))

    assert [row[0] for row in await sql.fetch(WRAPPED_BY, [customer.user_id])] == ["transit/customer"]
    assert [row[0] for row in await sql.fetch(WRAPPED_BY, [other.user_id])] == ["transit/default"]
    assert (rotated.retired, await stored_keys(sql, vault_of(customer))) == (1, [2])
    await sql.execute(own, customer.user_id, None)


async def test_a_root_key_that_was_disabled_is_named_and_the_others_go_on(
    service: House, with_transit: Keys, sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, other = await filled(service), await filled(service)
    await sql.execute("UPDATE keys.vault_keys SET root_key_id = 'tests' WHERE user_id = $1", other.user_id)
    unwrap, disabled = (
        RootKeys.unwrap,
        (await sql.fetchrow("SELECT wrapped FROM keys.vault_keys WHERE user_id = $1", customer.user_id))["wrapped"],
    )

    async def of_one(root_keys: RootKeys, root_key_id: str, wrapped: bytes, additional: bytes) -> bytes:
        if wrapped == disabled:
            raise RootKeyUnavailable(root_key_id, Reason.DISABLED)
        return await unwrap(root_keys, root_key_id, wrapped, additional)

    monkeypatch.setattr(RootKeys, "unwrap", of_one)
    root = await with_transit.rotate_root()
    named = with_transit.said
    rotated = await with_transit.rotate(scope_of(customer))
    rotated_named = with_transit.said
    verified = await with_transit.verify(scope_of(customer))
    verified_named = with_transit.said
    monkeypatch.undo()

    assert root.left == 1
    assert named == ["keys.vault_keys version 1: the root key tests is disabled"]
    assert [row[0] for row in await sql.fetch(WRAPPED_BY, [other.user_id])] == ["transit/default"]
    assert (rotated.left, rotated_named) == (1, ["keys.vault_keys : the root key tests is disabled"])
    assert (verified.findings, verified_named) == (1, named)
    assert await stored_keys(sql, vault_of(customer)) == [1]


async def test_an_engine_that_is_away_ends_a_command_which_goes_on_later(
    service: House, with_transit: Keys, bao: Bao, sql: asyncpg.Connection
) -> None:
    creator = await filled(service)
    await with_transit.rotate_root()
    bao.seal()
    try:
        for command in (with_transit.rotate, with_transit.verify):
            with pytest.raises(RootKeyUnavailable):
                await command(scope_of(creator))
        assert [provider.reason for provider in (await with_transit.status()).providers] == [None, "sealed"]
    finally:
        bao.unseal()

    assert (await with_transit.rotate(scope_of(creator))).retired == 1
    assert (await with_transit.verify(scope_of(creator))).findings == 0
    assert await stored_keys(sql, vault_of(creator)) == [2]
