"""A vault that does not fit into memory as a whole: the slim index gives the results of a plain list of the ideas."""

import gc
import tracemalloc
from collections.abc import Awaitable, Callable, Mapping

import asyncpg
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.core.identifiers import VaultVersion
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas import content_search
from creatorvault.ideas.bodies import read_bodies
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.search import draft as draft_module
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.ideas.search.draft import SearchIndexDraft
from creatorvault.ideas.search.filters import SearchQuery
from creatorvault.ideas.search.index import EMPTY_BYTES
from creatorvault.ideas.search.ordering import SORT_KEYS
from creatorvault.ideas.search.questions import PageQuestion
from creatorvault.ideas.search.slim import SlimIndex
from creatorvault.ideas.search.slim_blocks import SlimBlock
from creatorvault.ideas.text.collation import collation_table, title_key
from creatorvault.settings.sections import SearchSettings
from creatorvault.tenants.opening import VaultView
from tests.application import House
from tests.factories import Creator, Idea
from tests.ideas.paper_vaults import PaperVault, block_of, idea_of, page_of
from tests.ideas.strategies import ideas, questions, title_questions
from tests.ideas.tampering import assert_plain_fault
from tests.ideas.test_corpora import OF_IDEAS
from tests.logs import Logs

type HouseWith = Callable[..., Awaitable[House]]

BUDGET = 2**24
LARGE = "x" * 4000


@pytest.fixture
def slim(monkeypatch: pytest.MonkeyPatch) -> None:
    """No vault fits as a whole, and every vault fits as a slim index."""
    monkeypatch.setattr(draft_module, "EMPTY_BYTES", 2 * BUDGET)


def slim_cache() -> SearchCache:
    return SearchCache(SearchSettings(vault_bytes=BUDGET))


@pytest.mark.usefixtures("slim")
@given(st.lists(ideas(), max_size=8), st.lists(questions | title_questions, min_size=1, max_size=4))
async def test_every_query_gives_the_result_of_a_plain_list(
    stored: list[IdeaResponse], asked: list[SearchQuery]
) -> None:
    vault, search_cache = PaperVault(), slim_cache()
    vault.put(*stored)

    for query in asked:
        page = await page_of(search_cache, vault, query)
        assert (page.total, [bytes(item) for item in page.items]) == vault.answer(query)
    statistics = search_cache.statistics()
    assert (statistics.streams, statistics.misses) == (0, 1)


@pytest.mark.usefixtures("slim")
@given(st.lists(ideas(), max_size=8), questions | title_questions, ideas())
async def test_a_page_continues_after_any_place(
    stored: list[IdeaResponse], question: SearchQuery, elsewhere: IdeaResponse
) -> None:
    vault, after = PaperVault(), SORT_KEYS[question.sort](block_of((1, elsewhere)).documents[0])
    vault.put(*stored)
    query = msgspec.structs.replace(question, offset=0, after=after)

    page = await page_of(slim_cache(), vault, query)

    assert (page.total, [bytes(item) for item in page.items]) == vault.answer(query)
    if page.last is not None:
        following = msgspec.structs.replace(query, after=page.last.key)
        rest = await page_of(slim_cache(), vault, following)
        assert rest.items
        assert [bytes(item) for item in rest.items] == vault.answer(following)[1]


@pytest.mark.usefixtures("slim")
@given(st.lists(ideas() | questions | title_questions | st.integers(0, 20), max_size=20))
async def test_a_refreshed_index_gives_the_results_of_a_plain_list(
    changes: list[IdeaResponse | SearchQuery | int],
) -> None:
    vault, followed = PaperVault(), slim_cache()

    for change in changes:
        if isinstance(change, IdeaResponse):
            vault.put(change)
        elif isinstance(change, SearchQuery):
            page = await page_of(followed, vault, change)
            assert (page.total, [bytes(item) for item in page.items]) == vault.answer(change)
        elif vault.ideas:
            vault.delete(vault.ideas[change % len(vault.ideas)])


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("sort", ["title", "created_at"])
async def test_pages_of_many_ideas_are_those_of_a_plain_list(
    sort: str, descending: bool, monkeypatch: pytest.MonkeyPatch, slim: None
) -> None:
    """More than one window keeps: titles that come too late are left out by their first letters."""
    monkeypatch.setattr("creatorvault.ideas.search.streaming.SLACK", 4)
    vault, search_cache = PaperVault(), slim_cache()
    vault.put(*(idea_of(f"{'abcd'[number % 4]} title {number * 7919 % 100}") for number in range(100)))
    after = None
    for _ in range(21):
        query = SearchQuery(sort=sort, descending=descending, limit=5, after=after)  # type: ignore[arg-type]
        page = await page_of(search_cache, vault, query)
        assert (page.total, [bytes(item) for item in page.items]) == vault.answer(query)
        after = None if page.last is None else page.last.key
    for offset in (0, 7, 90, 200):
        query = SearchQuery(sort=sort, descending=descending, limit=5, offset=offset)  # type: ignore[arg-type]
        page = await page_of(search_cache, vault, query)
        assert (page.total, [bytes(item) for item in page.items]) == vault.answer(query)


async def test_an_index_that_outgrows_its_budget_becomes_slim() -> None:
    vault, measured = PaperVault(), SearchCache(SearchSettings())
    vault.put(*(idea_of(f"title {number}", notes=f"{number} {LARGE}") for number in range(20)))
    await page_of(measured, vault, SearchQuery())
    search_cache = SearchCache(SearchSettings(vault_bytes=measured.statistics().bytes))
    await page_of(search_cache, vault, SearchQuery(sort="title"))
    whole = search_cache.statistics().bytes

    vault.put(*(idea_of(f"title {number}", notes=f"{number} {LARGE}") for number in range(20, 24)))
    reader = vault.reader()
    query = SearchQuery(search="title", sort="title", limit=100)
    page = await search_cache.ask(vault.id, reader, PageQuestion(query), TimeSlice())

    assert (page.total, [bytes(item) for item in page.items]) == vault.answer(query)
    assert reader.read == 4
    figures = search_cache.statistics()
    assert (figures.vaults, figures.streams) == (1, 0)
    assert EMPTY_BYTES < figures.bytes < whole


