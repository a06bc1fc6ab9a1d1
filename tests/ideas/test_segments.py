"""Segments give the same results as the rows, contain no deleted content, and are used only if complete."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from typing import Any

import asyncpg
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from creatorvault.core.identifiers import VaultRevision
from creatorvault.crypto.cipher import SEGMENTS, VaultCipher
from creatorvault.crypto.envelope import Sealed
from creatorvault.crypto.errors import Tampered
from creatorvault.ideas import reader as vault_reader
from creatorvault.ideas import repositories
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import IdeaSealer
from creatorvault.ideas.search.blocks import MOST, MOST_BYTES
from creatorvault.ideas.search.documents import OpenedIdea
from creatorvault.ideas.segments.repositories import SegmentRepository
from creatorvault.ideas.segments.sealing import (
    FEWEST,
    WRITTEN_BY,
    Segment,
    SegmentSealer,
    Span,
    gaps_between,
    go_together,
    segment_context,
)
from creatorvault.ideas.segments.writer import FORGET, WRITE
from tests.application import House
from tests.factories import Creator, Idea
from tests.ideas.paper_vaults import block_of, new_vault_id
from tests.ideas.strategies import ideas
from tests.ideas.tampering import assert_plain_fault
from tests.logs import Logs
from tests.vault_rows import COPIED
from tests.ways import vault_of

MANY = MOST + FEWEST
"""Two segments: a full one, and one of the minimum size."""


async def filled(creator: Creator, count: int = MANY) -> list[Idea]:
    return [await creator.idea(f"Title {number:04}", notes=f"Hexenkessel {number:04}") for number in range(count)]


async def searched(house: House, creator: Creator, text: str = "title") -> Sequence[str]:
    """Searches with nothing of the vault in memory, and waits for background writes."""
    house.parts.search_cache.forget(vault_of(creator))
    titles = await creator.titles({"search": text, "sort": "title", "order": "asc", "limit": 100})
    await house.parts.segment_writer.finish()
    return titles


async def total(creator: Creator, text: str = "title") -> int:
    answer = (await creator.list({"search": text, "limit": 1})).json()
    return int(answer["total"])


async def spans(database: asyncpg.Connection, creator: Creator) -> list[Span]:
    rows = await database.fetch(
        "SELECT first_revision, last_revision, ideas, folding FROM idea_segments WHERE user_id = $1 ORDER BY 1",
        creator.user_id,
    )
    return [Span(*row) for row in rows]


async def digest(database: asyncpg.Connection, creator: Creator, first: int = 0, last: int = 2**62) -> int:
    """Returns the stamps of the ideas with these revisions, combined by exclusive or."""
    return int(
        await database.fetchval(
            "SELECT bit_xor(stamp) FROM ideas WHERE user_id = $1 AND revision BETWEEN $2 AND $3",
            *(creator.user_id, first, last),
        )
    )


async def texts(house: House, database: asyncpg.Connection, creator: Creator) -> str:
    """Returns all texts in the vault's segments."""
    cipher = house.parts.cipher_of(vault_of(creator))
    rows = await database.fetch(
        "SELECT first_revision, last_revision, ideas, folding, sealed FROM idea_segments WHERE user_id = $1",
        creator.user_id,
    )
    return repr([SegmentSealer.of(cipher).open(Segment(Span(*span), sealed)).packed() for *span, sealed in rows])


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Records the rows that are opened one by one."""
    rows: list[Any] = []
    plain = IdeaSealer.open
    monkeypatch.setattr(IdeaSealer, "open", lambda self, row: rows.append(row) or plain(self, row))  # type: ignore[func-returns-value, redundant-expr]
    return rows


async def test_ideas_in_segments_are_not_opened_row_by_row(
    house: House, ada: Creator, database: asyncpg.Connection, opened: list[Any]
) -> None:
    await filled(ada)
    writer = house.parts.segment_writer
    written, lost = writer.written, writer.lost
    first = await searched(house, ada)

    assert await spans(database, ada) == [Span(1, MOST, MOST), Span(MOST + 1, MANY, FEWEST)]
    assert (writer.written, writer.lost) == (written + 2, lost)
    opened.clear()
    assert await searched(house, ada) == first
    assert await total(ada) == MANY
    assert len(opened) == 0


async def test_few_ideas_make_no_segment(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    await filled(ada, FEWEST - 1)

    assert len(await searched(house, ada)) == FEWEST - 1
    assert await spans(database, ada) == []


async def test_later_ideas_are_read_from_rows(
    house: House, ada: Creator, database: asyncpg.Connection, opened: list[Any]
) -> None:
    await filled(ada)
    await searched(house, ada)
    await ada.idea("Title new")
    opened.clear()

    assert await searched(house, ada, "title new") == ["Title new"]
    assert len(opened) == 1
    assert len(await spans(database, ada)) == 2


@pytest.mark.parametrize("way", ["PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("headers", [{}, {"If-Match": "*"}])
async def test_a_change_deletes_the_segment(
    house: House, ada: Creator, database: asyncpg.Connection, way: str, headers: dict[str, str], opened: list[Any]
) -> None:
    some = await filled(ada)
    await searched(house, ada)
    gone = some[5]

    body = None if way == "DELETE" else {"title": "Another", "notes": "Nothing of it"}
    answer = await ada.request(way, ada.url_of(gone), json=body, headers=headers)

    assert answer.is_success, answer.text
    assert await spans(database, ada) == [Span(MOST + 1, MANY, FEWEST)]
    assert gone["notes"] not in await texts(house, database, ada)
    opened.clear()
    assert gone["title"] not in await searched(house, ada)
    assert len(opened) == MOST - (way == "DELETE")
    assert await total(ada) == MANY - 1
    # Rebuilt from the remaining ideas.
    opened.clear()
    await searched(house, ada)
    assert len(opened) == (way != "DELETE")


async def test_a_change_in_a_transaction_deletes_the_segment(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    some = await filled(ada)
    await searched(house, ada)
    house.parts.keyring.forget(vault_of(ada))  # which a single statement needs

    assert (await ada.delete(some[0])).is_success
    assert await spans(database, ada) == [Span(MOST + 1, MANY, FEWEST)]


@pytest.mark.parametrize("way", ["PATCH", "DELETE"])
async def test_a_change_that_waited_for_a_segment_deletes_it(
    house: House, ada: Creator, database: asyncpg.Connection, way: str
) -> None:
    """Its statement began before the vault had a segment, and continues afterwards."""
    some = await filled(ada, FEWEST)
    await searched(house, ada)
    [row] = await database.fetch("SELECT * FROM idea_segments WHERE user_id = $1", ada.user_id)
    vault = vault_of(ada)
    await database.execute("DELETE FROM idea_segments WHERE user_id = $1", ada.user_id)
    await database.execute("UPDATE vaults SET segmented = false WHERE user_id = $1", ada.user_id)
    writing = database.transaction()
    await writing.start()
    columns = ([row[name]] for name in ("first_revision", "last_revision", "ideas", "folding", "sealed"))
    arguments = *columns, [await digest(database, ada)]
    assert await database.fetch(WRITE, str(vault.tenant_id), vault.user_id, *arguments, 1)

    change = asyncio.create_task(ada.request(way, ada.url_of(some[0]), json={"title": "Another"}))
    await asyncio.sleep(0.3)
    assert not change.done()
    await writing.commit()

    assert (await change).is_success
    assert await spans(database, ada) == []


async def test_a_segment_is_not_written_under_an_earlier_key(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    """A rotation destroys that key once nothing is left under it."""
    await filled(ada, FEWEST)
    await searched(house, ada)
    [row] = await database.fetch("DELETE FROM idea_segments WHERE user_id = $1 RETURNING *", ada.user_id)
    columns = ([row[name]] for name in ("first_revision", "last_revision", "ideas", "folding", "sealed"))
    arguments = str(vault_of(ada).tenant_id), ada.user_id, *columns, [await digest(database, ada)]
    writing = database.transaction()
    await writing.start()
    await database.execute("UPDATE vaults SET key_version = 2 WHERE user_id = $1", ada.user_id)

    assert await database.fetch(WRITE, *arguments, 1) == []
    assert len(await database.fetch(WRITE, *arguments, 2)) == 1
    await writing.rollback()


async def test_a_segment_is_not_written_once_its_ideas_have_changed(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    some = await filled(ada, FEWEST)
    await searched(house, ada)
    [row] = await database.fetch("SELECT * FROM idea_segments WHERE user_id = $1", ada.user_id)
    span = Span(row["first_revision"], row["last_revision"], row["ideas"])
    before = await digest(database, ada)
    await ada.delete(some[0])

    writer, vault = house.parts.segment_writer, vault_of(ada)
    lost = writer.lost
    writer.write(vault, Segment(span, row["sealed"]), before)
    await writer.finish()

    assert await spans(database, ada) == []
    assert writer.lost == lost + 1


async def test_a_segment_is_written_although_other_ideas_have_changed(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    await filled(ada, FEWEST)
    await searched(house, ada)
    [row] = await database.fetch("SELECT * FROM idea_segments WHERE user_id = $1", ada.user_id)
    segment = Segment(Span(row["first_revision"], row["last_revision"], row["ideas"]), row["sealed"])
    stamps = await digest(database, ada)
    await database.execute("DELETE FROM idea_segments WHERE user_id = $1", ada.user_id)
    await ada.idea("Title later")

    house.parts.segment_writer.write(vault_of(ada), segment, stamps)
    await house.parts.segment_writer.finish()

    assert await spans(database, ada) == [segment.span]
    assert len(await searched(house, ada)) == FEWEST + 1


@pytest.mark.parametrize("fault", ["other stamps", "an overlap"])
async def test_a_segment_that_does_not_fit_is_not_written(
    house: House, ada: Creator, database: asyncpg.Connection, fault: str
) -> None:
    """Other stamps: after a failover that lost commits, other ideas may have the same revisions."""
    await filled(ada, FEWEST)
    await searched(house, ada)
    [row] = await database.fetch("SELECT * FROM idea_segments WHERE user_id = $1", ada.user_id)
    span = Span(row["first_revision"], row["last_revision"], row["ideas"])
    stamps = await digest(database, ada)
    if fault == "an overlap":
        await database.execute(
            "UPDATE idea_segments SET first_revision = 2, ideas = 31 WHERE user_id = $1", ada.user_id
        )
    else:
        await database.execute("DELETE FROM idea_segments WHERE user_id = $1", ada.user_id)
        stamps ^= 1
    before = await spans(database, ada)

    house.parts.segment_writer.write(vault_of(ada), Segment(span, row["sealed"]), stamps)
    await house.parts.segment_writer.finish()

    assert await spans(database, ada) == before


async def test_segments_that_wait_together_are_written_once(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    await filled(ada)
    await searched(house, ada)
    both = await spans(database, ada)
    sealed = await database.fetch(
        "SELECT sealed FROM idea_segments WHERE user_id = $1 ORDER BY first_revision", ada.user_id
    )
    writer, vault = house.parts.segment_writer, vault_of(ada)
    written, lost = writer.written, writer.lost
    writer.forget(vault)
    for span, row in zip(both, sealed, strict=True):
        writer.write(vault, Segment(span, row["sealed"]), await digest(database, ada, span.first, span.last))
    await writer.finish()

    assert await spans(database, ada) == both
    assert (writer.written, writer.lost) == (written + len(both), lost)


@pytest.mark.parametrize("fault", ["an overlap", "1/3.0.0", "2/15.1.0/2"])
async def test_incompatible_segments_are_rebuilt(
    house: House, ada: Creator, database: asyncpg.Connection, fault: str
) -> None:
    """As written by two versions of the service that run at the same time."""
    some = await filled(ada, MANY + 1)
    first = await searched(house, ada)
    await database.execute(
        "UPDATE idea_segments SET last_revision = last_revision + 1 WHERE user_id = $1 AND first_revision = 1"
        if fault == "an overlap"
        else f"UPDATE idea_segments SET folding = '{fault}' WHERE user_id = $1 AND first_revision = 1",
        ada.user_id,
    )

    assert await searched(house, ada) == first
    assert await total(ada) == len(some)
    assert sum(span.ideas for span in await spans(database, ada)) == len(some)


class Kept:
    """A saved copy of the segments of a vault, and changes of its count of ideas."""

    def __init__(self, ada: Creator, database: asyncpg.Connection) -> None:
        self._ada, self._database = ada, database

    async def keep(self) -> None:
        await self._database.execute(
            "CREATE TEMPORARY TABLE kept AS SELECT * FROM idea_segments WHERE user_id = $1", self._ada.user_id
        )

    async def put_back(self) -> None:
        await self._database.execute("INSERT INTO idea_segments SELECT * FROM kept ON CONFLICT DO NOTHING")

    async def count(self, ideas: int) -> None:
        await self._database.execute("UPDATE vaults SET idea_count = $2 WHERE user_id = $1", self._ada.user_id, ideas)

    async def accept(self) -> None:
        """Does what operations/alarms.md instructs after the evidence is saved."""
        await self._database.execute("DELETE FROM idea_segments WHERE user_id = $1", self._ada.user_id)
        await self._database.execute(
            "UPDATE vaults SET revision = revision + 1,"
            " digest = (SELECT bit_xor(stamp) FROM ideas WHERE user_id = $1) WHERE user_id = $1",
            self._ada.user_id,
        )

    async def move(self, idea: Idea, revision: int) -> None:
        done = await self._database.execute("UPDATE ideas SET revision = $2 WHERE id = $1", idea["id"], revision)
        assert done == "UPDATE 1"


@pytest.fixture
async def kept(ada: Creator, database: asyncpg.Connection) -> Kept:
    await database.execute("SET session_replication_role = replica")
    return Kept(ada, database)


async def assert_no_search(house: House, ada: Creator, logs: Logs, table: str | None = "idea_segments") -> None:
    """Segments are not deleted automatically: an operator must be able to inspect them."""
    for _ in range(2):
        house.parts.search_cache.forget(vault_of(ada))
        logs.events.clear()
        assert_plain_fault(await ada.list({"search": "title"}))
        [alert] = logs.named("alarm")
        assert (alert["code"], alert["user_id"], alert.get("table")) == ("vault_mismatch", ada.user_id, table)
        await house.parts.segment_writer.finish()


async def test_a_search_does_not_find_a_deleted_row_in_a_segment(
    house: House, ada: Creator, database: asyncpg.Connection, kept: Kept, logs: Logs
) -> None:
    some = await filled(ada)
    await searched(house, ada)

    await database.execute("DELETE FROM ideas WHERE id = $1", some[5]["id"])
    await assert_no_search(house, ada, logs, table=None)

    await kept.count(MANY - 1)
    await assert_no_search(house, ada, logs)
    await kept.accept()
    assert some[5]["title"] not in await searched(house, ada)
    assert await total(ada) == MANY - 1


async def test_a_search_does_not_find_a_deleted_idea_in_a_restored_segment(
    house: House, ada: Creator, database: asyncpg.Connection, kept: Kept, logs: Logs
) -> None:
    some = await filled(ada)
    await searched(house, ada)
    await kept.keep()
    await ada.delete(some[5])

    await kept.put_back()
    await assert_no_search(house, ada, logs)

    # Also if the vault counts it again and has the earlier revision.
    await kept.count(MANY)
    await database.execute("UPDATE vaults SET revision = revision - 1 WHERE user_id = $1", ada.user_id)
    house.parts.revisions.forget(vault_of(ada))
    await assert_no_search(house, ada, logs, table=None)


async def test_a_search_does_not_find_a_deleted_idea_replaced_by_a_row(
    house: House, ada: Creator, database: asyncpg.Connection, kept: Kept, logs: Logs
) -> None:
    """The number of rows with a revision in the span of the segment is then the same as before."""
    some = await filled(ada)
    late = await ada.idea("Title late")
    await searched(house, ada)
    await kept.keep()
    await ada.delete(some[5])
    await kept.put_back()

    await kept.move(late, 6)

    await assert_no_search(house, ada, logs)


async def test_a_search_finds_no_earlier_text_in_a_restored_segment(
    house: House, ada: Creator, database: asyncpg.Connection, kept: Kept, logs: Logs
) -> None:
    some = await filled(ada)
    await searched(house, ada)
    await kept.keep()
    await ada.patch(some[5], {"title": "Title that came later"})

    await kept.put_back()

    await assert_no_search(house, ada, logs)


@pytest.mark.parametrize("vault_bytes", [0, 2**24], ids=["streamed", "kept"])
async def test_a_search_finds_no_idea_twice_if_an_earlier_text_is_counted(
    house: House,
    ada: Creator,
    database: asyncpg.Connection,
    kept: Kept,
    logs: Logs,
    monkeypatch: pytest.MonkeyPatch,
    vault_bytes: int,
) -> None:
    monkeypatch.setattr(house.parts.search_cache, "_vault_budget", vault_bytes)
    some = await filled(ada)
    await searched(house, ada)
    await kept.keep()
    await ada.patch(some[5], {"title": "Title that came later"})

    await kept.put_back()
    await kept.count(MANY + 1)

    await assert_no_search(house, ada, logs, table=None)


async def test_a_search_that_raises_an_alert_leaves_no_running_statement(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next segments are being read at that time."""
    monkeypatch.setattr(vault_reader, "MOST", 4)
    monkeypatch.setattr("creatorvault.ideas.segments.repositories.SEGMENTS_AT_ONCE", 1)
    await filled(ada, FEWEST)
    await searched(house, ada)
    plain, read = AsyncSession.execute, [0, 0]

    async def slowly(session: AsyncSession, statement: Any, arguments: Any = None, **options: Any) -> Any:
        ahead = isinstance(arguments, dict) and arguments.get("after", 0) > 0
        read[0] += ahead
        await asyncio.sleep(0.2 if ahead else 0)
        result = await plain(session, statement, arguments, **options)
        read[1] += ahead
        return result

    monkeypatch.setattr(AsyncSession, "execute", slowly)
    await database.execute(
        "UPDATE idea_segments SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)"
        " WHERE user_id = $1 AND first_revision = 1",
        ada.user_id,
    )

    house.parts.search_cache.forget(vault_of(ada))
    assert_plain_fault(await ada.list({"search": "title"}))

    assert read == [1, 1]
    assert [alert["code"] for alert in logs.named("alarm")] == ["tampered"]
    assert logs.named("database.unavailable") == []


