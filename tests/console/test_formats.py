"""How values of API responses are shown in each language."""

import re
from datetime import UTC, datetime

import pytest
from markupsafe import Markup

from creatorvault.console.formats import NOTHING, clock, moment, number, said, shown, size
from creatorvault.console.languages import language
from creatorvault.core.console.declarations import Column, Kind

ENGLISH, GERMAN, URDU = map(language, ("en", "de", "ur"))


def text(html: str) -> str:
    return re.sub(r"<[^>]+>", " ", html).replace("\u202f", " ").replace("\xa0", " ").strip()


def column(kind: Kind, **values: str) -> Column:
    return Column(name="value", label="Value", kind=kind, values=values)


@pytest.mark.parametrize("kind", Kind)
def test_what_is_missing_is_a_dash(kind: Kind) -> None:
    missing: list[object] = [None, "", [], {}]
    for value in missing:
        assert shown(ENGLISH, value, column(kind)) == NOTHING


def test_numbers_are_grouped_as_the_language_does() -> None:
    assert text(shown(ENGLISH, 1234567.5, column(Kind.NUMBER))) == "1,234,567.5"
    assert text(shown(GERMAN, 1234567.5, column(Kind.NUMBER))) == "1.234.567,5"
    assert number(URDU.locale, 0) == "0"


@pytest.mark.parametrize(
    "value, expected",
    [
        (0, "0 byte"),
        (999, "999 byte"),
        (1000, "1 kB"),
        (1_550_000, "1.6 MB"),
        (10**9, "1 GB"),
        (5 * 10**18, "5,000 PB"),
    ],
)
def test_sizes_have_the_largest_unit_of_which_there_is_one(value: int, expected: str) -> None:
    assert text(size(ENGLISH.locale, value)) == expected
    assert text(shown(ENGLISH, value, column(Kind.BYTES))) == expected


def test_moments_are_in_utc() -> None:
    html = shown(GERMAN, "2026-11-30T23:30:05+05:00", column(Kind.MOMENT))

    assert html == '<time datetime="2026-11-30T18:30:05Z">30.11.2026 18:30:05\N{NO-BREAK SPACE}UTC</time>'
    assert text(shown(URDU, "2026-11-30T23:30:05Z", column(Kind.MOMENT))) == "30 نومبر، 2026 23:30:05 UTC"
    assert moment(GERMAN.locale, datetime(2026, 11, 30, 18, 30, 5, tzinfo=UTC)) == html
    assert text(clock(datetime(2026, 11, 30, 18, 30, 5, tzinfo=UTC))) == "18:30 UTC"


def test_flags_are_words() -> None:
    assert [shown(spoken, True, column(Kind.FLAG)) for spoken in (ENGLISH, GERMAN, URDU)] == ["Yes", "Ja", "ہاں"]
    assert [shown(spoken, False, column(Kind.FLAG)) for spoken in (ENGLISH, GERMAN, URDU)] == ["No", "Nein", "نہیں"]


def test_a_status_is_shown_as_its_message_with_its_value_for_the_style() -> None:
    known = shown(GERMAN, "on", column(Kind.STATUS, on="Yes"))

    assert known == '<span class="status" data-status="on">Ja</span>'
    assert text(shown(GERMAN, "other", column(Kind.STATUS, on="Yes"))) == "other"


def test_identifiers_are_written_from_left_to_right() -> None:
    assert shown(URDU, "a-1", column(Kind.IDENTIFIER)) == '<bdi class="identifier" dir="ltr">a-1</bdi>'


def test_pairs_and_lists_show_what_is_in_them() -> None:
    pairs = shown(
        ENGLISH, {"ideas": 1000, "open": True, "vaults": None, "in": {"a": "b"}}, column(Kind.PAIRS, ideas="Ideas")
    )

    assert text(pairs).split() == ["Ideas", "1,000", "open", "Yes", "vaults", "–", "in", "a", "b"]
    assert shown(ENGLISH, ["read", "keys"], column(Kind.TEXT, read="View")) == (
        "<ul><li><bdi>View</bdi></li><li><bdi>keys</bdi></li></ul>"
    )


@pytest.mark.parametrize("kind", [Kind.NUMBER, Kind.BYTES, Kind.MOMENT, Kind.FLAG, Kind.PAIRS, Kind.TEXT])
def test_a_value_of_another_kind_is_shown_as_text(kind: Kind) -> None:
    assert shown(ENGLISH, "unlimited", column(kind)) == "<bdi>unlimited</bdi>"


@pytest.mark.parametrize("kind", Kind)
def test_nothing_in_a_value_becomes_markup(kind: Kind) -> None:
    for value in ("<script>", {"<script>": "<script>"}, ["<script>"]):
        html = shown(ENGLISH, value, column(kind))
        assert isinstance(html, Markup)
        assert "<script>" not in html


def test_a_text_without_a_translation_is_marked_as_english() -> None:
    assert said(GERMAN, "A <text>") == '<span lang="en" dir="ltr">A &lt;text&gt;</span>'
    assert said(GERMAN, "Yes") == "Ja"
    assert said(ENGLISH, "A <text>") == "A &lt;text&gt;"
    assert shown(URDU, "A text", column(Kind.PROSE)) == said(URDU, "A text")
