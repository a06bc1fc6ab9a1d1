"""Reads and validates the body of a bulk request. Operations are validated one by one, in slices."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

import msgspec
from litestar import Request

from creatorvault.core.errors import FieldError, RequestInvalid
from creatorvault.core.http.bodies import NOT_AN_OBJECT
from creatorvault.core.http.field_errors import MAX_ERRORS, reported
from creatorvault.core.http.inputs import validated
from creatorvault.core.http.list_bodies import read_list_object
from creatorvault.core.text import Location
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.many.schemas import MOST_OPERATIONS, OPERATIONS, BulkOptions, Operation

WHERE: Final[Location] = ("body", "operations")
MISSING: Final[FieldError] = {"type": "missing", "loc": WHERE, "msg": "Field required"}
KINDS: Final = "'create', 'change', 'replace' or 'delete'"

_encode: Final = msgspec.json.Encoder(order="sorted").encode


class Invalid(NamedTuple):
    """An operation of a known kind with invalid fields. `id` is null unless it is valid."""

    op: str
    id: UUID | None
    errors: Sequence[FieldError]


class Given(NamedTuple):
    """`digest` identifies the request, whatever its spelling in JSON."""

    atomic: bool
    operations: Sequence[Operation | Invalid]
    digest: bytes


async def read_operations(request: Request[Any, Any, Any], slices: TimeSlice) -> Given:
    """Raises RequestInvalid, and as `read_list_object`. Invalid fields of an operation are errors of an atomic request,
    otherwise of the operation alone.
    """
    body = await read_list_object(request, "operations", slices)
    errors: list[FieldError] = []
    options = validated(BulkOptions, ("body",), body.value, errors)
    elements = body.value.get("operations")
    errors += _errors_of_list(elements) if "operations" in body.value else [MISSING]
    if options is None or errors:
        raise RequestInvalid(reported(errors, body.size))
    digest = hashlib.sha256(_encode(options.atomic))
    operations = list[Operation | Invalid]()
    slices.restart()
    for place, element in enumerate(elements):
        await slices.rest_if_over()
        operation = _operation(element, (*WHERE, place), errors, storable=body.storable)
        if isinstance(operation, Invalid) and options.atomic:
            errors += operation.errors
        elif operation is not None:
            operations.append(operation)
            digest.update(_encode(element))
        if len(errors) >= MAX_ERRORS:
            break
    if errors:
        raise RequestInvalid(reported(errors, body.size))
    return Given(options.atomic, operations, digest.digest())


def _errors_of_list(elements: Any) -> Sequence[FieldError]:
    if not isinstance(elements, list):
        return [{"type": "list_type", "loc": WHERE, "msg": "Input should be a valid list"}]
    if not elements:
        message = "List should have at least 1 item after validation, not 0"
        return [{"type": "too_short", "loc": WHERE, "msg": message, "ctx": _lengths("min_length", 1, 0)}]
    if len(elements) > MOST_OPERATIONS:
        message = f"List should have at most {MOST_OPERATIONS} items after validation, not {len(elements)}"
        ctx = _lengths("max_length", MOST_OPERATIONS, len(elements))
        return [{"type": "too_long", "loc": WHERE, "msg": message, "ctx": ctx}]
    return []


def _lengths(bound: str, limit: int, length: int) -> dict[str, Any]:
    return {"field_type": "List", bound: limit, "actual_length": length}


def _operation(
    element: Any, where: Location, errors: list[FieldError], *, storable: bool
) -> Operation | Invalid | None:
    """Returns None for what is no operation, and adds the error."""
    if not isinstance(element, dict):
        errors.append({**NOT_AN_OBJECT, "loc": where})
        return None
    if "op" not in element:
        errors.append({"type": "missing", "loc": (*where, "op"), "msg": "Field required"})
        return None
    kind = element["op"]
    model = OPERATIONS.get(kind) if isinstance(kind, str) else None
    if model is None:
        message = f"Input should be {KINDS}"
        errors.append({"type": "enum", "loc": (*where, "op"), "msg": message, "ctx": {"expected": KINDS}})
        return None
    found: list[FieldError] = []
    operation = validated(model, where, element, found, storable=storable)
    return Invalid(kind, _id_of(element), found) if operation is None else operation


def _id_of(element: dict[str, Any]) -> UUID | None:
    try:
        return UUID(element["id"])
    except (KeyError, ValueError, TypeError, AttributeError):
        return None
