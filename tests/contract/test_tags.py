"""The rule for tags: trimmed, split at commas, without empty and duplicate ones, 1000 characters in total."""

import pytest

from tests.contract.fields import WRITES, refused, write
from tests.factories import Creator


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ([], []),
        (["one", "two"], ["one", "two"]),
        ([" one ", "\ttwo\n"], ["one", "two"]),
        (["one,two", " three , four"], ["one", "two", "three", "four"]),
        (["", " ", ",", "one", ",,"], ["one"]),
        (["Moss", "moss", "MOSS"], ["Moss"]),
        (["b", "a", "B", "c", "A"], ["b", "a", "c"]),
        (["two words", "two  words"], ["two words", "two  words"]),
        (["x" * 1000], ["x" * 1000]),
        (["x" * 500, "y" * 499], ["x" * 500, "y" * 499]),
        (["🚀" * 1000], ["🚀" * 1000]),
        (["x" * 600, "X" * 600], ["x" * 600]),
        ([" " * 2000, "one"], ["one"]),
    ],
)
async def test_tags_are_normalised(ada: Creator, method: str, sent: list[str], kept: list[str]) -> None:
    status, idea = await write(ada, method, {"tags": sent})

    assert (status, idea["tags"]) == (201 if method == "POST" else 200, kept)
    assert (await ada.get(idea)).json()["tags"] == kept


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("tags", [["x" * 1001], ["x" * 500, "y" * 500], [f"{n:03}" for n in range(251)]])
async def test_too_many_characters_of_tags_are_refused(ada: Creator, method: str, tags: list[str]) -> None:
    errors = refused(await write(ada, method, {"tags": tags}))

    assert [loc for _, loc in errors] == [["body", "tags"]]


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("tags", ["one", "one,two", 1, {"one": 1}, True])
async def test_tags_must_be_a_list(ada: Creator, method: str, tags: object) -> None:
    assert refused(await write(ada, method, {"tags": tags})) == [("list_type", ["body", "tags"])]


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_null_is_not_a_list_of_tags(ada: Creator, method: str) -> None:
    assert refused(await write(ada, method, {"tags": None})) == [("list_type", ["body", "tags"])]


@pytest.mark.parametrize("method", WRITES)
async def test_each_tag_that_is_not_a_string_is_named(ada: Creator, method: str) -> None:
    errors = refused(await write(ada, method, {"tags": ["fine", 1, None, ["x"], "fine too"]}))

    assert errors == [("string_type", ["body", "tags", i]) for i in (1, 2, 3)]
