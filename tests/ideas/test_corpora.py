"""The search cache of a process: refreshing, eviction, and consistency of the indexes of many vaults."""

import asyncio
import tracemalloc
from typing import Any

import pytest

from creatorvault.core.identifiers import VaultRevision, VaultVersion
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.search.blocks import Block
from creatorvault.ideas.search.cache import REMEMBERED_TOO_LARGE, SearchCache
from creatorvault.ideas.search.documents import OpenedIdea
from creatorvault.ideas.search.draft import SearchIndexDraft
from creatorvault.ideas.search.filters import SearchQuery
from creatorvault.ideas.search.index import EMPTY_BYTES, SearchIndex
from creatorvault.ideas.search.questions import PageQuestion
from creatorvault.settings.sections import SearchSettings
from creatorvault.tenants.errors import VaultMismatch
from tests.ideas.paper_vaults import PaperReader, PaperVault, block_of, idea_of

OF_IDEAS = tracemalloc.Filter(inclusive=True, filename_pattern="*/creatorvault/ideas/*")
"""Allocations of the app itself, without those of other threads."""

EVERYTHING = SearchQuery(sort="title", limit=100)


class TamperedRow(Exception):
    """Raised by a reader if a row does not open."""


def vault_of(*titles: str) -> PaperVault:
    vault = PaperVault()
    vault.put(*(idea_of(title) for title in titles))
    return vault


async def titles(search_cache: SearchCache, vault: PaperVault, reader: PaperReader | None = None) -> list[str]:
    page = await search_cache.ask(vault.id, reader or vault.reader(), PageQuestion(EVERYTHING), TimeSlice())
    assert page.total == len(page.items)
    return [bytes(item).decode().split('"')[3] for item in reversed(page.items)]


async def test_a_query_of_an_unchanged_vault_reads_no_idea() -> None:
    search_cache, vault = SearchCache(SearchSettings()), vault_of("a", "b")
    await titles(search_cache, vault)
    reader = vault.reader()

    assert await titles(search_cache, vault, reader) == ["a", "b"]
    assert reader.read == 0
    assert search_cache.statistics().hits == 1


async def test_only_changed_ideas_are_read_again() -> None:
    search_cache, vault = SearchCache(SearchSettings()), vault_of("a", "b", "c")
    await titles(search_cache, vault)
    vault.put(idea_of("bb", id=vault.ideas[1].id))
    reader = vault.reader()

    assert await titles(search_cache, vault, reader) == ["a", "bb", "c"]
    assert (reader.read, reader.asked_for_ids) == (1, 0)
    assert search_cache.statistics().refreshes == 1


async def test_a_deleted_idea_is_removed_without_reading_others() -> None:
    search_cache, vault = SearchCache(SearchSettings()), vault_of("a", "b", "c")
    await titles(search_cache, vault)
    vault.delete(vault.ideas[1])
    vault.put(idea_of("d"))
    reader = vault.reader()

    assert await titles(search_cache, vault, reader) == ["a", "c", "d"]
    assert (reader.read, reader.asked_for_ids) == (1, 1)


async def test_an_emptied_vault_gives_an_empty_page() -> None:
    search_cache, vault = SearchCache(SearchSettings()), vault_of("a")
    await titles(search_cache, vault)
    vault.delete(vault.ideas[0])

    assert await titles(search_cache, vault) == []
    assert await titles(search_cache, vault) == []
    assert search_cache.statistics().bytes == EMPTY_BYTES


async def test_a_snapshot_older_than_the_index_leaves_the_index_unchanged() -> None:
    search_cache, vault = SearchCache(SearchSettings()), vault_of("a", "b")
    older = vault.reader()
    vault.delete(vault.ideas[0])
    vault.put(idea_of("c"))
    await titles(search_cache, vault)

    assert await titles(search_cache, vault, older) == ["a", "b"]
    reader = vault.reader()
    assert await titles(search_cache, vault, reader) == ["b", "c"]
    assert reader.read == 0


@pytest.mark.parametrize("known", [[], ["a", "b"]])
async def test_a_row_that_does_not_open_leaves_the_index_unchanged(known: list[str]) -> None:
    search_cache, vault = SearchCache(SearchSettings()), vault_of(*known)
    if known:
        await titles(search_cache, vault)
    before = search_cache.statistics()
    vault.put(idea_of("c"))

    with pytest.raises(TamperedRow):
        await titles(search_cache, vault, vault.reader(fault=TamperedRow()))

    assert search_cache.statistics() == before
    assert await titles(search_cache, vault) == [*known, "c"]


