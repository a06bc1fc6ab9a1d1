"""Pulls while keys are rotated, and of vaults that are not in use."""

from collections.abc import Awaitable, Callable

import asyncpg
import pytest

from creatorvault.crypto.cipher import CURSORS
from creatorvault.crypto.envelope import HEADER_BYTES, context
from creatorvault.crypto.opaque import read, written
from creatorvault.sync.changes.tokens import DOMAIN
from tests.application import House
from tests.canaries import Mark
from tests.factories import Creator
from tests.history.aging import cipher_of
from tests.logs import Logs
from tests.sync.pulling import Device, changes, listed, pulled
from tests.ways import Way, followed, forget, vault_of


@pytest.fixture
def ada(house: House) -> Creator:
    return house.creator()


async def test_a_pull_goes_on_while_keys_are_rotated(house_with: Callable[..., Awaitable[House]]) -> None:
    rotating = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="3")
    ada = rotating.creator()
    device = Device(ada, limit=2)
    for _ in range(3):
        for number in range(4):
            await ada.idea(f"Idea {number}")
        assert await device.page()
    await device.pull()

    assert (device.ideas, device.resyncs) == (await listed(ada), 0)


async def test_a_token_of_a_newer_key_than_the_process_has_is_read(
    house_with: Callable[..., Awaitable[House]], ada: Creator
) -> None:
    await ada.idea("Here")
    there = (await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="1")).creator(ada.user_id)
    await there.idea("There")
    token = (await pulled(there))["next"]

    with followed() as trail:
        page = await pulled(ada, token)

    assert (page["changed"], page["has_more"]) == ([], False)
    assert trail.way == Way.TRANSACTION


async def test_a_token_of_another_form_is_refused(house: House, ada: Creator, logs: Logs) -> None:
    """As of an earlier version, which had fewer members."""
    await ada.idea()
    vault, sealer = vault_of(ada), cipher_of(house, ada).for_purpose(CURSORS)
    bound = context(DOMAIN, vault.tenant_id.bytes, vault.user_id.encode())
    for form in ([1, 1, 1, 0, []], [1, 1, 1, 0, 1, 0], {"revision": 1}):
        answer = await changes(ada, written(sealer.seal_json(form, bound)))
        assert answer.status_code == 422
        assert answer.json()["detail"][0]["loc"] == ["query", "since"]
    assert logs.named("alarm") == []


async def test_a_token_of_a_key_that_is_gone_begins_anew(ada: Creator) -> None:
    await ada.idea()
    token = (await pulled(ada))["next"]
    sealed = bytearray(read(token))
    sealed[HEADER_BYTES - 1] = 9  # the last byte of the version
    forged = written(bytes(sealed))

    answer = await changes(ada, forged)

    assert (answer.status_code, answer.json()["code"]) == (410, "resync_required")


async def test_suspended_tenants_are_refused_and_go_on_afterwards(ada: Creator, database: asyncpg.Connection) -> None:
    device = Device(ada)
    await ada.idea()
    await device.pull()
    tenant = vault_of(ada).tenant_id
    await database.execute("UPDATE tenants SET status = 'suspended' WHERE tenant_id = $1", tenant)
    assert (await changes(ada, device.since)).status_code == 403
    await database.execute("UPDATE tenants SET status = 'active' WHERE tenant_id = $1", tenant)
    await ada.idea("After")

    await device.pull()

    assert device.ideas == await listed(ada)


async def test_single_statements_answer_when_the_vault_is_known(house: House, ada: Creator) -> None:
    await ada.idea()
    token = (await pulled(ada))["next"]
    for known in (True, False):
        if not known:
            forget(house, vault_of(ada))
        with followed() as trail:
            await pulled(ada, token)
        assert trail.way == (Way.STATEMENT if known else Way.TRANSACTION)


async def test_tokens_and_logs_say_nothing_of_content(ada: Creator, logs: Logs) -> None:
    canary = Mark.new().text
    idea = await ada.idea(canary, notes=canary, tags=[canary])
    await ada.patch(idea, {"stage": "draft"})

    page = await pulled(ada)

    assert canary not in page["next"]
    assert canary not in str(logs.events)
    assert page["next"] not in str(logs.events)
