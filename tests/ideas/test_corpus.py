"""Content queries give the same results as a plain list of the ideas."""

import asyncio
import inspect
import sys
from itertools import batched
from uuid import UUID

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.core.identifiers import VaultRevision, VaultVersion
from creatorvault.core.waiting import event_loop_budget as loop_budget
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.schemas import IdeaResponse, StageEnum
from creatorvault.ideas.search import index as corpus_module
from creatorvault.ideas.search import streaming
from creatorvault.ideas.search.blocks import MOST, MOST_BYTES
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.ideas.search.documents import Keys
from creatorvault.ideas.search.draft import KEPT_IN_ORDER, SearchIndexDraft
from creatorvault.ideas.search.filters import Page, SearchQuery
from creatorvault.ideas.search.index import FEW, SearchIndex
from creatorvault.ideas.search.ordering import RUN_ROWS, SORT_KEYS, sort_in_turns
from creatorvault.ideas.search.questions import PageQuestion
from creatorvault.settings.sections import SearchSettings
from tests.ideas.paper_vaults import PaperVault, block_of, idea_of, page_of
from tests.ideas.strategies import ideas, questions, texts, title_questions

STREAMED = SearchSettings(vault_bytes=0)

type Change = IdeaResponse | SearchQuery | int


async def corpus_of(*stored: IdeaResponse) -> SearchIndex:
    draft, time_slice = SearchIndexDraft(), TimeSlice()
    for batch in batched(stored, 64):
        draft.merge(block_of(*((1, idea) for idea in batch)))
    await draft.settle(time_slice)
    return await finished(draft, 1)


async def finished(draft: SearchIndexDraft, revision: int, time_slice: TimeSlice | None = None) -> SearchIndex:
    search_index = await draft.finish(of(revision, draft), time_slice or TimeSlice())
    assert isinstance(search_index, SearchIndex)
    return search_index


def of(revision: int, draft: SearchIndexDraft) -> VaultVersion:
    return VaultVersion(VaultRevision(revision), 0, draft.idea_count)


def plain(page: Page) -> tuple[int, list[bytes]]:
    return page.total, [bytes(item) for item in page.items]


@given(
    st.lists(ideas(), max_size=8),
    st.lists(questions | title_questions, min_size=1, max_size=4),
    st.sampled_from([0, FEW]),
)
async def test_every_query_gives_the_result_of_a_plain_list(
    stored: list[IdeaResponse], asked: list[SearchQuery], few: int
) -> None:
    """Also if all matches count as few, which are sorted separately."""
    corpus_module.FEW = few
    try:
        await answer_as_a_plain_list(stored, asked)
    finally:
        corpus_module.FEW = FEW


async def answer_as_a_plain_list(stored: list[IdeaResponse], asked: list[SearchQuery]) -> None:
    vault = PaperVault()
    vault.put(*stored)
    kept, streamed = (
        SearchCache(SearchSettings()),
        SearchCache(STREAMED),
    )

    for query in asked:
        assert plain(await page_of(kept, vault, query)) == vault.answer(query)
        assert plain(await page_of(streamed, vault, query)) == vault.answer(query)
    assert (kept.statistics().streams, kept.statistics().misses) == (0, 1)
    assert streamed.statistics().streams == (len(asked) if stored else 0)


@given(st.lists(ideas(), max_size=8), questions, ideas())
async def test_a_page_continues_after_any_place(
    stored: list[IdeaResponse], question: SearchQuery, elsewhere: IdeaResponse
) -> None:
    vault, after = PaperVault(), SORT_KEYS[question.sort](block_of((1, elsewhere)).documents[0])
    vault.put(*stored)
    query = msgspec.structs.replace(question, offset=0, after=after)
    one_more = msgspec.structs.replace(query, limit=query.limit + 1)

    for settings in (SearchSettings(), STREAMED):
        page = await page_of(SearchCache(settings), vault, query)
        assert plain(page) == vault.answer(query)
        assert (page.last is not None) == (len(vault.answer(one_more)[1]) > query.limit)


@given(st.lists(ideas(), max_size=8), questions, st.lists(st.integers(1, 3), min_size=9, max_size=9))
async def test_consecutive_pages_are_the_whole_list(
    stored: list[IdeaResponse], question: SearchQuery, limits: list[int]
) -> None:
    vault = PaperVault()
    vault.put(*stored)
    whole = vault.answer(msgspec.structs.replace(question, offset=0, limit=100))

    for search_cache in (SearchCache(SearchSettings()), SearchCache(STREAMED)):
        after, items = None, []
        for limit in limits:
            query = msgspec.structs.replace(question, offset=0, limit=limit, after=after)
            page = await page_of(search_cache, vault, query)
            assert page.total == whole[0]
            items += plain(page)[1]
            if page.last is None:
                break
            after = page.last.key
        assert items == whole[1]


