"""Cursor pagination returns exactly the whole list under concurrent writes, and cursors reveal no content."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from itertools import product
from random import Random
from typing import Final

import pytest

from creatorvault.ideas.search.cache import SearchCache
from creatorvault.settings.sections import SearchSettings
from tests.application import House
from tests.factories import Creator
from tests.logs import Logs
from tests.walks import Asked, first_cursor, order_of, page_of, walk

SORTS: Final = ("created_at", "updated_at", "title", "priority", "stage", "due_date")
ORDERS: Final = ("asc", "desc")
FILTERS: Final[dict[str, Asked]] = {
    "everything": [],
    "columns": [("stage", "idea"), ("stage", "draft"), ("priority", "low"), ("priority", "high")],
    "search": [("search", "moss")],
    "tags": [("tags", "one, Three")],
    "all of them": [("search", "s"), ("tags", "one,two"), ("stage", "idea"), ("stage", "draft"), ("priority", "high")],
    "nothing": [("search", "nowhere")],
    "times": [("due_from", "0001-01-01"), ("due_to", "2026-02-01"), ("created_from", "2026-01-01")],
    "undated": [("has_due", "false"), ("search", "s")],
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
async def test_the_pages_add_up_to_the_whole_list(gallery: Creator, filters: Asked, sort: str, order: str) -> None:
    asked = [*filters, *order_of(sort, order)]
    whole = (await gallery.list([*asked, ("limit", 100)])).json()

    pages = [page async for page in walk([gallery], asked)]

    assert [idea for page in pages for idea in page["items"]] == whole["items"]
    assert {page["total"] for page in pages} == {whole["total"]}
    assert len(pages) <= max(whole["total"], 1)


async def test_a_cursor_works_in_another_process_without_a_search_cache(
    gallery: Creator, house_with: Callable[..., Awaitable[House]]
) -> None:
    streaming = await house_with()
    streaming.parts.searching.cache = SearchCache(SearchSettings(vault_bytes=0))  # less than an operator can set
    there = streaming.creator(gallery.user_id)

    for filters, sort, order in product(FILTERS.values(), SORTS, ORDERS):
        asked = [*filters, *order_of(sort, order)]
        whole = (await gallery.list([*asked, ("limit", 100)])).json()
        for creators in ([there], [gallery, there]):
            pages = [page async for page in walk(creators, asked)]
            assert [idea for page in pages for idea in page["items"]] == whole["items"]
            assert {page["total"] for page in pages} == {whole["total"]}
    assert streaming.parts.searching.cache.statistics().streams > 0


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("search", ["", "s"], ids=["everything", "search"])
async def test_ideas_unchanged_meanwhile_appear_exactly_once(ada: Creator, search: str, sort: str, order: str) -> None:
    for number, title in enumerate(
        ("Moss", "moss", "s", "straße", "Sea", "sun", "ﬁsh", "bus", "buses", "case", "cases")
    ):
        await ada.idea(title, stage=("idea", "draft")[number % 2], priority=("low", "medium", "high")[number % 3])
    asked: Asked = [("search", search), *order_of(sort, order)]
    whole = (await ada.list([*asked, ("limit", 100)])).json()["items"]

    first = await page_of(ada, asked, "", 4)
    # Deleted: one of this page, the last one of it, and a later one; changed: one of this page and two later ones.
    for gone in (whole[1], whole[3], whole[6]):
        await ada.delete(gone)
    for changed, title in ((whole[0], "zss"), (whole[7], "asp"), (whole[9], "zest")):
        await ada.patch(changed, {"title": title, "stage": "published", "priority": "medium"})
    for title in ("a new s", "z new s"):
        await ada.idea(title)
    rest = [idea async for page in walk([ada], asked, first["next_cursor"]) for idea in page["items"]]

    untouched = [whole[place] for place in (2, 4, 5, 8, 10)]
    assert [idea for idea in [*first["items"], *rest] if idea in untouched] == untouched
    assert not {idea["id"] for idea in rest} & {whole[place]["id"] for place in (3, 6)}


async def test_without_the_parameter_there_is_no_next_cursor(gallery: Creator) -> None:
    page = (await gallery.list({"limit": 1})).json()

    assert list(page) == ["items", "total", "limit", "offset", "has_more"]


@pytest.mark.parametrize("asked", [[], [("search", "x")], [("stage", "draft")], [("sort", "title")]])
async def test_an_empty_vault_has_one_page(ada: Creator, asked: Asked) -> None:
    nothing_stored = await page_of(ada, asked, "", 5)
    await ada.delete(await ada.idea())
    emptied = await page_of(ada, asked, "", 5)

    assert nothing_stored == emptied
    assert (emptied["items"], emptied["total"], emptied["next_cursor"]) == ([], 0, None)


@pytest.mark.parametrize("asked", [[], [("search", "Idea")], [("priority", "medium")], [("sort", "title")]])
async def test_after_the_last_idea_there_is_an_empty_page(ada: Creator, asked: Asked) -> None:
    ideas = [await ada.idea(f"Idea {letter}") for letter in "abc"]
    asked = [*asked, ("order", "asc")]
    cursor = await first_cursor(ada, asked, 2)
    await ada.delete(ideas[2])

    page = await page_of(ada, asked, cursor, 2)

    assert (page["items"], page["total"], page["next_cursor"]) == ([], 2, None)


@pytest.mark.parametrize("asked", [[], [("search", "idea")], [("stage", "idea")], [("sort", "title")]])
async def test_an_exactly_full_last_page_has_no_next_cursor(ada: Creator, asked: Asked) -> None:
    for number in range(4):
        await ada.idea(f"Idea {number}")

    second = await page_of(ada, asked, await first_cursor(ada, asked, 2), 2)

    assert (len(second["items"]), second["next_cursor"]) == (2, None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([("stage", "idea"), ("stage", "draft")], [("stage", "draft"), ("stage", "idea"), ("stage", "draft")]),
        ([("tags", "one,two")], [("tags", " two , one,")]),
        ([], [("search", ""), ("tags", ","), ("sort", "created_at"), ("order", "desc"), ("unknown", "x")]),
    ],
)
async def test_an_equivalent_query_may_use_the_same_cursor(gallery: Creator, one: Asked, other: Asked) -> None:
    cursor = await first_cursor(gallery, one)

    assert (await page_of(gallery, one, cursor, 3))["items"] == (await page_of(gallery, other, cursor, 3))["items"]


async def test_a_cursor_reveals_no_title(ada: Creator, logs: Logs) -> None:
    asked = order_of("title", "asc")
    await ada.idea("kanariezzz")
    await ada.idea("kanariezzz")
    cursor, again = await first_cursor(ada, asked), await first_cursor(ada, asked)
    await page_of(ada, asked, cursor, 1)

    assert cursor != again  # not even whether two are the same position
    for text in (cursor, urlsafe_b64decode(cursor + "==").decode("latin-1"), logs.text):
        assert "kanarie" not in text.lower()
    assert cursor not in json.dumps(logs.events)


@pytest.mark.parametrize("title", ["s", "👩" * 200, "\x01" * 200, '"' * 200])
async def test_a_cursor_fits_into_a_url(ada: Creator, title: str) -> None:
    for _ in range(2):
        await ada.idea(title)

    assert len(await first_cursor(ada)) < 160
    assert len(await first_cursor(ada, order_of("title", "desc"))) < 2000


async def test_titles_of_similar_length_have_cursors_of_equal_length(ada: Creator) -> None:
    lengths = set()
    for length in range(56, 64):
        for _ in range(2):
            await ada.idea("t" * length, tags=[f"of {length}"])
        lengths.add(len(await first_cursor(ada, [("tags", f"of {length}"), *order_of("title", "asc")])))

    assert len(lengths) <= 2


@pytest.mark.parametrize("asked", [[], [("search", "idea")], [("sort", "title")], [("stage", "idea")]])
async def test_a_page_is_304_until_the_vault_changes(ada: Creator, asked: Asked) -> None:
    for number in range(3):
        await ada.idea(f"Idea {number}")
    cursor = await first_cursor(ada, asked)
    pages: list[Asked] = [asked, [*asked, ("cursor", "")], [*asked, ("cursor", cursor)]]
    tags = [(await ada.list(page)).headers["ETag"] for page in pages]

    unchanged = [
        (await ada.list(page, headers={"If-None-Match": tag})).status_code
        for page, tag in zip(pages, tags, strict=True)
    ]
    crosswise = await ada.list(pages[2], headers={"If-None-Match": f"{tags[0]}, {tags[1]}"})
    await ada.idea()
    changed = await ada.list(pages[2], headers={"If-None-Match": tags[2]})

    assert len(set(tags)) == 3
    assert unchanged == [304, 304, 304]
    assert crosswise.status_code == 200
    assert changed.status_code == 200


@pytest.mark.parametrize("vault_bytes", ["100000000", "1048576"], ids=["kept", "streamed"])
async def test_a_deep_offset_shows_the_same_ideas_as_cursors(
    house_with: Callable[..., Awaitable[House]], vault_bytes: str
) -> None:
    house = await house_with(CREATORVAULT_SEARCH__VAULT_BYTES=vault_bytes)
    ada, chance = house.creator(), Random(1)  # texts that do not compress, nothing secret
    for number in range(120):
        stage = ("idea", "draft", "published")[number % 3]
        notes = "".join(map(chr, chance.choices(range(0x4E00, 0x9F00), k=5000)))
        await ada.idea(f"Idea {number * 7919 % 120:03}", stage=stage, notes=notes)

    for sort, search in product(("created_at", "stage", "title"), ("", "idea")):
        asked: Asked = [("sort", sort), ("search", search)]
        whole = [idea async for page in walk([ada], asked) for idea in page["items"]]
        for offset in (0, 57, 115, 119, 120, 10**9, 2**63 - 1):
            page = (await ada.list([*asked, ("limit", 10), ("offset", offset)])).json()
            assert page["items"] == whole[offset : offset + 10]
            assert (page["total"], page["has_more"]) == (120, offset + 10 < 120)
    assert (house.parts.search_cache.statistics().streams > 0) == (vault_bytes == "1048576")
