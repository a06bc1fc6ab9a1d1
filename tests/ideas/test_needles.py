"""A search takes time linear in the text for any needle, and finds what `in` finds."""

import re
import time
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from creatorvault.ideas.search.blocks import Block
from creatorvault.ideas.search.needles import finder
from tests.ideas.paper_vaults import block_of, idea_of

FEW_LETTERS: Final = st.text(alphabet="ab", max_size=40)
TEXTS: Final = st.text(alphabet=st.sampled_from("abé€😀\0 "), max_size=300)


@given(FEW_LETTERS.filter(bool), FEW_LETTERS, st.integers(1, 20))
def test_a_repetitive_needle_is_found(part: str, text: str, times: int) -> None:
    needle = part * times
    find = finder(needle)

    for haystack in (text, text + needle, needle[1:] + text, text + needle[:-1] + "b", needle):
        assert find(haystack.encode(), 0) == haystack.find(needle)


@given(TEXTS, st.text(alphabet="abé€😀 ", min_size=1, max_size=90), st.integers(0, 300))
@example("", "a", 0)
@example("ba", "ab", 1)
def test_a_needle_is_found_at_every_position(text: str, needle: str, at: int) -> None:
    """For any length and start position: vector instructions compare 16 to 64 bytes at once."""
    haystack, wanted = (text[:at] + needle + text[at:]).encode(), needle.encode()
    find = finder(needle)

    for start in range(len(haystack) + 1):
        assert max(find(haystack, start), -1) == haystack.find(wanted, start)


@pytest.mark.parametrize("needle", ["a.c" * 9, "(" * 9, "\\" * 9, "a|b" * 9, "[x]" * 9, "^$" * 9, "ä" * 9, "😀" * 9])
def test_regular_expression_syntax_is_plain_text(needle: str) -> None:
    find = finder(needle)

    assert find(f"before {needle} after".encode(), 0) == len("before ")
    assert find(f"before {needle[:-1]} after".encode(), 0) < 0


@pytest.mark.parametrize(
    ("needle", "text"),
    [
        ("a" * 96 + "baa", "a" * 5000),
        ("a" * 60 + "b" + "a" * 30, "a" * 5000),
        ("a" * 999 + "b", "a" * 2400),
        ("é" * 96 + "bé", "é" * 5000),
        ("ab" * 40 + "aa", "ab" * 2500),
        ("abc" * 4 + "abd" + "abc" * 4, "abc" * 1600),
        ("abcd" * 249 + "X" + "abc", "abcd" * 1250),
        ("😀" * 998 + "😺😀", "😀" * 5000),
    ],
)
def test_every_needle_takes_linear_time(needle: str, text: str) -> None:
    blocks = [block_of(*((1, idea_of("t", notes=f"{text}{number}")) for number in range(20))) for _ in range(6)]
    once = re.compile(b"zebra").search
    texts = [(text * 20).encode() for _ in blocks]

    word = least_seconds(lambda: [once(text) for text in texts])
    repetitive = least_seconds(lambda: found(needle, blocks))

    assert not found(needle, blocks)
    assert repetitive < 12 * word, "comparing at each place takes up to sixty times as long"


def found(needle: str, blocks: list[Block]) -> bool:
    find = finder(needle)
    return sum(len(block.holding(find)) for block in blocks) > 0


def least_seconds(work: Callable[[], object]) -> float:
    """Returns the minimum processor time of several runs, so that other load does not count."""
    taken = []
    for _ in range(5):
        began = time.thread_time()
        work()
        taken.append(time.thread_time() - began)
    return min(taken)
