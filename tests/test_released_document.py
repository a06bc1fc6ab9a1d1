"""The document against the last released one: what has changed, and that no generated client breaks by it."""

import copy
import json
import re
from collections.abc import Callable
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.document_differences import DOCUMENT, Difference, differences, released

CONFLICT: Final = "412 has the members that it had, and the current version; clients that read them are as before."
ACCEPTED: Final = {
    (r"query (?!stage|priority|search|tags)\w+", "no longer null"): "A query string cannot hold null.",
    (r"412 application/json", "no longer ErrorResponse"): CONFLICT,
    (r"412 application/json", "also IdeaConflict"): CONFLICT,
}
"""Breaking by the rules, and yet accepted: the end of the place, the words, and why. Emptied with each release."""

type Json = Any


def document() -> Json:
    return json.loads(DOCUMENT.read_text(encoding="utf-8"))


def accepting(difference: Difference) -> tuple[str, str] | None:
    """Returns the key of ACCEPTED that the difference falls under."""
    return next(
        (key for key in ACCEPTED if key[1] == difference.what and re.search(f"{key[0]}$", difference.where)), None
    )


def test_no_generated_client_breaks_by_a_change_since_the_last_release() -> None:
    found = differences(released(), document())

    assert not [str(each) for each in found if each.breaking and accepting(each) is None]


def test_every_accepted_difference_still_exists() -> None:
    found = {accepting(each) for each in differences(released(), document()) if each.breaking}

    assert found - {None} == ACCEPTED.keys()


def test_a_document_does_not_differ_from_itself() -> None:
    assert not differences(document(), document())


SORT: Final = {"name": "sort", "in": "query", "schema": {"type": "string", "pattern": "^(title|stage)$"}}


def small() -> Json:
    """A document with one of each thing that can change."""
    idea = {
        "type": "object",
        "required": ["title"],
        "properties": {
            "title": {"type": "string", "maxLength": 200},
            "stage": {"$ref": "#/components/schemas/Stage"},
            "due": {"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    }
    return copy.deepcopy(
        {
            "paths": {
                "/ideas": {
                    "post": {
                        "operationId": "create",
                        "tags": ["Ideas"],
                        "parameters": [
                            {
                                "name": "limit",
                                "in": "query",
                                "schema": {"type": "integer", "maximum": 100, "default": 20},
                            },
                            SORT,
                        ],
                        "requestBody": {
                            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/New"}}}
                        },
                        "responses": {
                            "201": {
                                "headers": {"ETag": {"schema": {"type": "string"}}},
                                "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Idea"}}},
                            },
                            "404": {"description": "None."},
                        },
                    },
                }
            },
            "components": {
                "schemas": {
                    "Stage": {"type": "string", "enum": ["idea", "draft"]},
                    "Unused": {"type": "object"},
                    "New": copy.deepcopy(idea),
                    "Idea": idea,
                }
            },
        }
    )


def change(path: str, value: Json) -> Callable[[Json], None]:
    """Returns what sets a place of the document, `a/b/0`, or removes it if the value is `...`."""

    def apply(node: Json) -> None:
        *parents, last = [part.replace("~", "/") for part in path.split(" ")]
        for part in parents:
            node = node[int(part) if isinstance(node, list) else part]
        if isinstance(node, list):
            node[int(last) : int(last) + 1] = [] if value is ... else [value]
        elif value is ...:
            del node[last]
        else:
            node[last] = value

    return apply


POST: Final = "paths ~ideas post"
SCHEMAS: Final = "components schemas"
NEW: Final = f"{SCHEMAS} New"
IDEA: Final = f"{SCHEMAS} Idea"
HEADER: Final = {"name": "If-Match", "in": "header", "schema": {"type": "string"}}
BODY: Final = {"application/json": {"schema": {"type": "string"}}}

