"""The body of a 422: FastAPI's shape, all invalid fields at once, and never private text."""

from typing import Any

import pytest

from tests.factories import Creator

STAGES = "'idea', 'outline', 'draft' or 'published'"
PRIORITIES = "'high', 'medium' or 'low'"


async def detail(creator: Creator, body: object = None, **options: Any) -> list[dict[str, Any]]:
    answer = await creator.post(body, **options)
    assert answer.status_code == 422, answer.text
    assert list(answer.json()) == ["detail", "code"]
    assert answer.json()["code"] == "validation_failed"
    errors: list[dict[str, Any]] = answer.json()["detail"]
    for error in errors:
        assert list(error)[:3] == ["type", "loc", "msg"]
        assert isinstance(error["msg"], str)
        assert error["msg"]
        assert set(error) <= {"type", "loc", "msg", "input", "ctx"}
    return errors


@pytest.mark.parametrize(
    ("body", "type_", "loc", "ctx"),
    [
        ({}, "missing", ["body", "title"], None),
        ({"title": ""}, "string_too_short", ["body", "title"], {"min_length": 1}),
        ({"title": "x" * 201}, "string_too_long", ["body", "title"], {"max_length": 200}),
        ({"title": "x", "notes": "x" * 5001}, "string_too_long", ["body", "notes"], {"max_length": 5000}),
        ({"title": 1}, "string_type", ["body", "title"], None),
        ({"title": "x", "notes": 1}, "string_type", ["body", "notes"], None),
        ({"title": "x", "stage": "x"}, "enum", ["body", "stage"], {"expected": STAGES}),
        ({"title": "x", "priority": "x"}, "enum", ["body", "priority"], {"expected": PRIORITIES}),
        ({"title": "x", "tags": "x"}, "list_type", ["body", "tags"], None),
        ({"title": "x", "tags": ["x", 1]}, "string_type", ["body", "tags", 1], None),
        ({"title": "x", "due_date": []}, "datetime_type", ["body", "due_date"], None),
    ],
)
async def test_one_invalid_field_is_reported(
    ada: Creator, body: object, type_: str, loc: list[Any], ctx: object
) -> None:
    (error,) = await detail(ada, body)

    assert (error["type"], error["loc"], error.get("ctx")) == (type_, loc, ctx)


async def test_a_title_of_white_space_is_a_value_error(ada: Creator) -> None:
    (error,) = await detail(ada, {"title": "   "})

    assert (error["type"], error["loc"]) == ("value_error", ["body", "title"])


async def test_an_invalid_date_is_reported_with_the_reason(ada: Creator) -> None:
    (error,) = await detail(ada, {"title": "x", "due_date": "soon"})

    assert error["type"] == "datetime_from_date_parsing"
    assert list(error["ctx"]) == ["error"]


async def test_all_invalid_fields_are_reported_in_field_order(ada: Creator) -> None:
    wrong = {"due_date": "x", "tags": 1, "priority": 1, "stage": 1, "notes": 1, "title": 1}
    errors = await detail(ada, wrong)

    assert [error["loc"] for error in errors] == [
        ["body", name] for name in ("title", "notes", "stage", "priority", "tags", "due_date")
    ]


async def test_a_missing_title_does_not_hide_the_rest(ada: Creator) -> None:
    errors = await detail(ada, {"stage": "x"})

    assert [(error["type"], error["loc"]) for error in errors] == [
        ("missing", ["body", "title"]),
        ("enum", ["body", "stage"]),
    ]


async def test_input_is_repeated_unless_it_is_private(ada: Creator) -> None:
    errors = await detail(ada, {"title": "x", "stage": "Idea", "priority": 7, "due_date": "soon"})

    assert [error["input"] for error in errors] == ["Idea", 7, "soon"]


@pytest.mark.parametrize(
    "body",
    [
        {"title": "secret" * 50},
        {"title": ["secret"]},
        {"title": {"x": "secret"}},
        {"title": "x", "notes": "secret" * 1000},
        {"title": "x", "notes": ["secret"]},
        {"title": "x", "tags": "secret"},
        {"title": "x", "tags": [["secret"]]},
        {"title": "x", "tags": ["secret" * 200]},
        {"notes": "secret"},
        {"notes": "secret", "tags": ["secret"], "stage": "x"},
        {"title": "secret", "stage": "x"},
        ["secret"],
        "secret",
    ],
)
async def test_private_text_is_never_repeated(ada: Creator, body: object) -> None:
    answer = await ada.post(body)

    assert answer.status_code == 422
    assert "secret" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
