"""Base class and types of the apps' schemas."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final

import msgspec
from pydantic import BaseModel, ConfigDict

Moment = Annotated[datetime, msgspec.Meta(tz=True)]

ERROR_CODE: Final = "ErrorCode"
# Names the codes and asserts nothing (JSON Schema 2020-12, core §10.2.2.1), since a later version may add some. Clients
# that knew only an enumeration could not read an error with a new one (docs/decisions/0032-document.md).
Code = Annotated[str, msgspec.Meta(extra_json_schema={"if": {"$ref": f"#/components/schemas/{ERROR_CODE}"}})]
"""The code of an error in a response."""

CODE: Final = "What happened, for programs: an `ErrorCode`, or one that a later version has added."
"""Its description."""

type Prose = Mapping[str, tuple[str, Any]]
"""Descriptions and examples of fields for the OpenAPI document, by name."""


class RequestModel(BaseModel):
    """Input of an operation, from its path, query or body. Unknown keys are ignored, as in the published service.

    `private` names the fields whose values errors must not repeat, `repeatable` the query parameters that may be
    repeated. `published_null` names the query parameters that the published document allows to be null; no others are
    documented so, since nothing in a query is null.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    private: ClassVar[frozenset[str]] = frozenset()
    repeatable: ClassVar[frozenset[str]] = frozenset()
    published_null: ClassVar[frozenset[str]] = frozenset()
    described: ClassVar[Prose] = {}


def response_of[StructT: msgspec.Struct](struct: type[StructT], entity: object) -> StructT:
    """Returns a response whose fields are the attributes of the same names. Validates nothing: the database has."""
    return struct(**{name: getattr(entity, name) for name in struct.__struct_fields__})