@pytest.mark.parametrize(
    ("edit", "code"),
    [
        ("ideas = ideas - 1", "vault_mismatch"),
        ("ideas = ideas + 1, last_revision = last_revision + 1", "vault_mismatch"),
        ("last_revision = last_revision + 1", "tampered"),
        ("first_revision = first_revision - 1", "vault_mismatch"),
    ],
)
async def test_a_segment_with_edited_clear_columns_raises_an_alert(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs, edit: str, code: str
) -> None:
    await filled(ada, FEWEST)
    await searched(house, ada)
    await database.execute(f"UPDATE idea_segments SET {edit} WHERE user_id = $1", ada.user_id)

    house.parts.search_cache.forget(vault_of(ada))
    assert_plain_fault(await ada.list({"search": "title"}))

    assert [alert["code"] for alert in logs.named("alarm")] == [code]


async def test_a_row_in_no_segment_and_no_gap_raises_an_alert(
    house: House, ada: Creator, database: asyncpg.Connection, kept: Kept, logs: Logs
) -> None:
    """A row that was restored manually is not in the segments that were written while it was missing."""
    some = await filled(ada)
    [values] = await database.fetch(f"SELECT {COPIED} FROM ideas WHERE id = $1", some[5]["id"])
    await ada.delete(some[5])
    await searched(house, ada)

    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await database.execute(f"INSERT INTO ideas ({COPIED}) VALUES ({places})", *values)
    await kept.count(MANY)

    await assert_no_search(house, ada, logs)
    await kept.accept()
    assert some[5]["title"] in await searched(house, ada)


