"""Pages by cursor: exactly what the whole list shows, whatever is written meanwhile; and cursors that are refused."""

import json
from base64 import urlsafe_b64decode
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from itertools import cycle, product
from typing import Any, Final

import asyncpg
import pytest

from creatorvault.ideas.corpora import Corpora
from creatorvault.settings import SearchSettings
from tests.application import House
from tests.factories import Creator, Idea
from tests.logs import Logs

type Asked = list[tuple[str, object]]

SORTS: Final = ("created_at", "updated_at", "title", "priority", "stage")
ORDERS: Final = ("asc", "desc")
FILTERS: Final[dict[str, Asked]] = {
    "everything": [],
    "columns": [("stage", "idea"), ("stage", "draft"), ("priority", "low"), ("priority", "high")],
    "search": [("search", "moss")],
    "tags": [("tags", "one, Three")],
    "all of them": [("search", "s"), ("tags", "one,two"), ("stage", "idea"), ("stage", "draft"), ("priority", "high")],
    "nothing": [("search", "nowhere")],
}
# Equal titles; titles that differ in case and accents alone, or at their two hundredth sign; the largest to store.
TITLES: Final = (
    *("Moss", "moss", "mòss", "MOSS", "moss", "Fern and moss", "ﬁlm", "film", "Straße", "strasse"),
    *("s" * 199 + "a", "s" * 199 + "b", "S" * 200, "👩" * 200, "👩" * 199 + "🏽", "\x01" * 200),
)
REFUSAL: Final = {
    "type": "cursor_invalid",
    "loc": ["query", "cursor"],
    "msg": "The cursor does not belong to this list: begin anew with an empty cursor",
}


def order_of(sort: str, order: str) -> Asked:
    return [("sort", sort), ("order", order)]


async def fill(creator: Creator) -> list[Idea]:
    ideas = []
    for title, stage, priority, tags in zip(
        TITLES,
        cycle(("idea", "draft", "published")),
        cycle(("low", "medium", "high", "high")),
        cycle((["one"], ["two", "three"], [])),
        strict=False,
    ):
        ideas.append(
            await creator.idea(title, stage=stage, priority=priority, tags=tags, notes="moss" if tags else None)
        )
    for idea in ideas[::3]:
        await creator.patch(idea, {"notes": "moss, changed"})
    return ideas


async def page_of(creator: Creator, asked: Asked, cursor: str, limit: int) -> dict[str, Any]:
    answer = await creator.list([*asked, ("limit", limit), ("cursor", cursor)])
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    assert list(page) == ["items", "total", "limit", "offset", "has_more", "next_cursor"]
    assert (page["limit"], page["offset"]) == (limit, 0)
    assert page["has_more"] == (page["next_cursor"] is not None)
    assert len(page["items"]) == limit or not page["has_more"]
    return page


async def walk(creators: Sequence[Creator], asked: Asked, cursor: str = "") -> AsyncGenerator[dict[str, Any]]:
    """Pages of several sizes, asked for in turn by the same creator at several houses."""
    there = cycle(creators)
    for limit in cycle((1, 3, 2, 5)):
        page = await page_of(next(there), asked, cursor, limit)
        yield page
        if page["next_cursor"] is None:
            return
        cursor = page["next_cursor"]


async def first_cursor(creator: Creator, asked: Asked = [], limit: int = 1) -> str:  # noqa: B006 - never changed
    cursor: str = (await page_of(creator, asked, "", limit))["next_cursor"]
    return cursor


@pytest.fixture(scope="module")
async def gallery(house: House) -> Creator:
    creator = house.creator()
    await fill(creator)
    return creator


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("filters", FILTERS.values(), ids=FILTERS)
async def test_the_pages_are_the_whole_list(gallery: Creator, filters: Asked, sort: str, order: str) -> None:
    asked = [*filters, *order_of(sort, order)]
    whole = (await gallery.list([*asked, ("limit", 100)])).json()

    pages = [page async for page in walk([gallery], asked)]

    assert [idea for page in pages for idea in page["items"]] == whole["items"]
    assert {page["total"] for page in pages} == {whole["total"]}
    assert len(pages) <= max(whole["total"], 1)


