"""Documentation of parameters: those of path and query from their models, and request headers."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from creatorvault.core.http.schemas import RequestModel
from creatorvault.core.openapi.components import Components, Schema
from creatorvault.core.openapi.headers import CORRELATION_ID, HEADERS

IF_MATCH: Final = "If-Match"
IF_NONE_MATCH: Final = "If-None-Match"
IDEMPOTENCY_KEY: Final = "Idempotency-Key"
LAST_EVENT_ID: Final = "Last-Event-ID"
NULL: Final = {"type": "null"}


def _header(name: str, description: str, example: str, **rule: Any) -> dict[str, Any]:
    return {
        "name": name,
        "in": "header",
        "required": False,
        "description": description,
        "schema": {"type": "string", **rule, "examples": [example]},
    }


# In the order in which operations list them.
REQUEST_HEADERS: Final[dict[str, dict[str, Any]]] = {
    "Erasure-Confirmation": _header(
        "Erasure-Confirmation",
        "The `confirmation` of the first request. Without it, the request asks for one and destroys nothing.",
        "Zk3v0pC5b1dQmX8sJfYwR2aLhTn7uGeE4oKiV9yBqPM",
    ),
    LAST_EVENT_ID: _header(
        LAST_EVENT_ID,
        "The `id` of the last event that was received. Browsers send it when they connect again.",
        "42",
    ),
    IF_MATCH: _header(
        IF_MATCH,
        "The `ETag` of the version that was read: nothing is changed if the resource is another one by now (RFC 9110 "
        "§13.1.1). Weak tags match too.",
        '"42"',
    ),
    IF_NONE_MATCH: _header(
        IF_NONE_MATCH,
        "The `ETag` of the version that the client has: the response is 304 if it is current (RFC 9110 §13.1.2).",
        '"42"',
    ),
    IDEMPOTENCY_KEY: _header(
        IDEMPOTENCY_KEY,
        "A new value for each request that may be repeated: all requests with the same one are executed once and get "
        "the same response. Printable ASCII characters without blanks.",
        "5d0f6f0e-0c53-4b0f-8f4e-2f1d3a9c7b64",
        pattern="^[!-~]{1,255}$",
    ),
    CORRELATION_ID: _header(
        CORRELATION_ID,
        "Identifies the request in the service's log. Letters, digits and `._:-`; anything else is replaced by a new "
        "id, which the response carries.",
        HEADERS[CORRELATION_ID]["example"],
    ),
}


def request_headers(names: Iterable[str], components: Components) -> Iterator[Schema]:
    """Refers to the named request headers, in the order of `REQUEST_HEADERS`."""
    wanted = frozenset(names)
    for name, header in REQUEST_HEADERS.items():
        if name in wanted:
            components.parameters[name] = header
            yield {"$ref": f"#/components/parameters/{name}"}


def from_model(place: str, model: type[RequestModel] | None, components: Components) -> Iterator[dict[str, Any]]:
    """Examples are in the schema. Documentation pages would fill in those of a parameter, and a search for an example
    finds nothing.
    """
    if model is None:
        return
    schema = components.request_model(model)
    for name, rule in schema["properties"].items():
        yield {
            "name": name,
            "in": place,
            "required": name in schema.get("required", ()),
            "description": rule.pop("description"),
            "schema": rule if name in model.published_null else _without_null(rule),
        }


def _without_null(rule: Schema) -> Schema:
    """A parameter is left out, never null."""
    if NULL not in rule.get("anyOf", ()):
        return rule
    others = [each for each in rule.pop("anyOf") if each != NULL]
    return {**(others[0] if len(others) == 1 else {"anyOf": others}), **rule}