BREAKING: Final = {
    "operation POST /ideas is gone": (f"{POST}", ...),
    "operationId 'create' becomes 'make'": (f"{POST} operationId", "make"),
    "tags ['Ideas'] become ['Other']": (f"{POST} tags", ["Other"]),
    "security has changed": (f"{POST} security", [{"Bearer": []}]),
    "query limit is gone": (f"{POST} parameters 0", ...),
    "header If-Match is new": (f"{POST} parameters 2", HEADER | {"required": True}),
    "positions of parameters: header If-Match, query sort": (f"{POST} parameters", [HEADER, SORT]),
    "required: True": (f"{POST} parameters 0 required", True),
    "explode None becomes False": (f"{POST} parameters 0 explode", False),
    "maximum 100 becomes 50": (f"{POST} parameters 0 schema maximum", 50),
    "minimum None becomes 1": (f"{POST} parameters 0 schema minimum", 1),
    "default 20 becomes 10": (f"{POST} parameters 0 schema default", 10),
    "value 'stage' is gone": (f"{POST} parameters 1 schema pattern", "^(title)$"),
    "request body is gone": (f"{POST} requestBody", ...),
    "media type application/json is gone": (f"{POST} requestBody content", {"text/csv": {}}),
    "response 404 is gone": (f"{POST} responses 404", ...),
    "response 202 is new": (f"{POST} responses 202", {"description": "Later."}),
    "header ETag is gone": (f"{POST} responses 201 headers ETag", ...),
    "the first media type is text/csv": (f"{POST} responses 201 content", {"text/csv": {}, **BODY}),
    "schema Unused is gone": (f"{SCHEMAS} Unused", ...),
    "value 'draft' is gone": (f"{SCHEMAS} Stage enum", ["idea"]),
    "value 'done' is new": (f"{SCHEMAS} Stage enum", ["idea", "draft", "done"]),
    "property note is new": (NEW, {"type": "object", "required": ["note"], "properties": {"note": {"type": "string"}}}),
    "property due is gone": (f"{IDEA} properties due", ...),
    "required: False": (f"{IDEA} required", []),
    "maxLength 200 becomes 300": (f"{IDEA} properties title maxLength", 300),
    "maxLength 200 becomes 100": (f"{NEW} properties title maxLength", 100),
    "also string": (f"{IDEA} properties due", {"type": "string"}),
    "no longer null": (f"{NEW} properties due", {"type": "string", "format": "date-time"}),
    "also null": (f"{IDEA} properties title", {"anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]}),
    "also array of string or array of integer": (
        f"{IDEA} properties tags items",
        {"anyOf": [{"type": "string"}, {"type": "integer"}]},
    ),
    "no longer Stage": (f"{NEW} properties stage", {"type": "string"}),
    "any value becomes a type": (f"{NEW} properties free", {}),
    "a type becomes any value": (f"{IDEA} properties title", {}),
    "other properties have changed": (f"{NEW} additionalProperties", False),
    "pattern None becomes ^a": (f"{NEW} properties title pattern", "^a"),
}

HARMLESS: Final = {
    "operation GET /new is new": ("paths ~new", {"get": {"operationId": "new", "responses": {}}}),
    "tags ['Ideas'] become ['Ideas', 'Ideas']": (f"{POST} tags", ["Ideas", "Ideas"]),
    "header If-Match is new": (f"{POST} parameters 2", HEADER),
    "maximum 100 becomes 200": (f"{POST} parameters 0 schema maximum", 200),
    "maximum 100 becomes None": (f"{POST} parameters 0 schema maximum", ...),
    "value 'due' is new": (f"{POST} parameters 1 schema pattern", "^(title|stage|due)$"),
    "also array of integer": (
        f"{POST} parameters 0 schema",
        {
            "default": 20,
            "anyOf": [{"type": "integer", "maximum": 100}, {"type": "array", "items": {"type": "integer"}}],
        },
    ),
    "response 409 is new": (f"{POST} responses 409", {"description": "Conflict."}),
    "header Location is new": (f"{POST} responses 201 headers Location", {"schema": {"type": "string"}}),
    "media type text/csv is new": (f"{POST} responses 201 content text/csv", {}),
    "property note is new": (f"{IDEA} properties note", {"type": "string"}),
    "required: False": (f"{NEW} required", []),
    "required: True": (f"{IDEA} required", ["title", "tags"]),
    "maxLength 200 becomes 300": (f"{NEW} properties title maxLength", 300),
    "maxLength 200 becomes 100": (f"{IDEA} properties title maxLength", 100),
    "no longer null": (f"{IDEA} properties due", {"type": "string", "format": "date-time"}),
    "also null": (f"{NEW} properties title", {"anyOf": [{"type": "string", "maxLength": 200}, {"type": "null"}]}),
    "a type becomes any value": (f"{NEW} properties title", {}),
    "schema More is new": (f"{SCHEMAS} More", {"type": "object"}),
}


@pytest.mark.parametrize("breaking", [True, False], ids=["breaking", "harmless"])
def test_each_kind_of_change_is_named_and_judged(breaking: bool) -> None:
    for words, (path, value) in (BREAKING if breaking else HARMLESS).items():
        earlier, later = small(), small()
        if words == "any value becomes a type":
            change(path, value)(earlier)
            value = {"type": "string"}  # noqa: PLW2901  # the same place, with a type
        change(path, value)(later)
        found = differences(earlier, later)

        assert words in {each.what for each in found}, found
        assert any(each.breaking for each in found if each.what == words) is breaking, words
        if not breaking:
            assert not any(each.breaking for each in found), found


REAL: Final = released()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_is_removed_from_the_released_document_breaks_it(data: st.DataObject) -> None:
    later = copy.deepcopy(REAL)
    path = data.draw(st.sampled_from(sorted(later["paths"])))
    method = data.draw(st.sampled_from(sorted(later["paths"][path])))
    operation = later["paths"][path][method]
    removable = [("parameters", at) for at in range(len(operation.get("parameters", ())))]
    removable += [("responses", status) for status in operation["responses"]]
    part, key = data.draw(st.sampled_from([("", method), *removable]))
    del (operation[part] if part else later["paths"][path])[key]

    assert any(each.breaking for each in differences(REAL, later))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_whatever_property_is_removed_is_named(data: st.DataObject) -> None:
    later = copy.deepcopy(REAL)
    schemas = {name: schema for name, schema in later["components"]["schemas"].items() if schema.get("properties")}
    name = data.draw(st.sampled_from(sorted(schemas)))
    field = data.draw(st.sampled_from(sorted(schemas[name]["properties"])))
    del schemas[name]["properties"][field]

    found = differences(REAL, later)

    assert any(each.breaking and each.where.startswith(name) and field in each.what for each in found)