@given(st.lists(ideas() | questions | title_questions | st.integers(0, 20), max_size=20))
async def test_a_refreshed_index_gives_the_results_of_a_rebuilt_one(changes: list[Change]) -> None:
    vault, followed = PaperVault(), SearchCache(SearchSettings())

    for change in changes:
        if isinstance(change, IdeaResponse):
            vault.put(change)
        elif isinstance(change, SearchQuery):
            built_anew = await page_of(SearchCache(SearchSettings()), vault, change)
            assert plain(await page_of(followed, vault, change)) == plain(built_anew)
            assert plain(built_anew) == vault.answer(change)
        elif vault.ideas:
            vault.delete(vault.ideas[change % len(vault.ideas)])


@given(st.lists(texts, min_size=1, max_size=6), ideas(), ideas())
async def test_extending_a_search_term_gives_correct_results(
    typed: list[str], one: IdeaResponse, other: IdeaResponse
) -> None:
    vault = PaperVault()
    vault.put(one, other)
    search_index = await corpus_of(*vault.ideas)

    for length in range(1, len(typed) + 1):
        query = SearchQuery(search="".join(typed[:length]))
        assert plain(await search_index.select(query, TimeSlice())) == vault.answer(query)


@given(st.lists(st.lists(ideas(), max_size=5, unique_by=lambda idea: idea.id), max_size=4))
async def test_a_refreshed_index_has_the_size_of_a_rebuilt_one(
    changes: list[list[IdeaResponse]],
) -> None:
    search_index, stored, time_slice = await corpus_of(), dict[UUID, IdeaResponse](), TimeSlice()

    for revision, changed in enumerate(changes, start=2):
        draft = SearchIndexDraft(search_index)
        for batch in batched(changed, 2):
            draft.merge(block_of(*((revision, idea) for idea in batch)))
        await draft.settle(time_slice)
        stored |= {idea.id: idea for idea in changed}
        assert draft.idea_count == len(stored)
        search_index, size = await finished(draft, revision), draft.size

        assert search_index.size == size
        assert size == (await corpus_of(*stored.values())).size


@pytest.mark.parametrize("letters", [10, 5000], ids=["of many ideas", "of many bytes"])
async def test_many_changes_leave_few_blocks_of_limited_size(letters: int) -> None:
    search_index, time_slice = await corpus_of(), TimeSlice()
    some = [idea_of(f"title {number}", notes="n" * letters) for number in range(300)]

    for number in range(900):
        draft = SearchIndexDraft(search_index)
        draft.merge(block_of((number, some[number * 7 % 300])))
        await draft.settle(time_slice)
        search_index = await finished(draft, number)

    assert search_index.version.idea_count == 300
    assert len(search_index.blocks) < 40
    assert max(map(len, search_index.blocks)) <= MOST // 2
    assert max(block.size for block in search_index.blocks) <= MOST_BYTES // 2


async def test_a_match_does_not_span_title_and_notes() -> None:
    search_index = await corpus_of(idea_of("first", notes="second"))

    assert (await search_index.select(SearchQuery(search="firstsecond"), TimeSlice())).total == 0
    assert (await search_index.select(SearchQuery(search="first second"), TimeSlice())).total == 0


async def test_many_changes_are_sorted_like_few() -> None:
    vault, search_cache = PaperVault(), SearchCache(SearchSettings())
    query = SearchQuery(sort="title", limit=100)
    vault.put(*(idea_of(f"title {number:03}") for number in range(2 * KEPT_IN_ORDER)))
    await page_of(search_cache, vault, query)

    vault.put(*(idea_of(f"Title {number:03}") for number in range(KEPT_IN_ORDER + 1)))

    assert plain(await page_of(search_cache, vault, query)) == vault.answer(query)


async def test_every_loop_over_ideas_yields_to_other_requests() -> None:
    places: set[int] = set()

    class Over(TimeSlice):
        @property
        def is_over(self) -> bool:
            return True

        async def rest(self) -> None:
            caller = sys._getframe(1)
            if caller.f_code.co_filename == corpus_module.__file__:
                places.add(caller.f_lineno)

    search_index = await corpus_of(*(idea_of(f"title {number}", tags=["x"]) for number in range(9)))
    for query in (SearchQuery(search="title", stages=(StageEnum.IDEA,)), SearchQuery(tags=("x",), sort="title")):
        await search_index.select(query, Over())

    lines = inspect.getsource(corpus_module).splitlines()
    assert places == {number for number, line in enumerate(lines, 1) if "time_slice.rest()" in line}


