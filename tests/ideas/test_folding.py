"""Which texts count as the same."""

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.ideas.folding import fold, fold_tag, title_key
from tests.ideas.strategies import texts, wide_texts


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
    ("needle", "text"), [("cafe", "café"), ("\u0301", "é"), ("%", "percent"), ("a_c", "abc"), ("\\", "/"), ("ı", "i")]
)
def test_a_search_tells_apart_what_the_rule_tells_apart(needle: str, text: str) -> None:
    assert fold(needle) not in fold(text)


@given(texts | wide_texts)
def test_canonically_equal_texts_fold_alike(text: str) -> None:
    assert fold(normalize("NFD", text)) == fold(normalize("NFC", text)) == fold(text)


@given(texts | wide_texts | st.text(st.characters(max_codepoint=127)))
def test_folding_a_folded_text_changes_nothing(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    assert fold_tag(fold_tag(text)) == fold_tag(text)


@given(texts | wide_texts)
def test_a_text_that_is_not_empty_never_folds_to_nothing(text: str) -> None:
    assert fold(text)


@given(st.lists(st.text(st.characters(min_codepoint=1, exclude_categories=["Cs"])), min_size=2, max_size=2))
def test_title_and_notes_fold_together_as_they_fold_apart(parts: list[str]) -> None:
    title, notes = parts

    assert fold(f"{title}\0{notes}") == f"{fold(title)}\0{fold(notes)}"


@pytest.mark.parametrize(("tag", "other"), [(" Video ", "vIDEO"), ("Straße", "STRASSE"), ("\u00a0é", "E\u0301")])
def test_tags_are_equal_without_regard_to_case_and_blanks_around(tag: str, other: str) -> None:
    assert fold_tag(tag) == fold_tag(other)


def test_titles_sort_as_people_expect() -> None:
    titles = [
        "zebra",
        "Émile",
        "emile",
        "Emile",
        "ecru",
        "İzmir",
        "izmit",
        "Straße 2",
        "strasse 1",
        "Zebra",
        "ﬁn",
        "film",
    ]

    assert sorted(titles, key=title_key) == [
        *("ecru", "Emile", "emile", "Émile", "film", "ﬁn", "İzmir", "izmit"),
        *("strasse 1", "Straße 2", "Zebra", "zebra"),
    ]


@given(texts | wide_texts)
def test_the_order_of_titles_is_total(title: str) -> None:
    first, second = title_key(title)

    assert second == title
    assert title_key(first)[0] == first