async def test_ids_are_compared_in_batches(
    house: House,
    ada: Creator,
    database: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    kept: Kept,
    logs: Logs,
) -> None:
    await filled(ada)
    first = await searched(house, ada)
    monkeypatch.setattr(vault_reader, "IDS_AT_ONCE", 3)
    for at_once in (1, 7, MANY, MANY + 1):
        monkeypatch.setattr(repositories, "IDS_AT_ONCE", at_once)
        assert await searched(house, ada) == first

    last = await database.fetchval("SELECT id FROM ideas WHERE user_id = $1 ORDER BY id DESC LIMIT 1", ada.user_id)
    await kept.move({"id": last}, 10**6)  # a row that is read, and a missing row of a segment
    await database.execute(
        "UPDATE vaults SET revision = 1000001, idea_count = $2 WHERE user_id = $1", ada.user_id, MANY
    )
    await assert_no_search(house, ada, logs)


async def test_segments_with_many_gaps_are_rebuilt(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault_reader, "MOST_GAPS", 1)
    some = await filled(ada)
    await searched(house, ada)
    await database.execute("DELETE FROM idea_segments WHERE user_id = $1 AND first_revision > 1", ada.user_id)
    await ada.delete(some[MOST - 1])
    await ada.idea("Title last")
    monkeypatch.setattr(vault_reader, "FEWEST", MANY)
    await searched(house, ada)
    monkeypatch.undo()

    assert await searched(house, ada)
    assert sum(span.ideas for span in await spans(database, ada)) == MANY


