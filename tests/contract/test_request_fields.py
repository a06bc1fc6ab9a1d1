"""The table of request fields: accepted values, returned values, and refused values."""

from typing import Any

import pytest

from tests.contract.fields import WRITES, refused, write
from tests.factories import Creator

pytestmark = pytest.mark.no_cover

ALL_STAGES = ["idea", "outline", "draft", "published"]
ALL_PRIORITIES = ["high", "medium", "low"]

# Any text in UTF-8: composed and decomposed accents, right-to-left, joined emoji, markup, control characters.
TEXTS = [
    "straße ß İ ı ſ ς",
    "e\u0301 is not é",
    "שלום עולם \u200f",
    "👩🏽\u200d🚀 🏳️\u200d🌈",
    "<script>alert('1')</script> & \"quoted\" \\ / %00 %s {} $1",
    "line\nbreak\r\ntab\tbell\x07\x7f\x85\u2028\ufeff\uffff",
    "ﬁ ｆｕｌｌ \U0010ffff",
]


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("text", TEXTS)
async def test_text_comes_back_byte_for_byte(ada: Creator, method: str, text: str) -> None:
    status, idea = await write(ada, method, {"title": text, "notes": text, "tags": [text]})

    assert status in (200, 201), idea
    assert (idea["title"], idea["notes"], idea["tags"]) == (text, text, [text])
    assert (await ada.get(idea)).json() == idea


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(
    ("sent", "kept"),
    [("x", "x"), ("x" * 200, "x" * 200), ("🚀" * 200, "🚀" * 200), ("  a b  ", "a b"), ("\n\u3000a\u00a0\t", "a")],
)
async def test_a_title_is_trimmed(ada: Creator, method: str, sent: str, kept: str) -> None:
    status, idea = await write(ada, method, {"title": sent})

    assert (status, idea["title"]) == (201 if method == "POST" else 200, kept)


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(
    ("title", "type_"),
    [
        ("", "string_too_short"),
        ("   ", "value_error"),
        ("\n\t\u3000", "value_error"),
        ("x" * 201, "string_too_long"),
        ("x" * 200 + " ", "string_too_long"),
        (" " * 201, "string_too_long"),
        (1, "string_type"),
        (True, "string_type"),
        (["x"], "string_type"),
        ({"x": 1}, "string_type"),
    ],
)
async def test_an_invalid_title_is_refused(ada: Creator, method: str, title: object, type_: str) -> None:
    assert refused(await write(ada, method, {"title": title})) == [(type_, ["body", "title"])]


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_a_title_is_required(ada: Creator, method: str) -> None:
    idea = await ada.idea()
    url = ada.url_to(method, idea)
    answer = await ada.request(method, url, json={"notes": "n"})

    assert refused((answer.status_code, answer.json())) == [("missing", ["body", "title"])]


@pytest.mark.parametrize("method", ["POST", "PUT"])
async def test_null_is_not_a_title(ada: Creator, method: str) -> None:
    assert refused(await write(ada, method, {"title": None})) == [("string_type", ["body", "title"])]


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("notes", ["", "   ", " kept \n", "x" * 5000, "🚀" * 5000, None])
async def test_notes_are_stored_unchanged(ada: Creator, method: str, notes: str | None) -> None:
    status, idea = await write(ada, method, {"notes": notes})

    assert (status, idea["notes"]) == (201 if method == "POST" else 200, notes)
    assert (await ada.get(idea)).json()["notes"] == notes


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(("notes", "type_"), [("x" * 5001, "string_too_long"), (1, "string_type"), ([], "string_type")])
async def test_invalid_notes_are_refused(ada: Creator, method: str, notes: object, type_: str) -> None:
    assert refused(await write(ada, method, {"notes": notes})) == [(type_, ["body", "notes"])]


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(
    ("field", "value"),
    [("stage", stage) for stage in ALL_STAGES] + [("priority", priority) for priority in ALL_PRIORITIES],
)
async def test_every_stage_and_priority_is_accepted(ada: Creator, method: str, field: str, value: str) -> None:
    status, idea = await write(ada, method, {field: value})

    assert (status, idea[field]) == (201 if method == "POST" else 200, value)


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("field", ["stage", "priority"])
@pytest.mark.parametrize("value", ["Idea", "HIGH", "", " idea", "high ", 0, [], {}])
async def test_stages_and_priorities_are_case_sensitive(ada: Creator, method: str, field: str, value: object) -> None:
    assert refused(await write(ada, method, {field: value})) == [("enum", ["body", field])]


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("field", ["stage", "priority"])
async def test_null_is_not_a_stage_or_priority(ada: Creator, method: str, field: str) -> None:
    assert refused(await write(ada, method, {field: None})) == [("enum", ["body", field])]


@pytest.mark.parametrize("method", WRITES)
async def test_keys_that_are_not_fields_are_ignored(ada: Creator, method: str) -> None:
    extra = {"id": "00000000-0000-0000-0000-000000000000", "user_id": "eve", "tenant_id": 1, "created_at": "?", "": 0}
    status, idea = await write(ada, method, extra)

    assert status in (200, 201), idea
    assert idea["user_id"] == ada.user_id
    assert idea["id"] != extra["id"]


async def test_null_clears_notes_and_due_date(ada: Creator) -> None:
    idea = await ada.idea(notes="n", due_date="2027-01-01T00:00:00Z")
    answer = await ada.patch(idea, {"notes": None, "due_date": None})

    assert (answer.json()["notes"], answer.json()["due_date"]) == (None, None)


@pytest.mark.parametrize("field", ["title", "stage", "priority", "tags"])
async def test_null_leaves_fields_that_cannot_be_null(ada: Creator, field: str) -> None:
    idea = await ada.idea(stage="draft", priority="low", tags=["t"])
    answer = await ada.patch(idea, {field: None})

    assert (answer.status_code, answer.json()) == (200, idea)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"title": "An idea"},
        {"title": "  An idea "},
        {"tags": [" t ", "T"]},
        {"due_date": "2027-01-01T05:30:00+05:30"},
        {"title": None, "notes": "n", "stage": "draft"},
        {"unknown": 1},
    ],
)
async def test_a_patch_that_changes_nothing_keeps_time_and_versions(ada: Creator, change: dict[str, Any]) -> None:
    idea = await ada.idea(notes="n", stage="draft", tags=["t"], due_date="2027-01-01T00:00:00Z")
    tag, tag_of_list = (await ada.get(idea)).headers["ETag"], (await ada.list()).headers["ETag"]
    answer = await ada.patch(idea, change)

    assert (answer.status_code, answer.json(), answer.headers["ETag"]) == (200, idea, tag)
    after = await ada.get(idea)
    assert (after.json(), after.headers["ETag"]) == (idea, tag)
    assert (await ada.list()).headers["ETag"] == tag_of_list
