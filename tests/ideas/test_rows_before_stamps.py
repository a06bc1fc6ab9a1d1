"""Ideas stored by an earlier version: bound to the vault's revision, without a stamp."""

import asyncpg
import msgspec
import pytest

from creatorvault.crypto.envelope import context
from creatorvault.crypto.records import RecordCipher
from creatorvault.ideas.ranks import PRIORITY_RANK, STAGE_RANK
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import DOMAIN_BEFORE_STAMPS, SEALED, row_context
from tests.application import House
from tests.factories import Creator, Idea
from tests.ideas.tampering import Attacker, assert_refused
from tests.logs import Logs
from tests.ways import forget, vault_of


async def set_back(house: House, creator: Creator, idea: Idea, database: asyncpg.Connection) -> None:
    """Replaces the idea's row by one sealed as an earlier version did."""
    cipher, stored = house.parts.cipher_of(vault_of(creator)), msgspec.convert(idea, IdeaResponse)
    row = await database.fetchrow("SELECT revision, stamp FROM ideas WHERE id = $1", stored.id)
    bound = row_context(
        stored.id,
        row["revision"],
        STAGE_RANK[stored.stage],
        PRIORITY_RANK[stored.priority],
        stored.due_date,
        stored.created_at,
        stored.updated_at,
        (1, None),
    )
    vault = cipher.vault
    record = RecordCipher(cipher, context(DOMAIN_BEFORE_STAMPS, vault.tenant_id.bytes, vault.user_id.encode()), SEALED)
    texts = [msgspec.json.encode(text) for text in (stored.title, stored.notes, stored.tags)]
    title, notes, tags = record.seal((texts[0], texts[1], texts[2]), bound)
    await database.execute(
        "UPDATE ideas SET stamp = 0, previous = NULL, title = $2, notes = $3, tags = $4 WHERE id = $1",
        stored.id,
        title,
        notes,
        tags,
    )
    await database.execute("UPDATE vaults SET digest = digest # $2 WHERE user_id = $1", creator.user_id, row["stamp"])


@pytest.fixture
async def earlier(house: House, ada: Creator, database: asyncpg.Connection) -> list[Idea]:
    ideas = [await ada.idea(f"Idea {number}", notes="n", due_date="2027-01-01T00:00:00Z") for number in range(3)]
    for idea in ideas:
        await set_back(house, ada, idea, database)
    forget(house, vault_of(ada))
    return ideas


async def test_rows_before_stamps_are_readable(ada: Creator, earlier: list[Idea]) -> None:
    for revision, idea in enumerate(earlier, start=1):
        answer = await ada.get(idea)
        assert (answer.json(), answer.headers["ETag"]) == (idea, f'"{revision}"')
    assert sorted(await ada.titles()) == sorted(idea["title"] for idea in earlier)
    assert len(await ada.titles({"search": "idea"})) == 3


async def test_the_next_change_of_a_row_before_stamps_adds_a_stamp(
    ada: Creator, earlier: list[Idea], database: asyncpg.Connection
) -> None:
    answer = await ada.patch(earlier[0], {"notes": "Changed"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    assert (await ada.delete(earlier[1], headers={"If-Match": '"2"'})).status_code == 204
    added = await ada.idea("Idea added")

    stamps = await database.fetch("SELECT id::text, stamp FROM ideas WHERE user_id = $1", ada.user_id)
    stamped = {row["id"] for row in stamps if row["stamp"]}
    assert stamped == {earlier[0]["id"], added["id"]}
    assert (await ada.get(earlier[0])).headers["ETag"] == answer.headers["ETag"]
    assert len(await ada.titles({"search": "idea"})) == 3
    assert (await ada.list()).json()["total"] == 3


async def test_rows_before_stamps_are_bound_to_their_revision(
    ada: Creator, earlier: list[Idea], database: asyncpg.Connection, logs: Logs
) -> None:
    await Attacker(database).set(earlier[2], revision=2)

    await assert_refused(ada, earlier[2]["id"], logs)