async def test_a_streamed_vault_is_read_from_segments(
    house_with: Any, database: asyncpg.Connection, opened: list[Any]
) -> None:
    house = await house_with(CREATORVAULT_SEARCH__VAULT_BYTES=str(2**20))
    ada = house.creator()
    notes = "Ведьмин котёл " * 350  # too much for a slim index, too
    for number in range(MANY):
        await ada.idea(f"Title {number:04}", notes=notes)
    await searched(house, ada)
    await searched(house, ada)
    opened.clear()

    deep = await ada.titles({"search": "title", "sort": "title", "order": "asc", "offset": MANY - 1})

    assert deep == [f"Title {MANY - 1:04}"]
    assert house.parts.search_cache.statistics().streams >= 1
    in_segments = sum(span.ideas for span in await spans(database, ada))
    assert in_segments > MANY - FEWEST
    assert len(opened) == MANY - in_segments


async def test_a_second_pass_keeps_the_segments_of_the_first(
    house_with: Any, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("creatorvault.ideas.search.streaming.SHALLOW", FEWEST)
    house = await house_with(CREATORVAULT_SEARCH__VAULT_BYTES=str(2**20))
    ada = house.creator()
    for number in range(MANY):
        await ada.idea(f"Title {number:04}", notes="Ведьмин котёл " * 350)
    await searched(house, ada)
    made = await spans(database, ada)
    await database.execute("UPDATE idea_segments SET folding = 'another' WHERE user_id = $1", ada.user_id)

    await ada.titles({"search": "title", "sort": "title", "order": "asc", "offset": MANY - 1})
    await house.parts.segment_writer.finish()

    assert await spans(database, ada) == made


async def test_segments_of_large_ideas_contain_few(
    house: House, ada: Creator, database: asyncpg.Connection, opened: list[Any]
) -> None:
    """U+FDFA folds to 18 letters: the largest possible notes."""
    for number in range(FEWEST):
        await ada.idea(f"Title {number:04}", notes="\ufdfa" * 5000)
    first = await searched(house, ada)

    made = await spans(database, ada)
    assert len(made) > FEWEST // 4
    assert max(span.ideas for span in made) < 4
    opened.clear()
    assert await searched(house, ada) == first
    assert len(opened) < 4


async def test_segments_are_fetched_in_batches(house: House, ada: Creator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault_reader, "MOST", 4)
    await filled(ada, FEWEST)
    first = await searched(house, ada)
    fetched: list[int] = []
    plain = SegmentRepository.all

    async def watched(repository: SegmentRepository) -> AsyncGenerator[Sequence[Segment]]:
        async for batch in plain(repository):
            fetched.append(len(batch))
            yield batch

    monkeypatch.setattr(SegmentRepository, "all", watched)
    monkeypatch.setattr("creatorvault.ideas.segments.repositories.SEGMENTS_AT_ONCE", 3)
    statements: list[str] = []
    engine = house.parts.searching.full_reads.database.engine.sync_engine

    def watch(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", watch)
    try:
        assert await searched(house, ada) == first
    finally:
        event.remove(engine, "before_cursor_execute", watch)

    assert fetched == [3, 3, 2]
    assert sum("idea_segments.sealed" in statement and "LIMIT" in statement for statement in statements) == len(fetched)


async def test_many_thousands_of_gaps_are_read(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs
) -> None:
    """More than the maximum number of arguments of a statement."""
    await filled(ada, FEWEST)
    await database.execute(
        "INSERT INTO idea_segments (tenant_id, user_id, first_revision, last_revision, ideas, folding, sealed)"
        " SELECT tenant_id, user_id, 3 * number, 3 * number, 1, $2, '' FROM vaults, generate_series(1, 33000) AS number"
        " WHERE user_id = $1",
        *(ada.user_id, WRITTEN_BY),
    )

    await assert_no_search(house, ada, logs)


async def test_segments_can_be_disabled(house_with: Any, database: asyncpg.Connection) -> None:
    house = await house_with(CREATORVAULT_SEARCH__SEGMENTS="false")
    ada = house.creator()
    await filled(ada, FEWEST)

    assert len(await searched(house, ada)) == FEWEST
    assert await spans(database, ada) == []


async def test_segments_beyond_the_queue_limit_are_written_by_a_later_read(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await filled(ada)
    monkeypatch.setattr("creatorvault.ideas.segments.writer.WAITING_BYTES", 1)
    lock = database.transaction()
    await lock.start()
    await database.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", ada.user_id)
    house.parts.search_cache.forget(vault_of(ada))
    assert await total(ada) == MANY
    await lock.rollback()
    await house.parts.segment_writer.finish()
    assert await spans(database, ada) == [Span(1, MOST, MOST)]

    await searched(house, ada)

    assert len(await spans(database, ada)) == 2


async def test_many_segments_are_written_in_few_statements(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault_reader, "MOST", FEWEST)
    monkeypatch.setattr("creatorvault.ideas.segments.writer.AT_ONCE", 2)
    await filled(ada)

    await searched(house, ada)

    assert [span.ideas for span in await spans(database, ada)] == [FEWEST] * (MANY // FEWEST)


async def test_segments_of_two_vaults_are_written_separately(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    writer, bob = house.parts.segment_writer, house.creator()
    kept = []
    for creator in (ada, bob):
        await filled(creator, FEWEST)
        await searched(house, creator)
        row = await database.fetchrow("SELECT * FROM idea_segments WHERE user_id = $1", creator.user_id)
        await database.execute("DELETE FROM idea_segments WHERE user_id = $1", creator.user_id)
        kept.append((vault_of(creator), Segment(Span(*row[2:6]), row["sealed"]), await digest(database, creator)))

    for vault, segment, stamps in kept:
        writer.write(vault, segment, stamps)
    await writer.finish()

    for creator in (ada, bob):
        assert len(await spans(database, creator)) == 1
        assert len(await searched(house, creator)) == FEWEST


async def test_an_unavailable_database_loses_only_segments(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs
) -> None:
    await filled(ada, FEWEST)
    lock = database.transaction()
    await lock.start()
    await database.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", ada.user_id)

    assert len(await searched(house, ada)) == FEWEST

    while await database.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):  # noqa: ASYNC110  # has no event
        await asyncio.sleep(0.01)  # until the server has also given up, which has no event
    await lock.rollback()
    assert await spans(database, ada) == []
    assert logs.named("segments.not_written")
    assert house.parts.segment_writer.has_room
    await searched(house, ada)
    assert len(await spans(database, ada)) == 1


OTHER = "sealed = (SELECT sealed FROM idea_segments WHERE user_id {} $1 AND (last_revision = $2) = {} LIMIT 1)"
TAMPERED = {
    "a flipped byte": "sealed = set_byte(sealed, 100, get_byte(sealed, 100) # 1)",
    "another vault's": OTHER.format("<>", "true"),
    "another segment's": OTHER.format("=", "false"),
}


@pytest.mark.parametrize("fault", TAMPERED)
async def test_a_tampered_segment_raises_an_alert(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs, fault: str
) -> None:
    bob = house.creator()
    for creator in (ada, bob):
        await filled(creator)
        await searched(house, creator)
    await database.execute(
        f"UPDATE idea_segments SET {TAMPERED[fault]} WHERE user_id = $1 AND last_revision = $2",
        *(ada.user_id, MOST),
    )

    house.parts.search_cache.forget(vault_of(ada))
    assert_plain_fault(await ada.list({"search": "title"}))

    [alert] = logs.named("alarm")
    assert (alert["code"], alert["user_id"], alert["segment"]) == ("tampered", ada.user_id, f"1-{MOST}")
    assert "Hexenkessel" not in logs.text
    assert await searched(house, bob)
    # As instructed by operations/alarms.md.
    await database.execute("DELETE FROM idea_segments WHERE user_id = $1", ada.user_id)
    assert await searched(house, ada)


@pytest.mark.own_statements
async def test_another_tenants_segments_are_not_accessible(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    await filled(ada, FEWEST)
    await searched(house, ada)
    bob = house.creator()
    statements = house.parts.statements

    assert await statements.changed(FORGET, str(vault_of(bob).tenant_id), ada.user_id) == []
    assert await statements.rows("SELECT count(*) FROM idea_segments") == [(0,)]
    assert len(await spans(database, ada)) == 1


CIPHER = VaultCipher(new_vault_id(), VaultRevision(1), {1: bytes(32)}, unusable={})  # type: ignore[dict-item]


@given(st.lists(ideas(), min_size=1, max_size=5))
@settings(max_examples=50)
def test_sealing_and_opening_a_segment_preserves_every_idea(stored: list[Any]) -> None:
    block = block_of(*enumerate(stored, start=7))
    sealer = SegmentSealer.of(CIPHER)

    segment = sealer.seal(block)

    assert segment.span == Span(7, 6 + len(stored), len(stored))
    opened = sealer.open(segment)
    assert (opened.packed(), opened.revisions, opened.size) == (block.packed(), block.revisions, block.size)
    assert [msgspec.json.decode(document.body, type=IdeaResponse) for document in opened.documents] == stored
    for other in (
        segment._replace(span=segment.span._replace(first=6)),
        segment._replace(span=segment.span._replace(last=99)),
        segment._replace(span=segment.span._replace(ideas=6)),
        segment._replace(span=segment.span._replace(folding="2/9.0.0")),
        segment._replace(sealed=Sealed(segment.sealed[:-1])),
    ):
        with pytest.raises(Tampered):
            sealer.open(other)


@given(
    st.lists(ideas(), min_size=1, max_size=9),
    st.sampled_from([1, 2, 4, 128]),
    st.sampled_from([1, 4000, MOST_BYTES]),
)
@settings(max_examples=50)
def test_a_batch_is_sealed_in_segments(stored: list[IdeaResponse], most: int, most_bytes: int) -> None:
    batch = [OpenedIdea.of(revision, revision * 7, idea) for revision, idea in enumerate(stored, start=3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("creatorvault.ideas.segments.sealing.MOST", most)
        patch.setattr("creatorvault.ideas.segments.sealing.MOST_BYTES", most_bytes)
        sealed = list(SegmentSealer.of(CIPHER).seal_all(batch))

    blocks = [SegmentSealer.of(CIPHER).open(segment) for segment, _ in sealed]
    assert [block.digest for block in blocks] == [digest for _, digest in sealed]
    assert [idea_id for block in blocks for idea_id in block.ids] == [idea.id.bytes for idea in stored]
    assert [stamp for block in blocks for stamp in block.stamps] == [idea.stamp for idea in batch]
    assert go_together([segment.span for segment, _ in sealed])
    lengths = [len(block) for block in blocks]
    assert max(lengths) <= most
    if most_bytes == MOST_BYTES:  # the last one may be shorter
        assert max(lengths) - min(lengths) < len(lengths)


@given(st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), max_size=6))
def test_every_revision_is_in_one_span_or_one_gap(steps: list[tuple[int, int]]) -> None:
    found, at = [], 0
    for step, length in steps:
        found.append(Span(at + step, at + step + length, 1))
        at += step + length

    gaps = gaps_between(found)

    assert go_together(found)
    for revision in range(1, at + 10):
        within = [span for span in found if span.first <= revision <= span.last]
        between = [gap for gap in gaps if gap.after < revision < gap.before]
        assert len(within) + len(between) == 1
    assert go_together([*found, Span(at, at, 1)]) != bool(found)


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"\x91\x01",
        b"\x91\x94\x01\xc4\x00\xa1\xff\xc4\x00",
        msgspec.msgpack.encode((1, b"", [], b"", b"\x90")),
        msgspec.msgpack.encode((1, bytes(16), [1], b"", b"\x91\xc4\x00")),
        msgspec.msgpack.encode((1, bytes(15), [1], b"\0", b"\x91\xc4\x00")),
    ],
)
def test_an_authentic_value_that_is_no_segment_is_tampering(packed: bytes) -> None:
    span = Span(1, 1, 1)
    sealer = SegmentSealer.of(CIPHER)
    plaintext = len(packed).to_bytes(4) + packed
    sealed = CIPHER.for_purpose(SEGMENTS).seal(plaintext, segment_context(CIPHER.vault, span))

    with pytest.raises(Tampered) as raised:
        sealer.open(Segment(span, sealed))

    assert raised.value.ids["segment"] == "1-1"
    assert raised.value.__context__ is None
