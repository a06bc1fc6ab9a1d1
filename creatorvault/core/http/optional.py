"""Query parameters that may be missing. A query cannot say null, so the document does not either."""

from typing import Annotated, Final, TypeAlias, TypeVar

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

T = TypeVar("T")


class _WithoutNull:
    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return handler(schema["schema"] if schema["type"] == "nullable" else schema)


_WITHOUT_NULL: Final = _WithoutNull()

Missable: TypeAlias = Annotated[T | None, _WITHOUT_NULL]  # noqa: UP040 - Pydantic would document it as a schema of its own
"""None if the parameter is missing. (`SkipJsonSchema` would report each invalid value twice.)"""
