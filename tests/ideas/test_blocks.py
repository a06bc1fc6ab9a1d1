"""Searching, removing, joining and unpacking a block gives the same results as for separate ideas."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.search.blocks import Block
from creatorvault.ideas.search.needles import finder
from tests.ideas.paper_vaults import block_of, idea_of
from tests.ideas.strategies import ideas

pytestmark = pytest.mark.no_cover

STORED = st.lists(ideas(), min_size=1, max_size=6, unique_by=lambda idea: idea.id)
LETTERS = st.text(alphabet="abж€😀", min_size=1, max_size=4)


def numbered(stored: list[IdeaResponse], first: int = 1) -> Block:
    return block_of(*enumerate(stored, start=first))


def ids(stored: list[IdeaResponse]) -> list[bytes]:
    return [idea.id.bytes for idea in stored]


def brought_back(block: Block) -> Block:
    return Block.unpacked(block.packed(), block.revisions)


@given(st.lists(st.tuples(LETTERS, st.none() | LETTERS), min_size=1, max_size=8), LETTERS)
def test_exactly_the_ideas_with_the_needle_are_found_once(texts: list[tuple[str, str | None]], needle: str) -> None:
    stored = [idea_of(title, notes=notes) for title, notes in texts]
    wanted = normalize("NFKC", needle)
    holding = [
        idea.id.bytes for idea in stored if wanted in idea.title or wanted in normalize("NFKC", idea.notes or "")
    ]

    for block in (numbered(stored), brought_back(numbered(stored))):
        assert [document.id for document in block.holding(finder(wanted))] == holding


@given(STORED, st.sets(st.integers(0, 5)))
def test_removing_ideas_gives_a_block_of_the_others(stored: list[IdeaResponse], places: set[int]) -> None:
    gone = {idea.id.bytes for place, idea in enumerate(stored) if place in places}
    left = [(place, idea) for place, idea in enumerate(stored, start=1) if idea.id.bytes not in gone]

    for block in (numbered(stored), brought_back(numbered(stored))):
        others = block.without(gone)

        assert block.packed() == numbered(stored).packed(), "which stays as it is"
        if left:
            assert others is not None
            made = block_of(*left)
            assert (others.packed(), others.size, len(others)) == (made.packed(), made.size, len(left))
        else:
            assert others is None


@given(STORED, STORED, st.booleans())
def test_joining_gives_a_block_of_both(one: list[IdeaResponse], other: list[IdeaResponse], is_later: bool) -> None:
    first, second = numbered(one, 10), numbered(other, 30 if is_later else 1)

    joined = brought_back(first).joined(second)

    revisions = [*range(10, 10 + len(one)), *range(second.revisions[0], second.revisions[0] + len(other))]
    assert joined.packed() == block_of(*zip(revisions, [*one, *other], strict=True)).packed()
    assert joined.digest == first.digest ^ second.digest
    assert list(joined.ids) == ids([*one, *other])
    assert joined.revisions == (min(10, second.revisions[0]), max(9 + len(one), second.revisions[1]))


@given(STORED)
def test_documents_are_the_same_objects_each_time(stored: list[IdeaResponse]) -> None:
    block = brought_back(numbered(stored))
    again = block.without([])

    assert all(one is other for one, other in zip(block.documents, block.documents, strict=True))
    assert again is not None
    assert all(one is other for one, other in zip(block.documents, again.documents, strict=True)), (
        "in its next block too"
    )