async def test_an_order_may_be_built_while_others_are_updated() -> None:
    asked = asyncio.Event()

    class Resting(TimeSlice):
        async def rest_if_over(self) -> None:
            await asked.wait()

    vault = PaperVault()
    vault.put(idea_of("a"), idea_of("b"))
    search_index = await corpus_of(*vault.ideas)
    await search_index.select(SearchQuery(), TimeSlice())
    vault.put(idea_of("c"))
    draft = SearchIndexDraft(search_index)
    draft.merge(block_of(*list(vault.rows.values())[2:]))
    await draft.settle(TimeSlice())

    finishing = asyncio.create_task(finished(draft, 3, Resting()))
    await asyncio.sleep(0)
    assert (await search_index.select(SearchQuery(sort="title"), TimeSlice())).total == 2
    asked.set()

    for query in (SearchQuery(), SearchQuery(sort="title")):
        assert plain(await (await finishing).select(query, TimeSlice())) == vault.answer(query)


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("offset", [0, 7, 30, 195, 200, 1000])
async def test_a_deep_page_is_the_same_streamed_or_cached(
    offset: int, descending: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "SHALLOW", 20)
    monkeypatch.setattr(streaming, "SLACK", 10)
    vault = PaperVault()
    vault.put(*(idea_of(f"title {number * 7919 % 200}", tags=["even"][number % 2 :]) for number in range(200)))

    for tags in [(), ("even",)]:
        query = SearchQuery(sort="title", descending=descending, offset=offset, limit=10, tags=tags)
        streamed = await SearchCache(STREAMED).ask(vault.id, vault.reader(batch=50), PageQuestion(query), TimeSlice())

        assert plain(streamed) == vault.answer(query)


@pytest.mark.parametrize("offset", [0, 100, 2000])
async def test_a_deep_streamed_page_holds_a_bounded_number_of_keys(offset: int) -> None:
    window, time_slice = streaming.PageWindow(SearchQuery(sort="title", limit=10, offset=offset)), TimeSlice()
    block = block_of(*((1, idea_of(f"title {number * 7919 % 10_000}")) for number in range(100)))
    most = 2 * (offset + 11) + streaming.SLACK

    for _ in range(10 + most // len(block)):
        await window.add(block, time_slice)
        assert len(window._candidates) < most
    assert any(document for _, document in window._candidates) == (offset < streaming.SHALLOW)


@pytest.mark.parametrize("rows", [0, 1, RUN_ROWS, RUN_ROWS + 1, 5 * RUN_ROWS - 1])
async def test_sorting_in_turns_sorts(rows: int) -> None:
    numbers = [(number * 7919 % 10_007 // 3,) for number in range(rows)]

    assert await sort_in_turns(numbers, lambda number: number, TimeSlice()) == sorted(numbers)


async def test_a_scan_does_not_block_other_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_budget, "SLICE_SECONDS", 0.0)
    search_index = await corpus_of(*(idea_of("title") for _ in range(40)))
    steps: list[str] = []

    async def scan() -> None:
        await search_index.select(SearchQuery(search="title"), TimeSlice())
        steps.append("scanned")

    async def other_request() -> None:
        for _ in range(3):
            await asyncio.sleep(0)
            steps.append("served")

    await asyncio.gather(scan(), other_request())

    assert steps == ["served", "served", "served", "scanned"]


async def test_a_scan_returns_results_of_its_initial_revision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_budget, "SLICE_SECONDS", 0.0)
    vault, search_cache = PaperVault(), SearchCache(SearchSettings())
    vault.put(*(idea_of("old title") for _ in range(10)))
    await page_of(search_cache, vault, SearchQuery(sort="title"))
    old_answer = vault.answer(SearchQuery(search="title"))

    under_way = asyncio.create_task(
        search_cache.ask(vault.id, vault.reader(), PageQuestion(SearchQuery(search="title")), TimeSlice())
    )
    await asyncio.sleep(0)
    vault.delete(vault.ideas[0])
    vault.put(idea_of("new title"), idea_of("newer title"))
    new = await page_of(search_cache, vault, SearchQuery(search="title"))

    assert plain(new) == vault.answer(SearchQuery(search="title"))
    assert plain(await under_way) == old_answer


@pytest.mark.parametrize(
    "query",
    [
        SearchQuery(sort="title"),
        SearchQuery(tags=("bread",)),
        SearchQuery(stages=(StageEnum.IDEA,)),
        SearchQuery(search="1", sort="title"),
    ],
)
async def test_reading_all_keys_is_split_into_time_slices(query: SearchQuery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop_budget, "SLICE_SECONDS", 0.0)
    at_once, plain_keys = [0], Keys.of

    async def rest(_time_slice: TimeSlice) -> None:
        at_once.append(0)

    def counted(body: bytes) -> Keys:
        at_once[-1] += 1
        return plain_keys(body)

    monkeypatch.setattr(TimeSlice, "rest", rest)
    monkeypatch.setattr(Keys, "of", counted)
    search_index = await corpus_of(*(idea_of(f"Loaf {number}", tags=["bread"]) for number in range(1000)))

    await search_index.select(query, TimeSlice())

    assert sum(at_once) > 500
    assert max(at_once) == 1, "where a slice takes no time at all"