async def test_a_cursor_goes_on_in_another_process_that_keeps_no_vault(
    gallery: Creator, house_with: Callable[..., Awaitable[House]]
) -> None:
    streaming = await house_with()
    streaming.app.state.corpora = Corpora(SearchSettings(vault_bytes=0))  # less than an operator can set
    there = streaming.creator(gallery.user_id)

    for filters, sort, order in product(FILTERS.values(), SORTS, ORDERS):
        asked = [*filters, *order_of(sort, order)]
        whole = (await gallery.list([*asked, ("limit", 100)])).json()
        for creators in ([there], [gallery, there]):
            pages = [page async for page in walk(creators, asked)]
            assert [idea for page in pages for idea in page["items"]] == whole["items"]
            assert {page["total"] for page in pages} == {whole["total"]}
    assert streaming.app.state.corpora.figures().streams > 0


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("search", ["", "s"], ids=["everything", "search"])
async def test_what_is_not_touched_meanwhile_appears_once(ada: Creator, search: str, sort: str, order: str) -> None:
    for number, title in enumerate(
        ("Moss", "moss", "s", "straße", "Sea", "sun", "ﬁsh", "bus", "buses", "case", "cases")
    ):
        await ada.idea(title, stage=("idea", "draft")[number % 2], priority=("low", "medium", "high")[number % 3])
    asked: Asked = [("search", search), *order_of(sort, order)]
    whole = (await ada.list([*asked, ("limit", 100)])).json()["items"]

    first = await page_of(ada, asked, "", 4)
    # Gone: one of this page, the very one at its end, and one to come; changed: one of this page and two to come.
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


async def test_who_asks_for_no_cursor_is_given_none(gallery: Creator) -> None:
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
async def test_a_page_that_is_just_full_is_the_last(ada: Creator, asked: Asked) -> None:
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
async def test_the_same_question_in_other_words_is_the_same_list(gallery: Creator, one: Asked, other: Asked) -> None:
    cursor = await first_cursor(gallery, one)

    assert (await page_of(gallery, one, cursor, 3))["items"] == (await page_of(gallery, other, cursor, 3))["items"]


@pytest.mark.parametrize("offset", ["1", "20", str(2**63 - 1)])
@pytest.mark.parametrize("cursor", ["", "anything"])
async def test_an_offset_beside_a_cursor_is_refused(ada: Creator, cursor: str, offset: str) -> None:
    answer = await ada.list({"cursor": cursor, "offset": offset})

    assert answer.status_code == 422
    [error] = answer.json()["detail"]
    assert error == {
        "type": "offset_beside_cursor",
        "loc": ["query", "offset"],
        "msg": "Input should be 0 beside a cursor, which says itself where the page begins",
        "input": offset,
    }


async def test_an_offset_of_zero_does_no_harm(gallery: Creator) -> None:
    assert (await gallery.list({"cursor": "", "offset": "0"})).status_code == 200


def altered(cursor: str) -> Iterator[str]:
    """Each of its characters as another one, cut at every place, and longer."""
    for place, character in enumerate(cursor):
        yield cursor[:place] + ("A" if character != "A" else "B") + cursor[place + 1 :]
        yield cursor[:place] + cursor[place + 1 :]
        if place:
            yield cursor[:place]
    yield from (cursor + more for more in ("A", "AAAA", "=", "==", "\n", " ", "é"))
    yield from (cursor.replace("A", sign, 1) for sign in ("+", "/", "%", "\u2028"))


