"""The published document: the contract's structure, the snapshot, valid examples, and documented errors."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import jsonschema
import pytest
from jsonschema import Draft202012Validator
from litestar import Litestar
from openapi_spec_validator import OpenAPIV31SpecValidator

from creatorvault.core.openapi.document import document, rendered
from tests.factories import Creator

ROOT: Final = Path(__file__).parents[1]
CONTRACT: Final = ROOT.parent / "shared" / "contract" / "openapi-structure.json"
SNAPSHOT: Final = ROOT / "docs" / "openapi.json"
PROSE: Final = frozenset({"title", "description", "summary", "examples", "example"})
METHODS: Final = frozenset({"get", "post", "put", "patch", "delete"})

# Additions of this service to the published contract.
ADDED_STATUSES: Final = frozenset({"304", "401", "403", "404", "409", "412", "413", "429", "503"})
ADDED_PATHS: Final = (
    *("/api/v1/admin/", "/api/v1/tenant", "/api/v1/users/me/", "/.well-known/"),
    *("/api/v1/{user_id}/trash", "/api/v1/{user_id}/undo", "/api/v1/{user_id}/settings"),
    *("/api/v1/{user_id}/imports", "/api/v1/{user_id}/export", "/api/v1/{user_id}/changes"),
    *("/api/v1/{user_id}/ideas/{idea_id}/", "/api/v1/{user_id}/ideas/bulk", "/api/v1/{user_id}/tags/"),
)
ADDED_OPERATIONS: Final = (("/api/v1/users/me", "delete"),)
ADDED_FIELDS: Final = {
    "UserProfile": ("email", "name", "roles", "expires_at", "tenant_id"),
    "IdeaListResponse": ("next_cursor",),
}
ADDED_PARAMETERS: Final = ("cursor",)
ADDED_LENGTHS: Final = ("search", "tags")

type Json = Any
type Operation = dict[str, Any]


@pytest.fixture(scope="session")
def published(app: Litestar) -> Json:
    return json.loads(json.dumps(document(app)))


@pytest.fixture(scope="session")
def contract() -> Json:
    if not CONTRACT.is_file():
        pytest.skip("the published contract is not beside this checkout")
    return json.loads(CONTRACT.read_text(encoding="utf-8"))


def operations(published: Json) -> Iterator[tuple[str, str, Operation]]:
    for path, item in published["paths"].items():
        for method, operation in item.items():
            assert method in METHODS
            yield method.upper(), path, operation


def structure(node: Json, *, of_names: bool = False) -> Json:
    """Returns the document without prose. A property may be called `title`: `of_names` marks names, not keywords."""
    if isinstance(node, dict):
        return {
            key: structure(value, of_names=key == "properties" and not of_names)
            for key, value in node.items()
            if of_names or key not in PROSE
        }
    return [structure(value) for value in node] if isinstance(node, list) else node


def without_additions(node: Json, contract: Json) -> Json:
    """Returns the structure without our additions: paths, headers, statuses, parameters, error schemas, some fields."""
    schemas = contract["components"]["schemas"]
    node["components"] = {
        "schemas": {name: schema for name, schema in node["components"]["schemas"].items() if name in schemas},
        "securitySchemes": node["components"]["securitySchemes"],
    }
    node["paths"] = {path: item for path, item in node["paths"].items() if not path.startswith(ADDED_PATHS)}
    for path, method in ADDED_OPERATIONS:
        del node["paths"][path][method]
    for name, fields in ADDED_FIELDS.items():
        for field in fields:
            assert field not in node["components"]["schemas"][name].get("required", ())
            del node["components"]["schemas"][name]["properties"][field]
    for method, path, operation in operations(node):
        of_contract = contract["paths"][path][method.lower()]["responses"]
        responses = operation["responses"]
        added = [each for each in operation.get("parameters", ()) if each["name"] in ADDED_PARAMETERS]
        assert not any(each["required"] for each in added)
        for each in added:
            operation["parameters"].remove(each)
        for each in operation.get("parameters", ()):
            if each["name"] in ADDED_LENGTHS:
                assert each["schema"]["anyOf"][0].pop("maxLength") == 1000
        assert responses.keys() - of_contract.keys() <= ADDED_STATUSES
        operation["responses"] = {
            status: {key: value for key, value in responses[status].items() if key in described}
            for status, described in of_contract.items()
        }
    return node


def test_the_structure_is_the_published_contracts(published: Json, contract: Json) -> None:
    assert published["info"]["title"] == contract["info"]["title"]
    assert published["info"]["version"] == contract["info"]["version"]
    assert without_additions(structure(published), contract) == structure(contract)


def test_the_snapshot_is_what_the_application_publishes(app: Litestar) -> None:
    assert SNAPSHOT.read_text(encoding="utf-8") == rendered(app), "creatorvault openapi > docs/openapi.json"


async def test_clients_get_the_document_without_a_token(client: httpx.AsyncClient, published: Json) -> None:
    answer = await client.get("/openapi.json")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == published


def test_the_document_is_valid_openapi_3_1(published: Json) -> None:
    assert published["openapi"] == "3.1.0"
    OpenAPIV31SpecValidator(published).validate()


def test_every_operation_is_explained(published: Json) -> None:
    for method, path, operation in operations(published):
        assert operation["summary"], (method, path)
        assert operation["description"], (method, path)
        for parameter in operation.get("parameters", ()):
            assert parameter["description"], (method, path, parameter["name"])
            assert "example" in parameter, (method, path, parameter["name"])
        for response in operation["responses"].values():
            assert response["description"], (method, path)


def test_every_schema_and_each_of_its_fields_is_explained(published: Json) -> None:
    for name, schema in published["components"]["schemas"].items():
        assert schema["description"], name
        for field, rule in schema.get("properties", {}).items():
            assert rule["description"], (name, field)
            assert rule["examples"], (name, field)


def test_every_body_has_an_example(published: Json) -> None:
    for method, path, operation in operations(published):
        bodies = [operation["requestBody"]] if "requestBody" in operation else []
        for body in [*bodies, *operation["responses"].values()]:
            for content in body.get("content", {}).values():
                assert content["examples"], (method, path)


def examples(published: Json) -> Iterator[tuple[Json, Json]]:
    """Yields each example with its schema."""
    for schema in published["components"]["schemas"].values():
        for rule in schema.get("properties", {}).values():
            yield from ((rule, value) for value in rule["examples"])
    for header in published["components"]["headers"].values():
        yield header["schema"], header["example"]
    for _, _, operation in operations(published):
        for parameter in operation.get("parameters", ()):
            yield parameter["schema"], parameter["example"]
        for body in [operation.get("requestBody", {}), *operation["responses"].values()]:
            for content in body.get("content", {}).values():
                for example in content["examples"].values():
                    yield content["schema"], example["value"]


def check(schema: Json, value: Json, published: Json) -> None:
    whole = {**schema, "components": published["components"]}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(value)


def test_every_example_matches_its_schema(published: Json) -> None:
    found = list(examples(published))

    assert len(found) > 100
    for schema, value in found:
        check(schema, value, published)


def test_a_wrong_example_is_detected(published: Json) -> None:
    for schema, value in [
        ({"$ref": "#/components/schemas/IdeaCreate"}, {"title": ""}),
        ({"$ref": "#/components/schemas/IdeaResponse"}, {"title": "Only a title"}),
        ({"type": "string", "format": "date-time"}, "tomorrow"),
    ]:
        with pytest.raises(jsonschema.ValidationError):
            check(schema, value, published)


def test_public_operations_require_no_token(published: Json) -> None:
    public = {path for _, path, operation in operations(published) if "security" not in operation}

    assert public == {"/", "/health", "/health/db", "/health/ready", "/.well-known/jwks.json"}


def test_every_protected_operation_documents_its_refusals(published: Json) -> None:
    for method, path, operation in operations(published):
        if "security" in operation:
            responses = operation["responses"]
            assert "WWW-Authenticate" in responses["401"]["headers"], (method, path)
            assert "Retry-After" in responses["503"]["headers"], (method, path)
            assert ("413" in responses) == ("requestBody" in operation), (method, path)
            reads = "parameters" in operation or "requestBody" in operation
            assert ("422" in responses) == reads, (method, path)


def test_every_response_has_a_correlation_id(published: Json) -> None:
    for method, path, operation in operations(published):
        for response in operation["responses"].values():
            assert "X-Correlation-ID" in response["headers"], (method, path)


def documented(published: Json, method: str, path: str, status: int) -> Json:
    return published["paths"][path][method.lower()]["responses"][str(status)]


IDEAS: Final = "/api/v1/{user_id}/ideas"
IDEA: Final = IDEAS + "/{idea_id}"


async def refusals(ada: Creator) -> list[tuple[str, str, httpx.Response]]:
    unknown = ada.url_of("7d0a5c86-3f0e-4a53-9d1b-2f6f0a9f4c11")
    return [
        ("GET", "/api/v1/users/me", await ada.client.get("/api/v1/users/me")),
        ("POST", IDEAS, await ada.request("POST", "/api/v1/somebody-else/ideas", json={"title": "Theirs"})),
        ("POST", IDEAS, await ada.post({"stage": "someday"})),
        ("POST", IDEAS, await ada.post({"title": "Long", "notes": "x" * 100_000})),
        ("GET", IDEAS, await ada.list({"limit": 1000})),
        ("GET", IDEA, await ada.get("42")),
        ("PATCH", IDEA, await ada.patch(unknown.rpartition("/")[2], {"title": "x" * 201})),
        *[(method, IDEA, await ada.request(method, unknown)) for method in ("GET", "DELETE")],
        *[(method, IDEA, await ada.request(method, unknown, json={"title": "New"})) for method in ("PATCH", "PUT")],
    ]


async def test_errors_are_sent_as_they_are_documented(ada: Creator, published: Json) -> None:
    statuses = set()
    for method, path, answer in await refusals(ada):
        response = documented(published, method, path, answer.status_code)
        content = response["content"]["application/json"]

        check(content["schema"], answer.json(), published)
        assert set(response["headers"]) <= {name for name in response["headers"] if name in answer.headers}
        assert answer.json() in [example["value"] for example in content["examples"].values()]
        statuses.add(answer.status_code)

    assert statuses == {401, 403, 404, 413, 422}


async def test_successes_are_sent_as_they_are_documented(ada: Creator, published: Json) -> None:
    created = await ada.post({"title": "Documented"})
    answers = [
        ("POST", IDEAS, created),
        ("GET", IDEAS, await ada.list()),
        ("GET", IDEA, await ada.get(created.json())),
        ("PATCH", IDEA, await ada.patch(created.json(), {"stage": "draft"})),
        ("PUT", IDEA, await ada.put(created.json(), {"title": "Replaced"})),
        ("GET", "/api/v1/users/me", await ada.request("GET", "/api/v1/users/me")),
    ]
    for method, path, answer in answers:
        response = documented(published, method, path, answer.status_code)
        check(response["content"]["application/json"]["schema"], answer.json(), published)
        assert set(response["headers"]) <= {name for name in response["headers"] if name in answer.headers}


@pytest.mark.parametrize("path", ["/", "/health", "/health/db"])
async def test_examples_of_health_match_the_responses(client: httpx.AsyncClient, published: Json, path: str) -> None:
    response = documented(published, "GET", path, 200)

    assert (await client.get(path)).json() in [
        example["value"] for example in response["content"]["application/json"]["examples"].values()
    ]


async def test_every_example_request_is_accepted(ada: Creator, published: Json) -> None:
    idea = await ada.idea()
    for method, path, operation in operations(published):
        if path.startswith(ADDED_PATHS):
            continue  # tested in tests/admin and tests/history
        for example in (
            operation.get("requestBody", {})
            .get("content", {})
            .get("application/json", {"examples": {}})["examples"]
            .values()
        ):
            url = path.format(user_id=ada.user_id, idea_id=idea["id"])
            answer = await ada.request(method, url, json=example["value"])
            assert answer.is_success, (method, path, answer.text)
