"""The orders of a list: by title, importance and progress, without lost or repeated ideas."""

import pytest

from tests.factories import Creator

pytestmark = pytest.mark.no_cover

# Ascending: letters, then accents, then case; numbers by value.
TITLES = ["20", "100", "Ananas", "Äpfel", "apple", "Banane", "Eclair", "éclair", "Éclair", "eclairs", "straße", "Zebra"]


async def three(creator: Creator, field: str, values: list[str]) -> None:
    for value in values:
        await creator.idea(value, **{field: value})


async def test_the_newest_idea_comes_first(ada: Creator) -> None:
    for title in "abc":
        await ada.idea(title)

    assert await ada.titles() == ["c", "b", "a"]
    assert await ada.titles({"sort": "created_at", "order": "desc"}) == ["c", "b", "a"]
    assert await ada.titles({"order": "asc"}) == ["a", "b", "c"]


async def test_a_change_moves_an_idea_in_the_order_of_updates(ada: Creator) -> None:
    first = await ada.idea("first")
    await ada.idea("second")
    await ada.patch(first, {"notes": "touched"})

    assert await ada.titles({"sort": "updated_at"}) == ["first", "second"]
    assert await ada.titles({"sort": "updated_at", "order": "asc"}) == ["second", "first"]
    assert await ada.titles() == ["second", "first"]


async def test_priority_sorts_by_importance(ada: Creator) -> None:
    await three(ada, "priority", ["medium", "high", "low"])

    assert await ada.titles({"sort": "priority"}) == ["high", "medium", "low"]
    assert await ada.titles({"sort": "priority", "order": "asc"}) == ["low", "medium", "high"]


async def test_stage_sorts_by_progress(ada: Creator) -> None:
    await three(ada, "stage", ["draft", "published", "idea", "outline"])

    assert await ada.titles({"sort": "stage", "order": "asc"}) == ["idea", "outline", "draft", "published"]
    assert await ada.titles({"sort": "stage"}) == ["published", "draft", "outline", "idea"]


async def test_titles_sort_without_regard_to_case_and_accents(ada: Creator) -> None:
    for title in reversed(TITLES):
        await ada.idea(title)

    assert await ada.titles({"sort": "title", "order": "asc", "limit": 100}) == TITLES
    assert await ada.titles({"sort": "title", "limit": 100}) == TITLES[::-1]


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", ["created_at", "updated_at", "title", "priority", "stage"])
@pytest.mark.parametrize("search", ["", "same"])
async def test_pages_neither_lose_nor_repeat(ada: Creator, sort: str, order: str, search: str) -> None:
    ids = {(await ada.idea("same"))["id"] for _ in range(5)}
    asked = {"sort": sort, "order": order, "search": search}

    whole = [idea["id"] for idea in (await ada.list(asked)).json()["items"]]
    pages = [(await ada.list(asked | {"limit": 2, "offset": offset})).json()["items"] for offset in (0, 2, 4)]

    assert [idea["id"] for page in pages for idea in page] == whole
    assert set(whole) == ids
    assert len(whole) == 5