@pytest.mark.parametrize(
    ("content", "type_", "loc"),
    [
        (b"", "missing", ["body"]),
        (b"{", "json_invalid", ["body", 1]),
        (b'{"title": "secret"', "json_invalid", ["body", 18]),
        (b'{"title": "secret",}', "json_invalid", None),
        (b"{'title': 'secret'}", "json_invalid", ["body", 1]),
        (b"title=secret", "json_invalid", ["body", 0]),
        (b'{"title": "secret"} x', "json_invalid", None),
        (b'{"title": "secret\xff"}', "json_invalid", None),
        (b'\xff\xfe{\x00"\x00', "json_invalid", ["body", 0]),
        (b"\xef\xbb\xbf", "json_invalid", ["body", 0]),
        (b"\xef\xbb\xbf{", "json_invalid", ["body", 1]),
        (b'\xef\xbb\xbf{"title": "secret\xff"}', "json_invalid", ["body", 17]),
        (b'\xef\xbb\xbf\xef\xbb\xbf{"title": "secret"}', "json_invalid", ["body", 0]),
        (b"\xef\xbb\xbf[]", "model_attributes_type", ["body"]),
        (b"[]", "model_attributes_type", ["body"]),
        (b'["secret"]', "model_attributes_type", ["body"]),
        (b'"secret"', "model_attributes_type", ["body"]),
        (b"1", "model_attributes_type", ["body"]),
        (b"true", "model_attributes_type", ["body"]),
    ],
)
async def test_a_body_must_be_an_object(ada: Creator, method: str, content: bytes, type_: str, loc: object) -> None:
    url = ada.url_to(method, "00000000-0000-0000-0000-000000000001")
    answer = await ada.request(method, url, content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422, answer.text
    (error,) = answer.json()["detail"]
    assert error["type"] == type_
    assert error["loc"][0] == "body"
    assert loc is None or error["loc"] == loc
    assert "secret" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_null_is_not_a_body(ada: Creator, method: str) -> None:
    url = ada.url_to(method, "00000000-0000-0000-0000-000000000001")
    answer = await ada.request(method, url, content=b"null", headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    assert answer.json()["detail"][0]["loc"] == ["body"]


@pytest.mark.parametrize(
    "media_type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "APPLICATION/JSON",
        "application/json;x=y;z",
        "application/vnd.api+json",
        "application/merge-patch+json; charset=utf-8",
    ],
)
async def test_every_json_media_type_is_accepted(ada: Creator, media_type: str) -> None:
    answer = await ada.post(content=b'{"title": "x"}', headers={"Content-Type": media_type})

    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("media_type", ["application/json", "application/merge-patch+json; charset=utf-8"])
async def test_a_byte_order_mark_before_json_is_skipped(ada: Creator, media_type: str) -> None:
    sent = {"headers": {"Content-Type": media_type}, "content": '\ufeff{"title": "Ångström \ufeff"}'.encode()}
    created = await ada.post(**sent)
    idea = created.json()
    replaced, changed = await ada.put(idea, **sent), await ada.patch(idea, **sent)

    assert [answer.status_code for answer in (created, replaced, changed)] == [201, 200, 200]
    assert (await ada.get(idea)).json()["title"] == "Ångström \ufeff"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
async def test_json_in_another_encoding_is_refused(ada: Creator, encoding: str) -> None:
    content = '\ufeff{"title": "x"}'.encode(encoding)
    answer = await ada.post(content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422
    [error] = answer.json()["detail"]
    name = encoding.upper()[:6]
    assert error == {
        "type": "json_invalid",
        "loc": ["body", 0],
        "msg": "JSON decode error",
        "ctx": {"error": f"Encoded as {name}, not as UTF-8"},
    }


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml", "text/json", "json", "+json"]
)
async def test_other_media_types_are_refused(ada: Creator, media_type: str) -> None:
    answer = await ada.post(content=b'{"title": "secret"}', headers={"Content-Type": media_type})

    assert answer.status_code == 422
    assert "secret" not in answer.text


@pytest.mark.parametrize("field", ["title", "notes", "stage", "priority", "due_date"])
@pytest.mark.parametrize("value", [b'"a\\u0000b"', b'"a\\ud800b"', b'"\\udc00"', b"NaN", b"Infinity", b"-Infinity"])
async def test_nul_lone_surrogates_nan_and_infinity_are_refused(ada: Creator, field: str, value: bytes) -> None:
    content = b'{"title": "x", "%s": %s}' % (field.encode(), value)
    answer = await ada.post(content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    "content",
    [
        b'{"title": "x", "tags": ["a\\u0000b"]}',
        b'{"title": "x", "tags": ["\\ud800"]}',
        b'{"title": "x", "tags": [NaN]}',
        b'{"title": "x", "ignored": NaN}',
        b'{"title": "x", "ignored": "\\u0000"}',
        b'{"title": "x", "ignored": [{"a": "\\udfff"}]}',
        b'{"title": "x", "a\\u0000": 1}',
        b'{"title": "x", "a\\ud800": 1}',
        b"[" * 60_000,
        b'{"title": ' + b"9" * 5000 + b"}",
        b'{"title": "x", "due_date": 1e999}',
        b'{"title": "x", "due_date": ' + b"9" * 5000 + b"}",
    ],
)
async def test_hostile_values_are_refused_at_any_depth(ada: Creator, content: bytes) -> None:
    answer = await ada.post(content=content, headers={"Content-Type": "application/json"})

    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    "name",
    [
        *("search", "tags", "stage", "priority", "sort", "order", "limit", "offset", "cursor", "other"),
        *("due_from", "due_to", "created_from", "updated_to", "has_due", "ids", "fields"),
    ],
)
@pytest.mark.parametrize("value", ["%00", "a%00b", "%ff", "%ed%a0%80"])
async def test_hostile_queries_are_refused(ada: Creator, name: str, value: str) -> None:
    answer = await ada.request("GET", f"{ada.url}?{name}={value}")

    assert answer.status_code == 422 or (value in ("%ff", "%ed%a0%80") and answer.status_code == 200), answer.text


@pytest.mark.parametrize("user_id", ["%00", "a%00b", "%ff", "%ed%a0%80"])
async def test_hostile_paths_are_refused(ada: Creator, user_id: str) -> None:
    answer = await ada.request("GET", f"/api/v1/{user_id}/ideas")

    assert answer.status_code in (403, 422) if user_id.startswith(("%ff", "%ed")) else answer.status_code == 422


async def test_an_invalid_search_is_not_repeated(ada: Creator) -> None:
    answer = await ada.request("GET", f"{ada.url}?search=secret%00&limit=0")

    assert answer.status_code == 422
    assert "secret" not in answer.text
