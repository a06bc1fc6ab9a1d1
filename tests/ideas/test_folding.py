"""Which texts are equal for search, tags and the order of titles."""

import re
from collections.abc import Callable
from itertools import chain
from math import inf
from time import process_time
from unicodedata import combining, normalize

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from creatorvault.ideas.text.collation import title_key
from creatorvault.ideas.text.folding import fold, fold_case, fold_tag
from creatorvault.ideas.text.stream_safe import (
    JOINER,
    MOST_AFTER_A_STARTER,
    NON_STARTER,
    TWO_NON_STARTERS,
    stream_safe,
)
from tests.ideas.strategies import PIECES, texts, wide_texts
from tests.plain_search import UNSEEN, as_people_sort, folded

pytestmark = pytest.mark.no_cover

LETTERS_OF_MANY_KINDS = (
    "aZéŁøßæıİ’“—…´″ \n\u00a0\u3000\u00ad\u200b\u200c\ufe0f❤🎬Жёїґάς한かガｶﾞﾟ中שׁا्ً\u0301\u0323\u034f\U000e0100ﬁＡ²"
)


def hex_of(character: str) -> str:
    return f"U+{ord(character):04X}"


@pytest.mark.parametrize(
    ("needle", "text"),
    [
        ("STRASSE", "straße"),
        ("straße", "STRASSE"),
        ("strasse", "STRAẞE"),
        ("film", "ﬁlm"),
        ("ﬁlm", "FILM"),
        ("café", "CAFE\u0301"),
        ("cafe\u0301", "Café"),
        ("ὀδυσσεύς", "ὈΔΥΣΣΕΎΣ"),
        ("i\u0307stanbul", "İSTANBUL"),
        ("カメラ", "\uff76\uff92\uff97"),
        ("2", "x²"),
        ("100%", "100% real"),
        ("_", "snake_case"),
        ("\\", "back\\slash"),
        ("😀", "smile 😀"),
    ],
)
def test_a_search_finds_the_text_however_it_is_written(needle: str, text: str) -> None:
    assert fold(needle) in fold(text)


@pytest.mark.parametrize(
    "mark",
    "\u0300\u036f\u0483\u0487\u1ab0\u1ace\u1dc0\u1dff\u20d0\u20f0\u2de0\u2dff\ua66f\ua67d\ua69e\ua69f\ufe20\ufe2f",
    ids=hex_of,
)
def test_a_search_ignores_the_marks_of_every_block_of_accents(mark: str) -> None:
    """The first and the last of each block (Unicode 15.1, Blocks.txt)."""
    assert fold(f"a{mark}b") == "ab"


@pytest.mark.parametrize(
    "sign", "\u00ad\u200b\ufeff\U0001bca0\U0001bca3\U0001d173\U0001d17a\U000e0000\U000e0fff", ids=hex_of
)
@pytest.mark.parametrize("text", ["ab", "аб", "日本"])
def test_a_search_ignores_invisible_signs(text: str, sign: str) -> None:
    assert fold(sign.join(text)) == fold(text)


@pytest.mark.parametrize(
    ("needle", "text"), [("\u0301", "é"), ("%", "percent"), ("a_c", "abc"), ("\\", "/"), ("か", "が")]
)
def test_a_search_distinguishes_different_texts(needle: str, text: str) -> None:
    assert fold(needle) not in fold(text)


@given(texts | wide_texts)
def test_canonically_equal_texts_fold_alike(text: str) -> None:
    assert fold(normalize("NFD", text)) == fold(normalize("NFC", text)) == fold(text)


@given(texts | wide_texts | st.text(st.characters(max_codepoint=127)))
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold_tag(fold_tag(text)) == fold_tag(text)


@given(texts | wide_texts)
def test_only_invisible_text_folds_to_nothing(text: str) -> None:
    assert bool(fold(text)) == bool(UNSEEN.sub("", text))


@given(texts | wide_texts | st.text(st.sampled_from(LETTERS_OF_MANY_KINDS)))
def test_folding_equals_the_reference_rule(text: str) -> None:
    assert fold(text) == folded(text)


def test_every_character_folds_as_in_the_reference_rule() -> None:
    """Alone, within words of three alphabets, and with an accent. Ideographs fold to themselves."""
    for point in chain(range(1, 0x3400), range(0xA000, 0xAC40), range(0xF900, 0x10000), range(0x1D400, 0x1D800)):
        character = chr(point)
        assert fold(character) == folded(character), ascii(character)
        if folded(character) != character:
            for text in (f"a{character}b", f"д{character}", f"か{character}", f"{character}\u0301"):
                assert fold(text) == folded(text), ascii(text)