@pytest.mark.parametrize("settings", [SearchSettings(), SearchSettings(vault_bytes=0)])
@pytest.mark.parametrize("fault", [{"idea_count": 3}, {"idea_count": 1}, {"revision": 1}, {"digest": 1}])
async def test_rows_that_differ_from_the_vaults_row_raise_an_alert(settings: SearchSettings, fault: Any) -> None:
    search_cache, vault = SearchCache(settings), vault_of("a", "b")

    with pytest.raises(VaultMismatch) as alert:
        await titles(search_cache, vault, vault.reader(version=vault.reader().version._replace(**fault)))

    assert alert.value.ids == {"tenant_id": str(vault.id.tenant_id), "user_id": vault.id.user_id}
    assert search_cache.statistics().vaults == 0


async def test_an_index_that_does_not_match_is_rebuilt() -> None:
    search_cache, vault = SearchCache(SearchSettings()), vault_of("a", "b")
    await titles(search_cache, vault)
    revision, hidden = vault.rows.popitem()[1]
    vault.put(idea_of("c"))
    await titles(search_cache, vault)
    vault.rows[hidden.id] = (revision, hidden)
    vault.put(idea_of("d"))

    assert await titles(search_cache, vault) == ["a", "b", "c", "d"]
    assert search_cache.statistics().misses == 2


