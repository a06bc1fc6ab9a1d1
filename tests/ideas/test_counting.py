"""Counts of ideas and of tags are those of a plain list of the ideas."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.core.waiting.event_loop_budget import EventLoopBudget, TimeSlice
from creatorvault.ideas.errors import TooManyTags
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.search import draft as draft_module
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.ideas.statistics import counting
from creatorvault.ideas.statistics.counting import CountIdeas, CountTags
from creatorvault.settings.sections import SearchSettings
from tests.ideas.paper_vaults import EPOCH, PaperVault, idea_of, in_microseconds
from tests.ideas.strategies import ideas
from tests.vault_model import statistics_of, tags_of

STREAMED = SearchSettings(vault_bytes=0)
SLIM = SearchSettings(vault_bytes=2**24)

times_of_asking = st.integers(-1, 4).map(lambda days: datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=days))


@pytest.fixture
def slim(monkeypatch: pytest.MonkeyPatch) -> None:
    """No vault fits as a whole into `SLIM`, and every vault fits as a slim index."""
    monkeypatch.setattr(draft_module, "EMPTY_BYTES", 2**25)


async def statistics(search_cache: SearchCache, vault: PaperVault, now: datetime) -> Any:
    question = CountIdeas(in_microseconds(now))
    counted = await search_cache.ask(vault.id, vault.reader(), question, TimeSlice())
    return msgspec.json.decode(msgspec.json.encode(counted))


async def tags(search_cache: SearchCache, vault: PaperVault) -> Sequence[dict[str, Any]]:
    uses = await search_cache.ask(vault.id, vault.reader(), CountTags(), TimeSlice())
    return [{"tag": use.spelling, "count": use.ideas} for use in uses]


def as_json(vault: PaperVault) -> list[dict[str, Any]]:
    return [msgspec.json.decode(msgspec.json.encode(idea)) for idea in vault.ideas]


async def counted_like_a_plain_list(search_cache: SearchCache, vault: PaperVault, now: datetime) -> None:
    assert await statistics(search_cache, vault, now) == statistics_of(as_json(vault), now)
    assert await tags(search_cache, vault) == tags_of(as_json(vault))


@given(st.lists(ideas(), max_size=8), times_of_asking)
async def test_counts_are_those_of_a_plain_list(stored: list[IdeaResponse], now: datetime) -> None:
    vault = PaperVault()
    vault.put(*stored)

    for settings in (SearchSettings(), STREAMED):
        await counted_like_a_plain_list(SearchCache(settings), vault, now)


@pytest.mark.usefixtures("slim")
@pytest.mark.parametrize("settings", [SearchSettings(), SLIM], ids=["whole", "slim"])
@given(changes=st.lists(ideas() | times_of_asking | st.integers(0, 20), max_size=20))
async def test_a_refreshed_index_gives_the_counts_of_a_plain_list(
    settings: SearchSettings, changes: list[IdeaResponse | datetime | int]
) -> None:
    vault, followed = PaperVault(), SearchCache(settings)

    for change in changes:
        if isinstance(change, IdeaResponse):
            vault.put(change)
        elif isinstance(change, datetime):
            await counted_like_a_plain_list(followed, vault, change)
        elif vault.ideas:
            vault.delete(vault.ideas[change % len(vault.ideas)])


async def test_many_ideas_in_many_blocks_are_counted() -> None:
    vault, search_cache = PaperVault(), SearchCache(SearchSettings())
    for number in range(300):
        time = EPOCH + timedelta(days=number * 11)
        vault.put(idea_of(f"Title {number}", tags=[f"Tag{number % 40}", "ALL"], created_at=time, due_date=time))

    await counted_like_a_plain_list(search_cache, vault, EPOCH + timedelta(days=1000))


async def test_requests_at_the_same_time_count_tags_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creatorvault.core.waiting.event_loop_budget.SLICE_SECONDS", 0)
    vault, search_cache, budget, counted = PaperVault(), SearchCache(SearchSettings()), EventLoopBudget(), 0
    vault.put(*(idea_of(f"Title {number}", tags=[f"tag {number}"]) for number in range(50)))
    await tags(search_cache, vault)
    vault.put(idea_of("One more", tags=["tag 1"]))
    await statistics(search_cache, vault, EPOCH)
    add = CountTags.add

    async def counting_adds(self: CountTags, *arguments: Any) -> None:
        nonlocal counted
        counted += 1
        await add(self, *arguments)

    monkeypatch.setattr(CountTags, "add", counting_adds)
    version, bodies = vault.reader().version, vault.reader().bodies
    asked = [search_cache.ask_at_hand(vault.id, version, CountTags(), TimeSlice(budget), bodies) for _ in range(5)]
    first, *others = await asyncio.gather(*asked)
    blocks, counted = counted, 0
    await tags(search_cache, vault)

    assert first is not None
    assert all(other is first for other in others)
    assert blocks < 50
    assert counted == 0


async def test_tags_that_are_kept_count_against_the_budget() -> None:
    vault, other, search_cache = PaperVault(), PaperVault(), SearchCache(SearchSettings())
    vault.put(*(idea_of(f"Title {number}", tags=[f"tag {number}"]) for number in range(50)))
    await statistics(search_cache, vault, EPOCH)
    before = search_cache.statistics().bytes

    await tags(search_cache, vault)
    after = search_cache.statistics().bytes

    assert after >= before + 50 * 100
    search_cache = SearchCache(SearchSettings(corpus_bytes=before + after - 1000, vault_bytes=after))
    other.put(*vault.ideas)
    for each in (other, vault):
        await statistics(search_cache, each, EPOCH)
    await tags(search_cache, vault)
    assert list(search_cache.vaults()) == [vault.id]
    search_cache.forget(vault.id)
    assert search_cache.statistics().bytes == 0


@pytest.mark.usefixtures("slim")
@pytest.mark.parametrize("settings", [SearchSettings(), STREAMED, SLIM], ids=["whole", "streamed", "slim"])
async def test_too_many_different_tags_are_refused(settings: SearchSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "MOST_TAGS", 10)
    vault, search_cache = PaperVault(), SearchCache(settings)
    vault.put(*(idea_of(f"Title {number}", tags=[f"tag {number}", "all"]) for number in range(9)))
    assert len(await tags(search_cache, vault)) == 10
    vault.put(idea_of("One more", tags=["one more"]))

    for _ in range(2):
        with pytest.raises(TooManyTags):
            await tags(search_cache, vault)
    assert (await statistics(search_cache, vault, EPOCH))["total"] == 10