async def test_an_altered_cursor_is_refused(gallery: Creator, logs: Logs) -> None:
    cursor = await first_cursor(gallery)

    for wrong in altered(cursor):
        answer = await gallery.list({"cursor": wrong})
        assert (answer.status_code, answer.json()) == (422, {"detail": [REFUSAL]}), wrong

    assert (await gallery.list({"cursor": cursor})).status_code == 200
    assert logs.named("alarm") == []


@pytest.mark.parametrize(
    "wrong",
    [
        "x",
        "null",
        "0",
        "created_at",
        "AQEAAAAB",
        "AQEAAAAB" + "A" * 80,
        "AQEAAABj" + "A" * 80,
        "💥",
        "A" * 5000,
        "=" * 4,
    ],
)
@pytest.mark.parametrize("asked", [[], [("search", "moss")]], ids=["rows", "corpus"])
async def test_what_was_never_a_cursor_is_refused(
    ada: Creator, gallery: Creator, asked: Asked, wrong: str, logs: Logs
) -> None:
    for creator in (ada, gallery):  # one has stored nothing yet
        answer = await creator.list([*asked, ("cursor", wrong)])
        assert (answer.status_code, answer.json()) == (422, {"detail": [REFUSAL]})
    assert logs.named("alarm") == []


@pytest.mark.parametrize("raw", ["%00", "a%00b", "%ED%A0%80", "%FF"])
async def test_what_is_no_text_is_refused_and_not_repeated(gallery: Creator, raw: str) -> None:
    answer = await gallery.request("GET", f"{gallery.url}?cursor={raw}")

    assert answer.status_code == 422
    [error] = answer.json()["detail"]
    assert error["loc"] == ["query", "cursor"]
    assert "input" not in error


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ([], [("order", "asc")]),
        ([], [("sort", "updated_at")]),
        ([("sort", "stage")], [("sort", "priority")]),
        ([("sort", "title")], []),
        ([], [("stage", "idea")]),
        ([("stage", "idea")], [("stage", "draft")]),
        ([("priority", "high")], [("priority", "low"), ("priority", "high")]),
        ([("stage", "idea")], []),
        ([("search", "moss")], [("search", "mos")]),
        ([("search", "moss")], [("search", "moss"), ("tags", "one")]),
        ([("tags", "one")], [("tags", "one,two")]),
        ([("tags", "moss")], [("search", "moss")]),
    ],
)
async def test_a_cursor_of_another_list_is_refused(ada: Creator, logs: Logs, given: Asked, used: Asked) -> None:
    for _ in range(2):
        await ada.idea("moss", tags=["one", "moss"], priority="high")
    cursor = await first_cursor(ada, given)

    answer = await ada.list([*used, ("cursor", cursor)])

    assert (answer.status_code, answer.json()) == (422, {"detail": [REFUSAL]})
    assert logs.named("alarm") == []


async def test_a_cursor_of_somebody_else_is_refused(house: House, ada: Creator, logs: Logs) -> None:
    organization = {"org_id": "acme", "org_role": "member"}
    elsewhere, colleague = house.creator(ada.user_id, organization), house.creator(None, organization)
    everybody = [ada, elsewhere, colleague, house.creator()]
    for creator in everybody:
        for _ in range(2):
            await creator.idea()

    for given, used in product(everybody, everybody):
        answer = await used.list({"cursor": await first_cursor(given)})
        if given is used:
            assert answer.status_code == 200
        else:
            assert (answer.status_code, answer.json()) == (422, {"detail": [REFUSAL]})
    assert logs.named("alarm") == []


