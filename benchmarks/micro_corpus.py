"""What a corpus costs by itself, without a database. Run it: python benchmarks/micro_corpus.py

Prints the time to build one out of opened ideas, to open as many from segments instead, to search it warm (every search
another one, so that no remembered answer helps), to follow one change, and the bytes it takes. The longest pause is how
long a search kept the event loop to itself.
"""

import asyncio
import random
from datetime import UTC, datetime, timedelta
from itertools import batched
from statistics import median
from time import perf_counter
from uuid import UUID, uuid4

from creatorvault.core.identifiers import KeyVersion, TenantId, UserId, VaultId, VaultRevision, VaultVersion
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.search.blocks import MOST, Block
from creatorvault.ideas.search.documents import OpenedIdea
from creatorvault.ideas.search.draft import SearchIndexDraft
from creatorvault.ideas.search.filters import SearchQuery
from creatorvault.ideas.search.index import SearchIndex
from creatorvault.ideas.segments.sealing import SegmentSealer

SIZES = (1_000, 10_000, 100_000)
SEARCHES = 40
TEXT = """
    the a of to and in for with on how why camera light sound edit cut story hook title draft podcast guest episode
    review travel kitchen recipe budget studio microphone interview thumbnail series season audience script outline
    question answer mistake lesson secret beginner week month sponsor channel letter music street market river winter
"""
WORDS = TEXT.split()


def sample_idea(chance: random.Random, number: int) -> IdeaResponse:
    """About 500 characters of title and notes, three tags."""
    time = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    return IdeaResponse(
        title=" ".join(chance.choices(WORDS, k=7)).capitalize(),
        notes=" ".join(chance.choices(WORDS, k=80)),
        tags=chance.sample(WORDS, 3),
        id=UUID(int=chance.getrandbits(128)),
        user_id="ada",
        created_at=time,
        updated_at=time,
    )


async def build(ideas: list[IdeaResponse]) -> SearchIndex:
    draft, time_slice = SearchIndexDraft(), TimeSlice()
    for block in blocks_of(ideas):
        draft.merge(block)
    await draft.settle(time_slice)
    search_index = await draft.finish(VaultVersion(VaultRevision(1), 0, len(ideas)), time_slice)
    assert isinstance(search_index, SearchIndex)
    return search_index


def blocks_of(ideas: list[IdeaResponse]) -> list[Block]:
    opened = [OpenedIdea.of(revision, revision, idea) for revision, idea in enumerate(ideas, start=1)]
    return [Block.of(batch) for batch in batched(opened, MOST)]


def opening(ideas: list[IdeaResponse]) -> float:
    """Milliseconds to open all of them from segments."""
    vault = VaultId(TenantId(uuid4()), UserId("ada"))
    sealer = SegmentSealer.of(VaultCipher(vault, VaultRevision(1), {KeyVersion(1): bytes(32)}, unusable={}))
    segments = [sealer.seal(block) for block in blocks_of(ideas)]
    start = perf_counter()
    for segment in segments:
        sealer.open(segment)
    return (perf_counter() - start) * 1000


def searches(chance: random.Random) -> list[SearchQuery]:
    """Halves of two words in a row: found now and then, and none the beginning of another."""
    return [
        SearchQuery(search=f"{chance.choice(WORDS)} {chance.choice(WORDS)} {chance.choice(WORDS)[:2]}")
        for _ in range(SEARCHES)
    ]


async def note_pauses(found: list[float]) -> None:
    """Adds the milliseconds between one turn of the event loop and the next, until it is cancelled."""
    while True:
        before = perf_counter()
        await asyncio.sleep(0)
        found.append((perf_counter() - before) * 1000)


async def measured(search_index: SearchIndex, queries: list[SearchQuery]) -> list[float]:
    times = []
    for query in queries:
        start = perf_counter()
        await search_index.select(query, TimeSlice())
        times.append((perf_counter() - start) * 1000)
        await asyncio.sleep(0)
    return sorted(times)


async def report(size: int, chance: random.Random) -> str:
    ideas = [sample_idea(chance, number) for number in range(size)]
    start = perf_counter()
    search_index = await build(ideas)
    built = (perf_counter() - start) * 1000
    opened = opening(ideas)

    [first_title_order] = await measured(search_index, [SearchQuery(sort="title")])
    [first_order] = await measured(search_index, [SearchQuery()])
    scans = await measured(search_index, searches(chance))
    [tagged] = await measured(search_index, [SearchQuery(tags=("kitchen",), sort="title")])

    seen: list[float] = []
    watch = asyncio.create_task(note_pauses(seen))
    await measured(search_index, searches(chance)[:5])
    watch.cancel()

    start = perf_counter()
    draft = SearchIndexDraft(search_index)
    draft.merge(Block.of([OpenedIdea.of(2, sample_idea(chance, 0))]))
    await draft.settle(TimeSlice())
    followed = await draft.finish(VaultRevision(2), TimeSlice())
    following = (perf_counter() - start) * 1000
    assert (await followed.select(SearchQuery(), TimeSlice())).total == size + 1

    p95 = scans[int(len(scans) * 0.95)]
    figures = [
        built / size * 1000,
        opened / size * 1000,
        median(scans),
        p95,
        tagged,
        first_order,
        first_title_order,
        following,
        max(seen),
    ]
    return f"{size:>8,}" + "".join(f"{figure:>12.2f}" for figure in figures) + f"{search_index.size / size:>12.0f}"


async def main() -> None:
    chance = random.Random(7)
    print("milliseconds; ideas of 500 characters")
    columns = (
        "build/1,000",
        "open/1,000",
        "search",
        "p95",
        "tag",
        "first order",
        "first title",
        "change",
        "pause",
        "bytes/idea",
    )
    print(f"{'ideas':>8}" + "".join(f"{column:>12}" for column in columns))
    for size in SIZES:
        print(await report(size, chance))


if __name__ == "__main__":
    asyncio.run(main())
