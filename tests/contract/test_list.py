"""The table of list parameters: paging, filters and invalid values."""

from typing import Any, Final

import pytest

from tests.factories import Creator, Parameters

SOME_ID: Final = "7d0a5c86-3f0e-4a53-9d1b-2f6f0a9f4c11"


async def filled(creator: Creator, *ideas: dict[str, Any]) -> Creator:
    for idea in ideas:
        await creator.idea(**idea)
    return creator


async def total(creator: Creator, parameters: Parameters) -> int:
    answer = await creator.list(parameters)
    assert answer.status_code == 200, answer.text
    page = answer.json()
    assert page["has_more"] == (page["offset"] + len(page["items"]) < page["total"])
    count: int = page["total"]
    return count


@pytest.mark.parametrize(
    ("parameters", "titles", "has_more"),
    [
        ({}, ["d", "c", "b", "a"], False),
        ({"limit": 2}, ["d", "c"], True),
        ({"limit": 2, "offset": 2}, ["b", "a"], False),
        ({"limit": 3, "offset": 2}, ["b", "a"], False),
        ({"limit": 1, "offset": 2}, ["b"], True),
        ({"limit": 4}, ["d", "c", "b", "a"], False),
        ({"offset": 4}, [], False),
        ({"offset": 2**63 - 1}, [], False),
        ({"limit": 100, "offset": 3}, ["a"], False),
        ({"limit": " 2 "}, ["d", "c"], True),
    ],
)
@pytest.mark.parametrize("search_index", [{}, {"search": "common"}])
async def test_a_page_is_selected_by_limit_and_offset(
    ada: Creator, parameters: dict[str, object], search_index: dict[str, str], titles: list[str], has_more: bool
) -> None:
    await filled(ada, *({"title": title, "notes": "common"} for title in "abcd"))

    page = (await ada.list(parameters | search_index)).json()

    assert [idea["title"] for idea in page["items"]] == titles
    assert (page["total"], page["has_more"]) == (4, has_more)
    assert (page["limit"], page["offset"]) == (int(parameters.get("limit", 20)), int(parameters.get("offset", 0)))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("name", "value", "type_"),
    [
        ("limit", "0", "greater_than_equal"),
        ("limit", "-1", "greater_than_equal"),
        ("limit", "101", "less_than_equal"),
        ("limit", "ten", "int_parsing"),
        ("limit", "", "int_parsing"),
        ("limit", "1.5", "int_parsing"),
        ("limit", "1e1", "int_parsing"),
        ("offset", "-1", "greater_than_equal"),
        ("offset", "x", "int_parsing"),
        ("offset", str(2**63), "less_than_equal"),
        ("stage", "", "enum"),
        ("stage", "Idea", "enum"),
        ("stage", "idea,draft", "enum"),
        ("priority", "", "enum"),
        ("priority", "urgent", "enum"),
        ("sort", "", "string_pattern_mismatch"),
        ("sort", "notes", "string_pattern_mismatch"),
        ("sort", "Title", "string_pattern_mismatch"),
        ("order", "", "string_pattern_mismatch"),
        ("order", "DESC", "string_pattern_mismatch"),
        ("order", "asc\n", "string_pattern_mismatch"),
        ("has_due", "", "bool_parsing"),
        ("has_due", "null", "bool_parsing"),
        ("has_due", "2", "bool_parsing"),
        ("ids", "x", "uuid_parsing"),
        ("ids", f"{SOME_ID},x", "uuid_parsing"),
        ("ids", f"{SOME_ID};{SOME_ID}", "uuid_parsing"),
        ("ids", ",".join([SOME_ID] * 101), "too_long"),
        ("fields", "title,note", "enum"),
        ("fields", "Notes", "enum"),
        ("fields", "*", "enum"),
    ],
)
async def test_an_invalid_parameter_is_refused(ada: Creator, name: str, value: str, type_: str) -> None:
    answer = await ada.list({name: value})

    assert answer.status_code == 422
    error = answer.json()["detail"][0]
    assert (error["type"], error["loc"][:2]) == (type_, ["query", name])


@pytest.mark.parametrize("value", [str(2**63), "9" * 40, "9" * 5000])
async def test_an_offset_past_every_integer_is_refused(ada: Creator, value: str) -> None:
    answer = await ada.list({"offset": value})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["query", "offset"]


async def test_every_invalid_parameter_is_named(ada: Creator) -> None:
    wrong = {"limit": "0", "offset": "-1", "stage": "x", "priority": "x", "sort": "x", "order": "x"}
    wrong |= dict.fromkeys(("due_from", "due_to", "created_from", "created_to", "updated_from", "updated_to"), "x")
    wrong |= {"has_due": "x", "ids": "x", "fields": "x"}
    answer = await ada.list(wrong)

    assert [error["loc"][1] for error in answer.json()["detail"]] == list(wrong)


async def test_unknown_parameters_are_ignored(ada: Creator) -> None:
    await ada.idea()

    assert await total(ada, {"page": "-1", "Limit": "0", "q": "x", "": ""}) == 1