async def test_a_cursor_outlives_its_key_but_not_the_keys_end(
    house_with: Callable[..., Awaitable[House]], house: House, database: asyncpg.Connection, logs: Logs
) -> None:
    rotating = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="1")
    ada = rotating.creator()
    here = house.creator(ada.user_id)
    ideas = [await ada.idea("First")]
    await page_of(here, [], "", 1)  # this process now holds the first key only
    ideas.append(await ada.idea("Second"))
    cursor = await first_cursor(ada)

    in_another_process = await page_of(here, [], cursor, 1)
    await ada.idea("Third")
    under_the_next_key = await page_of(ada, [], cursor, 1)
    # What the second key sealed is sealed anew, so that nothing but the cursor is lost with it.
    await ada.patch(ideas[1], {"title": "Second, changed"})
    await database.execute("DELETE FROM keys.vault_keys WHERE user_id = $1 AND version = 2", ada.user_id)
    later = (await house_with()).creator(ada.user_id)
    without_the_key = await later.list({"cursor": cursor})

    assert in_another_process["items"] == under_the_next_key["items"] == [ideas[0]]
    assert (without_the_key.status_code, without_the_key.json()) == (422, {"detail": [REFUSAL]})
    assert (await later.list({"cursor": ""})).json()["total"] == 3
    assert logs.named("alarm") == []


async def test_a_refusal_comes_as_problem_details_too(gallery: Creator) -> None:
    answer = await gallery.list({"cursor": "x"}, headers={"Accept": "application/problem+json"})

    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"] == [REFUSAL]


async def test_a_cursor_says_nothing_of_a_title(ada: Creator, logs: Logs) -> None:
    asked = order_of("title", "asc")
    await ada.idea("kanariezzz")
    await ada.idea("kanariezzz")
    cursor, again = await first_cursor(ada, asked), await first_cursor(ada, asked)
    await page_of(ada, asked, cursor, 1)

    assert cursor != again  # not even whether two are the same place
    for text in (cursor, urlsafe_b64decode(cursor + "==").decode("latin-1"), logs.text):
        assert "kanarie" not in text.lower()
    assert cursor not in json.dumps(logs.events)


@pytest.mark.parametrize("title", ["s", "👩" * 200, "\x01" * 200, '"' * 200])
async def test_a_cursor_fits_into_an_address(ada: Creator, title: str) -> None:
    for _ in range(2):
        await ada.idea(title)

    assert len(await first_cursor(ada)) < 160
    assert len(await first_cursor(ada, order_of("title", "desc"))) < 2000


async def test_titles_of_about_one_length_have_cursors_of_one_length(ada: Creator) -> None:
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


@pytest.mark.parametrize("stored", [0, 2])
async def test_a_condition_does_not_make_a_wrong_cursor_right(ada: Creator, stored: int) -> None:
    for _ in range(stored):
        await ada.idea()

    answer = await ada.list({"cursor": "wrong"}, headers={"If-None-Match": "*"})

    assert (answer.status_code, answer.json()) == (422, {"detail": [REFUSAL]})


@pytest.mark.parametrize("vault_bytes", ["100000000", "1048576"], ids=["kept", "streamed"])
async def test_a_deep_offset_shows_what_a_walk_shows_there(
    house_with: Callable[..., Awaitable[House]], vault_bytes: str
) -> None:
    house = await house_with(CREATORVAULT_SEARCH__VAULT_BYTES=vault_bytes)
    ada = house.creator()
    for number in range(120):
        stage = ("idea", "draft", "published")[number % 3]
        await ada.idea(f"Idea {number * 7919 % 120:03}", stage=stage, notes="n" * 5000)

    for sort, search in product(("created_at", "stage", "title"), ("", "idea")):
        asked: Asked = [("sort", sort), ("search", search)]
        whole = [idea async for page in walk([ada], asked) for idea in page["items"]]
        for offset in (0, 57, 115, 119, 120, 10**9, 2**63 - 1):
            page = (await ada.list([*asked, ("limit", 10), ("offset", offset)])).json()
            assert page["items"] == whole[offset : offset + 10]
            assert (page["total"], page["has_more"]) == (120, offset + 10 < 120)
    assert (house.app.state.corpora.figures().streams > 0) == (vault_bytes == "1048576")