@pytest.mark.parametrize("letter", ["a", "é", "😀"])
async def test_the_estimated_size_is_close_to_the_allocated_size(letter: str) -> None:
    for number in range(512):
        title_key(f"{letter} {number}")  # the weights are cached
    draft = SearchIndexDraft(SlimIndex(VaultVersion(0, 0, 0), ()))  # type: ignore[arg-type]
    tracemalloc.start()
    try:
        for start in range(0, 512, 64):
            batch = [
                (number, idea_of(f"{letter * 40} {number}", notes=f"{letter * 500} {number}", tags=["one", "two"]))
                for number in range(start, start + 64)
            ]
            draft.merge(block_of(*batch))
            del batch
        for block in draft._read:
            assert isinstance(block, SlimBlock)
            await block.heads(TimeSlice())
        gc.collect()
        own = tracemalloc.take_snapshot().filter_traces([OF_IDEAS])  # without those of other threads
    finally:
        tracemalloc.stop()

    assert draft.size == pytest.approx(sum(trace.size for trace in own.traces), rel=0.1)


@given(st.text("abYZ 09-.’é", max_size=12) | st.text(max_size=12))
def test_the_short_way_to_a_sort_key_gives_the_same_weights(title: str) -> None:
    table = collation_table()
    if (plain := table.plain(title)) is not None:
        primary, secondary, tertiary = table.weights_of(title)
        assert plain == (primary, secondary.rstrip(b"\x01"), tertiary)
        assert title_key(title)[1] == title


# Through HTTP: notes of 4,000 letters, of which a whole index has two copies and a slim one has one.


@pytest.fixture
async def small_house(house_with: HouseWith) -> House:
    return await house_with(CREATORVAULT_SEARCH__VAULT_BYTES=str(2**20))


async def filled(creator: Creator) -> list[Idea]:
    return [await creator.idea(f"Title {number:03}", notes=f"{number} {LARGE}") for number in range(150)]


async def search(creator: Creator, **params: object) -> tuple[int, list[str]]:
    answer = await creator.list({"search": "title", "sort": "title", "order": "asc", "limit": 5, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()["total"], [idea["title"] for idea in answer.json()["items"]]


async def test_a_vault_above_the_bound_is_read_once(small_house: House) -> None:
    ada = small_house.creator()
    some = await filled(ada)
    assert await search(ada, offset=100) == (150, [f"Title {number}" for number in range(100, 105)])
    before = small_house.parts.search_cache.statistics()

    assert await search(ada) == (150, [f"Title 00{number}" for number in range(5)])
    [changed] = [await ada.patch(some[3], {"title": "Title 000 again"})]
    assert await search(ada) == (150, ["Title 000", "Title 000 again", "Title 001", "Title 002", "Title 004"])
    await ada.delete(some[0])
    assert await search(ada) == (149, ["Title 000 again", "Title 001", "Title 002", "Title 004", "Title 005"])

    [found] = (await ada.list({"search": "000 again"})).json()["items"]
    assert found == changed.json()
    after = small_house.parts.search_cache.statistics()
    assert (after.misses, after.streams, after.refreshes) == (before.misses, 0, before.refreshes + 2)


async def test_an_idea_that_changes_between_finding_and_reading_it_is_current(
    small_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = small_house.creator()
    some = await filled(ada)
    await search(ada)
    asked: list[VaultVersion] = []

    async def late(
        view: VaultView, version: VaultVersion, time_slice: TimeSlice, stamps: Mapping[bytes, int]
    ) -> Mapping[bytes, bytes]:
        if not asked:
            await ada.patch(some[0], {"title": "Title 000 again"})
        asked.append(version)
        return await read_bodies(view, version, time_slice, stamps)

    monkeypatch.setattr(content_search, "read_bodies", late)

    assert (await search(ada))[1][0] == "Title 000 again"
    assert len(asked) == 1


OUTDATED = {
    "a missing row": "DELETE FROM ideas WHERE user_id = $1 AND id = $2",
    "another stamp": "UPDATE ideas SET stamp = stamp - 1 WHERE user_id = $1 AND id = $2",
}


@pytest.mark.parametrize("fault", OUTDATED)
async def test_a_row_that_is_not_as_it_was_found_raises_an_alert(
    small_house: House, database: asyncpg.Connection, logs: Logs, fault: str
) -> None:
    ada = small_house.creator()
    some = await filled(ada)
    await search(ada)
    await database.execute(OUTDATED[fault], ada.user_id, some[0]["id"])

    assert_plain_fault(await ada.list({"search": "title", "sort": "title", "order": "asc"}))

    [alert] = logs.named("alarm")
    assert (alert["code"], alert["user_id"]) == ("vault_mismatch", ada.user_id)


async def test_an_edited_row_raises_an_alert(small_house: House, database: asyncpg.Connection, logs: Logs) -> None:
    ada = small_house.creator()
    some = await filled(ada)
    await search(ada)
    await database.execute("UPDATE ideas SET stage = 3 WHERE user_id = $1 AND id = $2", ada.user_id, some[0]["id"])

    assert_plain_fault(await ada.list({"search": "title", "sort": "title", "order": "asc"}))

    [alert] = logs.named("alarm")
    assert (alert["code"], alert["idea_id"]) == ("tampered", some[0]["id"])