@pytest.mark.parametrize(
    ("title", "notes", "search", "found"),
    [
        ("A film about moss", None, "film", True),
        ("A film about moss", None, "FILM", True),
        ("A film about moss", None, "ilm ab", True),
        ("A film about moss", None, "film  about", True),
        ("x", "deep in the notes", "IN THE", True),
        ("ab", "cd", "bc", False),
        ("ab", "cd", "b\nc", False),
        ("100 % sure", None, "100 %", True),
        ("1000 sure", None, "100%", False),
        ("snake_case", None, "e_c", True),
        ("snakeXcase", None, "e_c", False),
        ("back\\slash", None, "k\\s", True),
        ("backslash", None, "k\\s", False),
        ("straße", None, "STRASSE", True),
        ("STRASSE", None, "straße", True),
        ("straße", None, "s", True),
        ("İstanbul", None, "i\u0307stanbul", True),
        ("ΟΔΟΣ", None, "οδος", True),
        ("οδοσ", None, "ΟΔΟς", True),
        ("oﬃce", None, "OFFICE", True),
        ("ﬁlm", None, "film", True),
        ("film", None, "ﬁ", True),
        ("ｆｕｌｌ", None, "FULL", True),
        ("cafe\u0301", None, "CAFÉ", True),
        ("café", None, "cafe", True),
        ("cafe", None, "CAFÉ", True),
        ("café", None, "\u0301", False),
        ("👩🏽\u200d🚀", None, "👩", True),
        ("x" * 200, None, "X" * 200, True),
        ("x" * 199, None, "X" * 200, False),
        ("moss", None, "", True),
        ("moss", None, "\u200b\ufe0f", True),
        ("moss", None, " ", False),
        ("a b", None, " ", True),
        ("②", None, "2", True),
    ],
)
async def test_search_finds_substrings_of_title_and_notes(
    ada: Creator, title: str, notes: str | None, search: str, found: bool
) -> None:
    await ada.idea(title, notes=notes)

    assert await total(ada, {"search": search}) == int(found)


@pytest.mark.parametrize(
    ("tags", "wanted", "found"),
    [
        (["moss"], "moss", True),
        (["moss"], "MOSS", True),
        (["moss"], "mos", False),
        (["moss"], " moss ", True),
        (["moss"], "fern,moss", True),
        (["moss"], "fern, ivy", False),
        (["moss"], "", True),
        (["moss"], " , ,", True),
        ([], "moss", False),
        (["two words"], "two words", True),
        (["two words"], "two", False),
        (["Straße"], "STRASSE", True),
        (["100%"], "100_", False),
        (["fern", "moss"], ",moss,,", True),
    ],
)
async def test_tags_filter_by_any_of_the_given_tags(ada: Creator, tags: list[str], wanted: str, found: bool) -> None:
    await ada.idea(tags=tags)

    assert await total(ada, {"tags": wanted}) == int(found)


@pytest.mark.parametrize(
    ("parameters", "titles"),
    [
        ([("stage", "idea")], {"ih", "im"}),
        ([("stage", "draft")], {"dl"}),
        ([("stage", "published")], set()),
        ([("stage", "idea"), ("stage", "draft")], {"ih", "im", "dl"}),
        ([("priority", "high")], {"ih", "oh"}),
        ([("priority", "high"), ("priority", "low")], {"ih", "oh", "dl"}),
        ([("stage", "idea"), ("priority", "high")], {"ih"}),
        ([("stage", "idea"), ("search", "m")], {"im"}),
        ([("stage", "idea"), ("tags", "t")], {"im"}),
        ([("priority", "medium"), ("tags", "t"), ("search", "I"), ("stage", "idea")], {"im"}),
        ([("priority", "low"), ("tags", "t"), ("search", "I"), ("stage", "idea")], set()),
    ],
)
async def test_filters_combine(ada: Creator, parameters: list[tuple[str, object]], titles: set[str]) -> None:
    await filled(
        ada,
        {"title": "ih", "stage": "idea", "priority": "high"},
        {"title": "im", "stage": "idea", "priority": "medium", "tags": ["t"]},
        {"title": "oh", "stage": "outline", "priority": "high"},
        {"title": "dl", "stage": "draft", "priority": "low", "tags": ["t"]},
    )

    assert set(await ada.titles(parameters)) == titles
    assert await total(ada, parameters) == len(titles)


async def test_one_invalid_value_among_several_is_named(ada: Creator) -> None:
    answer = await ada.list([("stage", "idea"), ("stage", "x")])

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"][:2] == ["query", "stage"]


async def test_a_change_is_found_immediately(ada: Creator) -> None:
    idea = await ada.idea("before")
    assert await total(ada, {"search": "before"}) == 1

    await ada.patch(idea, {"title": "after", "tags": ["new"]})

    assert await total(ada, {"search": "before"}) == 0
    assert await total(ada, {"search": "after"}) == 1
    assert await total(ada, {"tags": "new"}) == 1
    await ada.delete(idea)
    assert await total(ada, {"search": "after"}) == 0
