"""A vault gets a new key when the current one has sealed enough. Ideas sealed with old keys stay readable."""

from collections.abc import Awaitable, Callable

import asyncpg

from creatorvault.core.identifiers import VaultRevision
from creatorvault.crypto.envelope import key_version_of
from tests.application import House
from tests.ways import Way, followed, vault_of


async def test_keys_rotate_automatically_and_old_ideas_stay_readable(
    house_with: Callable[..., Awaitable[House]], database: asyncpg.Connection
) -> None:
    house = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="3")
    ada = house.creator()

    ideas = [await ada.idea(f"Idea {number}", tags=["kept"]) for number in range(8)]

    versions = await database.fetch(
        "SELECT version, first_revision FROM keys.vault_keys WHERE user_id = $1 ORDER BY version", ada.user_id
    )
    assert [tuple(row) for row in versions] == [(1, 1), (2, 4), (3, 7)]
    for question in ({"limit": 100}, {"tags": "kept", "limit": 100}):
        assert {idea["id"] for idea in (await ada.list(question)).json()["items"]} == {idea["id"] for idea in ideas}


async def test_another_process_reads_ideas_sealed_with_a_newer_key(
    house: House, house_with: Callable[..., Awaitable[House]]
) -> None:
    rotating = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="1")
    ada = house.creator()
    there = rotating.creator(user_id=ada.user_id)
    await ada.get(await ada.idea("Here"))  # this process now holds the first key

    idea = await there.idea("There")

    assert (await ada.get(idea)).json() == idea
    assert (await ada.list({"search": "here"})).json()["total"] == 2


async def test_nothing_is_sealed_with_a_key_replaced_by_another_process(
    house: House, house_with: Callable[..., Awaitable[House]], database: asyncpg.Connection
) -> None:
    """Also in a process that knows the revision, but not the key that was created with it."""
    rotating = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="1")
    ada = house.creator()
    await ada.get(await ada.idea("Here"))
    await rotating.creator(user_id=ada.user_id).idea("There")
    house.parts.revisions.put(vault_of(ada), VaultRevision(2))
    assert house.parts.cipher_of(vault_of(ada)).version == 1

    with followed() as trail:
        idea = await ada.idea("Here again")

    sealed = await database.fetchval("SELECT title FROM ideas WHERE id = $1", idea["id"])
    assert key_version_of(sealed) == 2
    assert trail.way == Way.BOTH