@given(st.lists(st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"])), min_size=2, max_size=2))
def test_joined_texts_fold_like_separate_ones(parts: list[str]) -> None:
    title, notes = parts

    assert fold(f"{title}\0{notes}") == f"{fold(title)}\0{fold(notes)}"


@pytest.mark.parametrize(("tag", "other"), [(" Video ", "vIDEO"), ("Straße", "STRASSE"), ("\u00a0é", "E\u0301")])
def test_tags_ignore_case_and_surrounding_spaces(tag: str, other: str) -> None:
    assert fold_tag(tag) == fold_tag(other)


@given(texts | wide_texts)
def test_the_order_of_titles_is_total(title: str) -> None:
    assert title_key(title)[1] == title


@given(st.lists(texts | wide_texts | st.text("ab 019.٣②-“é", max_size=8)))
def test_titles_sort_as_in_the_reference_rule(titles: list[str]) -> None:
    assert sorted(titles, key=title_key) == sorted(titles, key=as_people_sort)


# Marks of a letter with canonical combining classes 216, 220, 230, 232 and 240, not in canonical order.
MARKS = "\u0345\u0315\u0301\u0323\u031b"
HOSTILE = [
    "\u0315" * 500 + "\u0323" * 500,
    "\u0315\u0323" * 500,
    MARKS * 200,
    "\u0344\u0323" * 500,
    "\u0f73" * 1000,
    "\uff9e\u3099" * 500,
    "\u1fb3" + "\u0345\u0323" * 500,
    "\U0001d165\U0001d16d" * 500,
    ("\u1f82" + "\u0323\u0301" * 14) * 36,
    "\u0390" + "\u0323" * 1000,
    "\ufdfa" * 1000,
    "\U0001f600" * 1000,
]

ORDINARY = [
    "Open with the smell of it.\n\n" * 40,
    "🎬 Die schönste Straße ❤️ " * 40,
    "می\u200cخواهم یک ایده " * 60,
    "Tiếng Việt là “ngôn ngữ” … " * 40,
    "Sound 中文カメラ Жизнь שלום " * 40,
    "So\u00adund\u200bof\ufe0f 9,200 10" * 40,
]
BLANK = [" " * 1000, "\n" * 1000, " \t\n\v\f\r\x1c" * 150, "\u3000\u00a0" * 500, "\u200b" * 1000]


def old_rule(text: str) -> str:
    """The rule without the Stream-Safe Text Process."""
    return normalize("NFKC", normalize("NFKC", text).casefold())


def longest_run(text: str) -> int:
    """Returns the length of the longest run of non-starters, as counted by UAX #15."""
    longest = run = 0
    for character in normalize("NFKD", text):
        run = run + 1 if combining(character) else 0
        longest = max(longest, run)
    return longest


marked = st.lists(st.tuples(st.sampled_from(PIECES), st.text(MARKS + "\u0344", max_size=9))).map(
    lambda pairs: "".join(letter + marks for letter, marks in pairs)
)
runs = st.lists(st.text(MARKS + "\u0344\u0f73\uff9e\u1f82\u05b0\U0001d165a", max_size=80), max_size=3).map("".join)


@given(texts | wide_texts | marked)
def test_a_text_without_long_runs_of_marks_folds_as_before(text: str) -> None:
    assume(longest_run(text) <= 30)

    assert fold_case(text) == old_rule(text)


@given(runs)
def test_a_folded_text_has_at_most_30_marks_in_a_row(text: str) -> None:
    assert longest_run(fold(text)) <= 30


@given(runs)
def test_only_joiners_are_added_and_only_after_30_marks(text: str) -> None:
    added = stream_safe(text)

    assert added.replace(JOINER, "") == text.translate(TWO_NON_STARTERS)
    parts = normalize("NFKD", added).split(JOINER)
    assert all(longest_run(part[-30:]) == 30 for part in parts[:-1])


def test_30_consecutive_marks_are_kept_and_31_are_split() -> None:
    assert stream_safe("é" + "\u0323" * 29) == "é" + "\u0323" * 29
    assert stream_safe("é" + "\u0323" * 30) == "é" + "\u0323" * 29 + JOINER + "\u0323"
    assert stream_safe("\u0323" * 61) == JOINER.join(["\u0323" * 30, "\u0323" * 30, "\u0323"])


def test_a_search_for_many_marks_finds_them() -> None:
    text = f"Ze\u0301ro {'o' + MARKS * 100} end"

    assert fold(f"Z\u00e9ro {'O' + MARKS * 100}") in fold(text)
    assert fold(" END") in fold(text)


def seconds(work: Callable[[], object]) -> float:
    """Returns the minimum processor time of several runs, since the machine has other load."""
    best = inf
    for _ in range(5):
        begun = process_time()
        work()
        best = min(best, process_time() - begun)
    return best


@pytest.mark.parametrize("text", [*HOSTILE, *ORDINARY, *BLANK], ids=lambda text: ascii(text[:4]))
@pytest.mark.parametrize("folded", [fold, fold_tag, title_key])
def test_folding_takes_linear_time(folded: Callable[[str], object], text: str) -> None:
    once, four_times = text * 4, text * 16

    # Quadratic time would take sixteen times as long.
    assert seconds(lambda: folded(four_times)) <= 10 * seconds(lambda: folded(once))


def test_no_letter_has_more_marks_than_the_rule_assumes() -> None:
    for character in map(chr, chain(range(0xD800), range(0xE000, 0x110000))):
        marks = [combining(part) > 0 for part in normalize("NFKD", character)]
        if ord(character) in TWO_NON_STARTERS:
            assert marks == [True, True], ascii(character)
        elif all(marks):
            assert len(marks) == 1, ascii(character)
            assert re.fullmatch(NON_STARTER, character), ascii(character)
        else:
            assert not marks[0], ascii(character)
            assert longest_run(character) <= MOST_AFTER_A_STARTER, ascii(character)
