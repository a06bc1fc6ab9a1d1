"""Reads path, query and body of an operation through request models. All invalid fields are reported at once.

The models are Pydantic models, since their errors are identical to FastAPI's (docs/decisions/0005).
"""

from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any, Final, NamedTuple, TypeAlias, TypeVar
from urllib.parse import parse_qsl

from litestar import Request
from litestar.params import SkipValidationMarker
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from creatorvault.core.errors import FieldError, RequestInvalid
from creatorvault.core.http.bodies import read_object, turn_of_large
from creatorvault.core.http.field_errors import MAX_ERRORS, may_be_repeated, reported
from creatorvault.core.http.schemas import RequestModel
from creatorvault.core.text import Location, is_storable, unstorable

MAX_PARAMETERS: Final = 100
TOO_MANY_PARAMETERS: Final[FieldError] = {
    "type": "too_many_parameters",
    "loc": ("query",),
    "msg": f"At most {MAX_PARAMETERS} parameters are read",
    "ctx": {"max_length": MAX_PARAMETERS},
}


class Place(StrEnum):
    PATH = "path"
    QUERY = "query"
    BODY = "body"


M = TypeVar("M", bound=RequestModel)

# Annotations of parameters of handlers and providers. They declare what the operation reads, and what the OpenAPI
# document describes (core.http.declarations).
_NOT_AGAIN: Final = SkipValidationMarker()
Path: TypeAlias = Annotated[M, _NOT_AGAIN, Place.PATH]  # noqa: UP040 - Litestar reads no `type` aliases
Query: TypeAlias = Annotated[M, _NOT_AGAIN, Place.QUERY]  # noqa: UP040
Body: TypeAlias = Annotated[M, _NOT_AGAIN, Place.BODY]  # noqa: UP040


class Received(NamedTuple):
    """The validated inputs of a request."""

    path: RequestModel | None
    query: RequestModel | None
    body: RequestModel | None


@dataclass(frozen=True, slots=True)
class Accepts:
    """The inputs of an operation. The OpenAPI document is generated from the same record."""

    path: type[RequestModel] | None = None
    query: type[RequestModel] | None = None
    body: type[RequestModel] | None = None

    async def receive(self, request: Request[Any, Any, Any]) -> Received:
        """Raises RequestInvalid with all errors, and as `read_object`."""
        errors: list[FieldError] = []
        path = query = body = None
        sent = len(request.scope["path"]) + len(request.scope["query_string"])
        await turn_of_large(request, sent)
        if self.path is not None:
            path = validated(self.path, ("path",), request.path_params, errors)
        if self.query is not None:
            query = _query(self.query, request.scope["query_string"], errors)
        if self.body is not None:
            try:
                content = await read_object(request)
            except RequestInvalid as error:
                errors.extend(error.errors)
            else:
                sent += content.size
                await turn_of_large(request, content.size)  # parsing it has taken the last one
                body = validated(self.body, ("body",), content.value, errors, storable=content.storable)
        if errors:
            raise RequestInvalid(reported(errors, sent))
        return Received(path, query, body)


def _query(model: type[RequestModel], query: bytes, errors: list[FieldError]) -> RequestModel | None:
    if query.count(b"&") >= MAX_PARAMETERS:
        errors.append(TOO_MANY_PARAMETERS)
        return None
    return validated(model, ("query",), _query_values(model, query, errors), errors)


def _query_values(model: type[RequestModel], query: bytes, errors: list[FieldError]) -> dict[str, Any]:
    """Returns the last value of each known parameter, or all values if the model allows it to be repeated."""
    values: dict[str, Any] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if name in model.repeatable:
            values.setdefault(name, []).append(value)
        elif name in model.model_fields:
            values[name] = value
        else:
            errors.extend(unstorable({name: value}, ("query",)))
    return values


def validated[ModelT: RequestModel](
    model: type[ModelT], where: Location, values: dict[str, Any], errors: list[FieldError], *, storable: bool = False
) -> ModelT | None:
    """Returns None if some of `values`, which are at `where`, are invalid, and adds their errors. `storable` means that
    all text in the values is known to be storable.
    """
    found = [] if storable or is_storable(values) else list(islice(unstorable(values, where), MAX_ERRORS))
    try:
        valid = model.model_validate(values)
    except ValidationError as error:
        found.extend(_field_error(details, where, model) for details in error.errors(include_url=False))
    else:
        if not found:
            return valid
    errors.extend(_in_field_order(found, model, len(where)))
    return None


def _in_field_order(found: list[FieldError], model: type[RequestModel], depth: int) -> list[FieldError]:
    """Returns one error for each place: a text that cannot be stored may also violate the rule of its field."""
    places: dict[tuple[str | int, ...], FieldError] = {}
    for error in found:
        places.setdefault(error["loc"], error)
    order = {field.alias or name: index for index, (name, field) in enumerate(model.model_fields.items())}
    unknown = len(order)
    return sorted(
        places.values(),
        key=lambda error: order.get(str(error["loc"][depth]), unknown) if error["loc"][depth:] else unknown,
    )


def _field_error(details: ErrorDetails, where: Location, model: type[RequestModel]) -> FieldError:
    field = str(details["loc"][0])
    location = details["loc"][:1] if field in model.repeatable else details["loc"]
    error = FieldError(type=details["type"], loc=(*where, *location), msg=details["msg"])
    if may_be_repeated(value := details["input"]) and model.private.isdisjoint(details["loc"]):
        error["input"] = value
    if "ctx" in details:
        error["ctx"] = {name: {} if isinstance(value, Exception) else value for name, value in details["ctx"].items()}
    return error
