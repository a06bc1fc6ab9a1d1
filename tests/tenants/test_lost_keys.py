"""A key that this process still holds but whose row is missing: ideas sealed with it would be lost."""

from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest

from creatorvault.crypto.keyring import wrap_context
from creatorvault.crypto.providers import root_key_provider
from tests.application import House
from tests.factories import Creator, Idea
from tests.ideas.tampering import PRIVATE, assert_plain_fault
from tests.logs import Logs
from tests.ways import vault_of

WRITES: dict[str, Callable[[Creator, Idea], Awaitable[httpx.Response]]] = {
    "POST": lambda ada, _: ada.post(PRIVATE),
    "POST with a key": lambda ada, _: ada.post(PRIVATE, headers={"Idempotency-Key": "k"}),
    "PUT": lambda ada, idea: ada.put(idea, PRIVATE),
    "PATCH": lambda ada, idea: ada.patch(idea, PRIVATE),
    "DELETE": lambda ada, idea: ada.delete(idea),
}
DRIVER_ERRORS = {
    "gone": ("DELETE FROM keys.vault_keys WHERE user_id = $1", "lost_key"),
    "flipped": (
        "UPDATE keys.vault_keys SET wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1) WHERE user_id = $1",
        "wrong_key",
    ),
    "of a later revision": (
        "UPDATE keys.vault_keys SET first_revision = first_revision + 1 WHERE user_id = $1",
        "wrong_key",
    ),
    "under another root key": ("UPDATE keys.vault_keys SET root_key_id = 'other' WHERE user_id = $1", "lost_key"),
    "of another version": ("UPDATE keys.vault_keys SET version = version + 1 WHERE user_id = $1", "lost_key"),
}


@pytest.fixture
async def idea(ada: Creator) -> Idea:
    """An idea whose vault key is in the memory of the process."""
    stored = await ada.idea("Sealed")
    assert (await ada.get(stored)).status_code == 200
    return stored


@pytest.mark.parametrize("write", WRITES)
async def test_nothing_is_sealed_with_a_key_that_is_not_stored(
    ada: Creator, idea: Idea, database: asyncpg.Connection, logs: Logs, write: str
) -> None:
    before = await _rows(database, ada)
    await database.execute(DRIVER_ERRORS["gone"][0], ada.user_id)

    for _ in range(2):
        assert_plain_fault(await WRITES[write](ada, idea))

    assert [(alert["code"], alert["user_id"]) for alert in logs.named("alarm")] == [("lost_key", ada.user_id)] * 2
    assert await _rows(database, ada) == before


@pytest.mark.parametrize("fault", DRIVER_ERRORS)
async def test_nothing_is_sealed_with_a_key_whose_row_was_edited(
    ada: Creator, idea: Idea, database: asyncpg.Connection, logs: Logs, fault: str
) -> None:
    statement, code = DRIVER_ERRORS[fault]
    before = await _rows(database, ada)
    assert await database.execute(statement, ada.user_id) in ("UPDATE 1", "DELETE 1")

    assert_plain_fault(await ada.post(PRIVATE))

    assert [alert["code"] for alert in logs.named("alarm")] == [code]
    assert await _rows(database, ada) == before


async def test_reads_use_a_missing_key_until_a_write_detects_it(
    house: House, ada: Creator, idea: Idea, database: asyncpg.Connection
) -> None:
    await database.execute(DRIVER_ERRORS["gone"][0], ada.user_id)

    assert (await ada.get(idea)).json() == idea
    assert (await ada.post(PRIVATE)).status_code == 500
    assert house.parts.keyring.newest(vault_of(ada)) is None
    assert (await ada.get(idea)).status_code == 500


async def test_a_restored_key_works_again(ada: Creator, idea: Idea, database: asyncpg.Connection) -> None:
    row = await database.fetchrow("DELETE FROM keys.vault_keys WHERE user_id = $1 RETURNING *", ada.user_id)
    assert (await ada.post(PRIVATE)).status_code == 500

    places = ", ".join(f"${number}" for number in range(1, len(row) + 1))
    await database.execute(f"INSERT INTO keys.vault_keys VALUES ({places})", *row)

    assert (await ada.get(idea)).json() == idea
    assert (await ada.post(PRIVATE)).status_code == 201


async def test_a_key_in_a_new_wrap_is_read_again_and_still_seals(
    house: House, ada: Creator, idea: Idea, database: asyncpg.Connection, logs: Logs
) -> None:
    """The same key in a new wrap raises no alert, since rotating a root key does the same."""
    wrapped = await _wrapped_again(house, ada, database)
    await database.execute("UPDATE keys.vault_keys SET wrapped = $2 WHERE user_id = $1", ada.user_id, wrapped)

    assert (await ada.post(PRIVATE)).status_code == 201
    assert (await ada.get(idea)).json() == idea
    cipher = house.parts.cipher_of(vault_of(ada))
    assert cipher.wrap.wrapped == wrapped
    assert logs.named("alarm") == []


async def _wrapped_again(house: House, ada: Creator, database: asyncpg.Connection) -> bytes:
    row = await database.fetchrow("SELECT * FROM keys.vault_keys WHERE user_id = $1", ada.user_id)
    provider = root_key_provider(house.parts.settings.encryption)
    bound = wrap_context(vault_of(ada), row["version"], row["first_revision"])
    key = await provider.unwrap(row["root_key_id"], row["wrapped"], bound)
    _, wrapped = await provider.wrap(key, bound)
    return wrapped


async def _rows(database: asyncpg.Connection, ada: Creator) -> list[tuple[object, ...]]:
    """Returns all rows that a write would change."""
    vaults = await database.fetch(
        "SELECT revision, idea_count, sealed_bytes FROM vaults WHERE user_id = $1", ada.user_id
    )
    ideas = await database.fetch("SELECT id, revision, title FROM ideas WHERE user_id = $1 ORDER BY id", ada.user_id)
    answers = await database.fetch("SELECT count(*) FROM idempotency_answers WHERE user_id = $1", ada.user_id)
    return [tuple(row) for row in (*vaults, *ideas, *answers)]
