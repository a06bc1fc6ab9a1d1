"""A search costs time that is linear in the text, whatever is searched for, and finds what `in` finds."""

import time
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.ideas.entries import Entry
from creatorvault.ideas.needles import linear_search
from creatorvault.ideas.queries import CorpusQuery, Filter
from tests.ideas.paper_vaults import idea_of

FEW_LETTERS: Final = st.text(alphabet="ab", max_size=40)


@given(FEW_LETTERS.filter(bool), FEW_LETTERS, st.integers(1, 20))
def test_a_needle_that_repeats_itself_is_found_where_it_is(part: str, text: str, times: int) -> None:
    needle = part * times
    search = linear_search(needle)

    for haystack in (text, text + needle, needle[1:] + text, text + needle[:-1] + "b", needle):
        assert search is None or (search(haystack) is not None) == (needle in haystack)


@pytest.mark.parametrize("needle", ["a.c" * 9, "(" * 9, "\\" * 9, "a|b" * 9, "[x]" * 9, "^$" * 9, "ä" * 9, "😀" * 9])
def test_signs_of_regular_expressions_are_plain_text(needle: str) -> None:
    search = linear_search(needle)

    assert search is not None
    assert search(f"before {needle} after")
    assert not search(f"before {needle[:-1]} after")


@pytest.mark.parametrize("needle", ["zebra", "camera light", "mississippi", "ha", "haha", "...", "Straße", "1984-1984"])
def test_words_are_looked_for_in_the_fastest_way(needle: str) -> None:
    assert linear_search(needle) is None


@pytest.mark.parametrize(
    ("needle", "text"),
    [
        ("a" * 96 + "baa", "a" * 5000),
        ("a" * 60 + "b" + "a" * 30, "a" * 5000),
        ("a" * 999 + "b", "a" * 2400),
        ("é" * 96 + "bé", "é" * 5000),
        ("ab" * 40 + "aa", "ab" * 2500),
    ],
)
def test_no_needle_costs_many_times_what_a_word_costs(needle: str, text: str) -> None:
    entries = [Entry.of(1, idea_of("t", notes=f"{text}{number}")) for number in range(60)]

    word = least_seconds(lambda: found("zebra", entries))
    repetitive = least_seconds(lambda: found(needle, entries))

    assert not found(needle, entries)
    assert repetitive < 12 * word, "CPython's own way takes up to sixty times as long"


def found(needle: str, entries: list[Entry]) -> bool:
    return bool(Filter.of(CorpusQuery(search=needle)).with_needle(entries))


def least_seconds(work: Callable[[], object]) -> float:
    """Of processor time: what others do on this machine does not count, nor does what disturbed one run."""
    taken = []
    for _ in range(5):
        began = time.thread_time()
        work()
        taken.append(time.thread_time() - began)
    return min(taken)
