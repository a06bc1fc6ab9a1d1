"""Rows of segments: their owners, and the allowed numbers in their columns."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from creatorvault.core.identifiers import VaultRevision
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.errors import Tampered
from creatorvault.ideas import reader as vault_reader
from creatorvault.ideas.segments.sealing import SegmentSealer, Span
from tests.application import House
from tests.factories import Creator
from tests.ideas.paper_vaults import block_of, idea_of, new_vault_id
from tests.ideas.tampering import assert_plain_fault
from tests.logs import Logs
from tests.vault_rows import rows_of
from tests.ways import forget, vault_of

pytestmark = pytest.mark.no_cover

IDEAS = 4
CIPHER = VaultCipher(new_vault_id(), VaultRevision(1), {1: bytes(32)}, unusable={})  # type: ignore[dict-item]


@pytest.fixture(autouse=True)
def _small_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_reader, "FEWEST", 2)


@pytest.fixture
async def two(house: House) -> tuple[Creator, Creator]:
    """Two creators of one organization, with the same number of ideas and revisions, and a segment each."""
    claims = {"org_id": f"org-{uuid4()}", "org_role": "member"}
    creators = house.creator(claims=claims), house.creator(claims=claims)
    for creator in creators:
        await filled(house, creator)
    return creators


async def filled(house: House, creator: Creator) -> None:
    for number in range(IDEAS):
        await creator.idea(f"Title {number}")
    await searched(house, creator)


async def searched(house: House, creator: Creator) -> Sequence[str]:
    """Searches with nothing of the vault in memory, and waits for background writes."""
    forget(house, vault_of(creator))
    titles = await creator.titles({"search": "title", "sort": "title", "order": "asc"})
    await house.parts.segment_writer.finish()
    return titles


async def spans(sql: asyncpg.Connection, creator: Creator) -> list[tuple[int, ...]]:
    query = "SELECT first_revision, last_revision, ideas FROM idea_segments WHERE user_id = $1 ORDER BY 1"
    return [tuple(row) for row in await sql.fetch(query, creator.user_id)]


async def test_segments_of_another_vault_are_not_deleted(
    house: House, two: tuple[Creator, Creator], database: asyncpg.Connection
) -> None:
    ada, bob = two
    before = await rows_of(database, vault_of(bob))
    assert await spans(database, ada) == await spans(database, bob) == [(1, IDEAS, IDEAS)]
    await database.execute("UPDATE idea_segments SET folding = 'another' WHERE user_id = $1", ada.user_id)

    assert len(await searched(house, ada)) == IDEAS

    assert await database.fetchval("SELECT count(*) FROM idea_segments WHERE folding = 'another'") == 0
    assert await rows_of(database, vault_of(bob)) == before


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("way", ["PATCH", "PUT", "DELETE"])
async def test_a_change_deletes_no_segment_of_another_vault(
    house: House, two: tuple[Creator, Creator], database: asyncpg.Connection, way: str, warm: bool
) -> None:
    ada, bob = two
    before = await rows_of(database, vault_of(bob))
    [idea, *_] = (await ada.list()).json()["items"]
    if not warm:
        forget(house, vault_of(ada))

    assert (await ada.request(way, ada.url_of(idea), json={"title": "Another"})).is_success

    assert await spans(database, ada) == []
    assert await rows_of(database, vault_of(bob)) == before


async def test_writing_segments_does_not_mark_another_vault(
    house: House, two: tuple[Creator, Creator], database: asyncpg.Connection
) -> None:
    """A marked vault would search for segments with each change."""
    ada, bob = two
    for creator in two:
        await database.execute("DELETE FROM idea_segments WHERE user_id = $1", creator.user_id)
        await database.execute("UPDATE vaults SET segmented = false WHERE user_id = $1", creator.user_id)
    before = await rows_of(database, vault_of(bob))

    await searched(house, ada)

    assert await spans(database, ada) == [(1, IDEAS, IDEAS)]
    assert await rows_of(database, vault_of(bob)) == before


@pytest.mark.parametrize("status", ["suspended", "erasing", "erased"])
async def test_no_segment_is_written_for_an_inactive_tenant(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    await filled(house, ada)
    await database.execute("DELETE FROM idea_segments WHERE user_id = $1", ada.user_id)
    change = house.parts.statements.changed

    async def shut_before(*arguments: Any) -> Any:
        await database.execute("UPDATE tenants SET status = $1 WHERE external_id = $2", status, ada.user_id)
        return await change(*arguments)

    monkeypatch.setattr(house.parts.statements, "changed", shut_before)

    assert len(await searched(house, ada)) == IDEAS
    assert await spans(database, ada) == []


@pytest.mark.parametrize("number", [-(2**63), -1, 0, 2**63 - 1])
@pytest.mark.parametrize("column", ["first", "last"])
def test_a_segment_with_another_revision_is_tampering(column: str, number: int) -> None:
    sealer = SegmentSealer.of(CIPHER)
    segment = sealer.seal(block_of((3, idea_of("Title")), (4, idea_of("Title"))))
    changed = Span(number, 4, 2) if column == "first" else Span(3, number, 2)

    with pytest.raises(Tampered) as raised:
        sealer.open(segment._replace(span=changed))

    assert raised.value.ids["segment"] == f"{changed.first}-{changed.last}"


@pytest.mark.parametrize("number", [-(2**31), -1, 0, 2**31 - 1])
def test_a_segment_with_another_number_of_ideas_is_tampering(number: int) -> None:
    sealer = SegmentSealer.of(CIPHER)
    segment = sealer.seal(block_of((3, idea_of("Title"))))

    with pytest.raises(Tampered):
        sealer.open(segment._replace(span=segment.span._replace(ideas=number)))


@pytest.mark.parametrize(
    "edited", ["last_revision = -5", "first_revision = -5", "first_revision = -9, last_revision = -5"]
)
async def test_a_segment_with_negative_revisions_raises_an_alert(
    fresh_house: House, fresh_sql: asyncpg.Connection, logs: Logs, edited: str
) -> None:
    """The attacker has dropped the table's check, and deleted the ideas outside of the segment."""
    ada = fresh_house.creator()
    await filled(fresh_house, ada)
    await fresh_sql.execute("ALTER TABLE idea_segments DROP CONSTRAINT idea_segments_span")
    await fresh_sql.execute("SET session_replication_role = replica")
    await fresh_sql.execute("DELETE FROM ideas")
    await fresh_sql.execute(f"UPDATE idea_segments SET {edited}")

    forget(fresh_house, vault_of(ada))
    answer = await ada.list({"search": "title"})

    assert_plain_fault(answer)
    [alert] = logs.named("alarm")
    assert alert["user_id"] == ada.user_id
