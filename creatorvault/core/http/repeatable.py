"""Query parameters that may be repeated."""

from typing import Any, get_args

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema


class Repeatable[T](tuple[T, ...]):
    """The given values; empty if the parameter is missing.

    Documented as `T | list[T] | null`: today's generated clients send one value, which remains valid.
    """

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        (member,) = get_args(source)
        many = core_schema.list_schema(handler.generate_schema(member))
        return core_schema.no_info_after_validator_function(cls, many)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        member = schema["schema"]["items_schema"]
        return handler(core_schema.nullable_schema(core_schema.union_schema([member, core_schema.list_schema(member)])))
