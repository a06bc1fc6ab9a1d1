"""What a bulk request may look like."""

import json
from typing import Any

import pytest

from tests.factories import Creator
from tests.ideas.many.operating import bulk, change, delete, new, results, statuses, unused

LARGE = "n" * 5000


async def post(ada: Creator, content: bytes | str) -> Any:
    headers = {"Content-Type": "application/json"}
    return await ada.request("POST", f"{ada.url}/bulk", content=content, headers=headers)


@pytest.mark.parametrize(
    ("body", "kind", "loc"),
    [
        ({}, "missing", ["body", "operations"]),
        ([], "model_attributes_type", ["body"]),
        ({"operations": None}, "list_type", ["body", "operations"]),
        ({"operations": {}}, "list_type", ["body", "operations"]),
        ({"operations": []}, "too_short", ["body", "operations"]),
        ({"operations": [None]}, "model_attributes_type", ["body", "operations", 0]),
        ({"operations": [{}]}, "missing", ["body", "operations", 0, "op"]),
        ({"operations": [{"op": "upsert"}]}, "enum", ["body", "operations", 0, "op"]),
        ({"operations": [{"op": []}]}, "enum", ["body", "operations", 0, "op"]),
        ({"operations": [{"op": "delete"}], "atomic": "perhaps"}, "bool_type", ["body", "atomic"]),
    ],
)
@pytest.mark.parametrize("atomic", [True, False])
async def test_a_wrong_structure_is_refused(ada: Creator, body: Any, kind: str, loc: list[Any], atomic: bool) -> None:
    sent = {"atomic": atomic, **body} if isinstance(body, dict) else body
    answer = await post(ada, json.dumps(sent))
    assert answer.status_code == 422, answer.text
    assert [(error["type"], error["loc"]) for error in answer.json()["detail"]] == [(kind, loc)]


async def test_atomic_reports_all_invalid_fields(ada: Creator) -> None:
    answer = await bulk(ada, new("Fine"), new("", stage="someday"), {"op": "delete", "id": 7}, change("x", title=5))

    assert answer.status_code == 422
    assert [(error["type"], *error["loc"][2:]) for error in answer.json()["detail"]] == [
        ("string_too_short", 1, "idea", "title"),
        ("enum", 1, "idea", "stage"),
        ("uuid_type", 2, "id"),
        ("uuid_parsing", 3, "id"),
        ("string_type", 3, "changes", "title"),
    ]
    assert (await ada.list()).json()["total"] == 0


async def test_item_by_item_reports_them_in_the_results(ada: Creator) -> None:
    idea_id = unused()
    wrong = {"op": "replace", "id": idea_id, "idea": {"notes": 5}}
    fine, invalid, nameless = await results(ada, new("Fine"), wrong, delete("nobody"), atomic=False)

    assert statuses([fine, invalid, nameless]) == [201, 422, 422]
    assert (invalid["id"], nameless["id"]) == (idea_id, None)
    assert invalid["error"]["code"] == "validation_failed"
    assert [(error["type"], error["loc"]) for error in invalid["error"]["errors"]] == [
        ("missing", ["body", "operations", 1, "idea", "title"]),
        ("string_type", ["body", "operations", 1, "idea", "notes"]),
    ]


@pytest.mark.parametrize("atomic", [True, False])
async def test_errors_repeat_nothing_private(ada: Creator, atomic: bool) -> None:
    private = {"title": ["Zwiebelturm"], "notes": ["Hexenkessel"], "tags": "Moosglocke"}
    operations = [
        {"op": "create", "idea": private},
        {"op": "change", "id": unused(), "changes": private},
        {"op": "replace", "id": unused(), "idea": private},
        {"op": "create", "idea": "Zwiebelturm"},
        {"op": "create", "idea": {"title": 12345678, "notes": 12345678, "tags": [12345678]}},
    ]
    answer = await bulk(ada, *operations, atomic=atomic)
    assert not any(word in answer.text for word in ("Zwiebelturm", "Hexenkessel", "Moosglocke", "12345678"))


@pytest.mark.parametrize(("count", "status"), [(500, 200), (501, 422)])
async def test_there_may_be_500(ada: Creator, count: int, status: int) -> None:
    answer = await bulk(ada, *[new(f"Idea {place}") for place in range(count)])
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.json()["applied"] == (await ada.list()).json()["total"] == 500
    else:
        [error] = answer.json()["detail"]
        assert (error["type"], error["ctx"]["max_length"]) == ("too_long", 500)


async def test_a_body_may_be_longer_than_others(ada: Creator) -> None:
    answer = await bulk(ada, *[new(f"Idea {place}", notes=LARGE) for place in range(60)])
    assert answer.status_code == 200, answer.text
    assert answer.json()["applied"] == 60


async def test_a_body_may_have_16_mib(ada: Creator) -> None:
    body = json.dumps({"operations": [new("Fine")]}).encode()
    largest = body + b" " * (16 * 2**20 - len(body))
    assert (await post(ada, largest)).status_code == 200
    assert (await post(ada, largest + b" ")).status_code == 413


async def test_an_element_may_be_as_long_as_another_body(ada: Creator) -> None:
    answer = await bulk(ada, new("Fine"), {**new("Padded"), "more": "x" * 100_000})
    assert answer.status_code == 413
    answer = await bulk(ada, *[{**new("Padded"), "more": "x" * 60_000}] * 2)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (b"", "json_invalid"),
        (b"]", "json_invalid"),
        (b"]}x", "json_invalid"),
        (b", NaN]}", "json_invalid"),
        (b", tru]}", "json_invalid"),
        (b", " + b"[" * 80 + b"]" * 80 + b"]}", "json_invalid"),
        (b' {"op": "delete"}]}', "json_invalid"),
        (b', {"op" "delete"}]}', "json_invalid"),
        (b'], "atomic": }', "json_invalid"),
        (b'], "atomic" true}', "json_invalid"),
        (b"], atomic: true}", "json_invalid"),
        (b', {"op": "create", "idea": {"title": "a\\u0000"}}]}', "value_error"),
        (b', {"op": "create", "idea": {"title": "\xff"}}]}', "json_invalid"),
    ],
)
async def test_long_bodies_that_are_wrong_are_refused(ada: Creator, end: bytes, kind: str) -> None:
    begin = json.dumps({"operations": [new("Fine", notes=LARGE)] * 30}).encode()[:-2]
    answer = await post(ada, begin + end)
    assert answer.status_code == 422, answer.text
    assert answer.json()["detail"][0]["type"] == kind
    assert "Fine" not in answer.text


async def test_members_may_come_in_any_order(ada: Creator) -> None:
    operations = json.dumps([new("Fine", notes=LARGE), delete(unused())] * 30)
    answer = await post(ada, f'\n{{ "more": {{"a": [1]}}, "operations" : {operations} , "atomic":false}} ')
    assert (answer.status_code, answer.json()["applied"]) == (200, 30)
