"""Checks the tables of docs/search.md and searches.md through the API."""

import pytest

from creatorvault.ideas.text.collation import title_key
from creatorvault.ideas.text.folding import fold
from tests.factories import Creator
from tests.ideas.search_page import orders, searches
from tests.plain_search import as_people_sort, folded, is_found
from tests.walks import walk

pytestmark = pytest.mark.no_cover


async def test_the_documents_have_enough_rows() -> None:
    assert len(searches()) >= 120
    assert len(orders()) >= 60


@pytest.mark.parametrize("half", [0, 1])
async def test_searches_match_the_documents(ada: Creator, half: int) -> None:
    rows = searches()[half::2]
    ids = {text: (await ada.idea(text))["id"] for text in {row.text for row in rows}}

    for row in rows:
        answer = await ada.list({"search": row.needle, "limit": 100})
        if row.found == "refused":
            assert answer.status_code == 422, row
            continue
        page = answer.json()
        assert (ids[row.text] in {idea["id"] for idea in page["items"]}) == (row.found == "yes"), row
        assert page["total"] == sum(is_found(row.needle, text) for text in ids), row


async def test_notes_are_searched_as_titles_are(ada: Creator) -> None:
    rows = [row for row in searches() if row.found == "yes"][::4]
    ids = [(await ada.idea("title", notes=f"Before. {row.text} After."))["id"] for row in rows]

    for row, id_ in zip(rows, ids, strict=True):
        page = (await ada.list({"search": row.needle, "limit": 100})).json()
        assert id_ in {idea["id"] for idea in page["items"]}, row


@pytest.fixture
async def shelf(ada: Creator) -> Creator:
    """The titles of each row are created in reverse order, with the number of the row as their tag."""
    for number, row in enumerate(orders()):
        for title in reversed(row.titles):
            await ada.idea(title, tags=[f"row {number}"])
    return ada


async def test_titles_sort_as_in_the_documents(shelf: Creator) -> None:
    for number, row in enumerate(orders()):
        asked = {"sort": "title", "tags": f"row {number}", "limit": 100}
        assert await shelf.titles(asked | {"order": "asc"}) == row.titles, row
        assert await shelf.titles(asked | {"order": "desc"}) == row.titles[::-1], row


async def test_titles_are_sorted_by_cursor_and_by_offset(shelf: Creator) -> None:
    expected = sorted((title for row in orders() for title in row.titles), key=as_people_sort)
    for order, titles in (("asc", expected), ("desc", expected[::-1])):
        asked: list[tuple[str, object]] = [("sort", "title"), ("order", order)]
        pages = [page async for page in walk([shelf], asked)]
        assert [idea["title"] for page in pages for idea in page["items"]] == titles
        by_offset = [
            title
            for offset in range(0, len(titles), 100)
            for title in await shelf.titles([("sort", "title"), ("order", order), ("limit", 100), ("offset", offset)])
        ]
        assert by_offset == titles


async def test_the_reference_rule_and_the_fast_one_agree() -> None:
    for row in searches():
        for text in (row.needle, row.text, f"{row.text} {row.needle}", f"日本{row.text}🎬", row.text * 40):
            assert fold(text) == folded(text), row
    titles = [title for row in orders() for title in row.titles]
    assert sorted(titles, key=title_key) == sorted(titles, key=as_people_sort)