async def test_the_least_recently_used_vault_is_evicted() -> None:
    vaults = [vault_of("a" * 200), vault_of("b" * 200), vault_of("c" * 200)]
    measured = SearchCache(SearchSettings())
    await titles(measured, vaults[0])
    each = measured.statistics().bytes
    search_cache = SearchCache(SearchSettings(corpus_bytes=2 * each + each // 2))
    for vault in vaults[:2]:
        await titles(search_cache, vault)
    await titles(search_cache, vaults[0])

    await titles(search_cache, vaults[2])

    assert (search_cache.statistics().evictions, search_cache.statistics().vaults) == (1, 2)
    assert search_cache.statistics().bytes == 2 * each
    used_lately, longest_ago = vaults[0].reader(), vaults[1].reader()
    await titles(search_cache, vaults[0], used_lately)
    await titles(search_cache, vaults[1], longest_ago)
    assert (used_lately.read, longest_ago.read) == (0, 1)


async def test_a_vault_that_becomes_too_large_is_streamed() -> None:
    search_cache, vault = SearchCache(SearchSettings(vault_bytes=EMPTY_BYTES + 15_000)), vault_of("a")
    await titles(search_cache, vault)

    vault.put(*(idea_of(f"b{number}", notes="n" * 2000) for number in range(9)))

    assert await titles(search_cache, vault) == ["a", *(f"b{number}" for number in range(9))]
    reader = vault.reader()
    assert await titles(search_cache, vault, reader) == ["a", *(f"b{number}" for number in range(9))]
    assert reader.read == 10
    figures = search_cache.statistics()
    assert (figures.vaults, figures.bytes, figures.streams) == (0, 0, 2)


async def test_a_completely_changed_vault_counts_once() -> None:
    """While it is read again, the older versions of its ideas are in memory too."""
    vault = PaperVault()
    vault.put(*(idea_of(f"b{number}", notes="n" * 2000) for number in range(9)))
    measured = SearchCache(SearchSettings())
    await titles(measured, vault)
    search_cache = SearchCache(SearchSettings(vault_bytes=measured.statistics().bytes * 3 // 2))
    await titles(search_cache, vault)

    vault.put(*(idea_of(idea.title.replace("b", "c"), id=idea.id, notes=idea.notes) for idea in vault.ideas))

    assert await titles(search_cache, vault) == [f"c{number}" for number in range(9)]
    figures = search_cache.statistics()
    assert (figures.vaults, figures.bytes, figures.streams) == (1, measured.statistics().bytes, 0)


async def test_a_vault_that_has_shrunk_is_cached_again() -> None:
    search_cache, vault = SearchCache(SearchSettings(vault_bytes=EMPTY_BYTES + 20_000)), PaperVault()
    vault.put(*(idea_of(f"b{number}", notes="n" * 2000) for number in range(9)))
    await titles(search_cache, vault)

    for idea in vault.ideas[2:]:
        vault.delete(idea)

    assert await titles(search_cache, vault) == ["b0", "b1"]
    assert search_cache.statistics().vaults == 1


async def test_the_record_of_too_large_vaults_is_bounded() -> None:
    search_cache = SearchCache(SearchSettings(vault_bytes=0))
    for _ in range(REMEMBERED_TOO_LARGE + 1):
        search_cache._remember_too_large(PaperVault().id, 1)

    assert len(search_cache._too_large) == REMEMBERED_TOO_LARGE


async def test_vaults_read_concurrently_share_the_budget() -> None:
    notes = "n" * 2000
    vaults = [PaperVault() for _ in range(4)]
    for vault in vaults:
        vault.put(*(idea_of(f"b{number}", notes=notes) for number in range(8)))
    measured = SearchCache(SearchSettings())
    await titles(measured, vaults[0])
    search_cache = SearchCache(SearchSettings(corpus_bytes=2 * measured.statistics().bytes))

    asked = [titles(search_cache, vault, vault.reader(batch=1)) for vault in vaults]

    assert await asyncio.gather(*asked) == [[f"b{number}" for number in range(8)]] * 4
    figures = search_cache.statistics()
    assert figures.bytes <= 2 * measured.statistics().bytes
    assert figures.streams > 0


async def test_reading_a_vault_does_not_block_another() -> None:
    search_cache, slow, quick = SearchCache(SearchSettings()), vault_of("slow"), vault_of("quick")
    gate = asyncio.Event()
    under_way = asyncio.create_task(titles(search_cache, slow, slow.reader(gate=gate)))
    await asyncio.sleep(0)

    assert await titles(search_cache, quick) == ["quick"]

    gate.set()
    assert await under_way == ["slow"]


async def test_an_erased_vault_is_forgotten() -> None:
    search_cache, vault, other = SearchCache(SearchSettings()), vault_of("a"), vault_of("b")
    await titles(search_cache, vault)
    await titles(search_cache, other)

    search_cache.forget(vault.id)

    assert search_cache.statistics().vaults == 1
    reader = vault.reader()
    assert await titles(search_cache, vault, reader) == ["a"]
    assert reader.read == 1


async def test_a_vault_erased_while_it_is_read_is_not_cached() -> None:
    search_cache, vault = SearchCache(SearchSettings()), vault_of("a")
    gate = asyncio.Event()
    under_way = asyncio.create_task(titles(search_cache, vault, vault.reader(gate=gate)))
    await asyncio.sleep(0)

    search_cache.forget(vault.id)
    gate.set()

    assert await under_way == ["a"]
    assert (search_cache.statistics().vaults, search_cache.statistics().bytes) == (0, 0)


@pytest.mark.parametrize("letter", ["a", "é", "ж", "😀"])
def test_the_estimated_size_is_close_to_the_allocated_size(letter: str) -> None:
    draft, opened = SearchIndexDraft(), list[OpenedIdea]()
    tracemalloc.start()
    try:
        for number in range(200):
            idea = idea_of(f"{letter * 150} {number}", notes=f"{letter * 4000} {number}", tags=[f"tag {number}"])
            opened.append(OpenedIdea.of(1, 2**62, idea))
            del idea
            if len(opened) == 10:
                draft.merge(Block.of(opened))
                opened.clear()
        for block in draft._read:
            assert isinstance(block, Block)
            assert [document for document in block.documents if document.keys]
        taken = sum(trace.size for trace in tracemalloc.take_snapshot().filter_traces([OF_IDEAS]).traces)
    finally:
        tracemalloc.stop()

    assert draft.size == pytest.approx(taken, rel=0.1)


async def test_the_estimated_size_includes_many_tags() -> None:
    """An idea can have up to 333 tags, and each may be unique."""
    ideas = [
        idea_of(f"{number}", tags=[chr(0x4E00 + number) + chr(0x4E00 + place) for place in range(300)])
        for number in range(100)
    ]
    draft = SearchIndexDraft()
    draft.merge(block_of(*((1, idea) for idea in ideas)))
    await draft.settle(TimeSlice())
    search_index = await draft.finish(VaultVersion(VaultRevision(1), 0, 100), TimeSlice())
    assert isinstance(search_index, SearchIndex)
    tracemalloc.start()
    try:
        await search_index.select(SearchQuery(sort="title", limit=1, tags=("x",)), TimeSlice())
        taken, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert taken < 3 * search_index.size
