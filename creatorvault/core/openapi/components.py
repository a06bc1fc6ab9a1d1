"""JSON Schema 2020-12 of request models and answers, as FastAPI publishes it, with the prose of their fields."""

from typing import Any, Final, cast

import msgspec

from creatorvault.core.http.schemas import Prose, RequestModel

type Schema = dict[str, Any]

REFERENCE: Final = "#/components/schemas/"


class Components:
    """Schemas by name, gathered while operations are written."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}

    def reference(self, model: type[Any]) -> Schema:
        if issubclass(model, RequestModel):
            self.schemas[model.__name__] = self.request_model(model)
        else:
            self._answer(model)
        return {"$ref": REFERENCE + model.__name__}

    def request_model(self, model: type[RequestModel]) -> Schema:
        """The model's own schema; those it refers to are gathered."""
        schema = model.model_json_schema(ref_template=REFERENCE + "{model}", mode="validation")
        # Enumerations keep their order and their type here; msgspec sorts them and leaves the type out.
        self.schemas |= {name: _tidied(inner) for name, inner in schema.pop("$defs", {}).items()}
        return _described(_tidied(schema), model.described)

    def _answer(self, struct: type[Any]) -> None:
        _, schemas = msgspec.json.schema_components([struct], ref_template=REFERENCE + "{name}")
        prose = {inner.__name__: getattr(inner, "described", {}) for inner in _structs(struct)}
        for name, schema in schemas.items():
            self.schemas.setdefault(name, _described(_tidied(schema), prose.get(name, {})))


def example(model: type[Any]) -> dict[str, Any]:
    """A value made of the examples of all its fields; empty where the model describes none."""
    described: Prose = getattr(model, "described", {})
    return {name: value for name, (_, value) in described.items()}


def _structs(annotation: Any) -> list[Any]:
    """The structs that an annotation speaks of, at any depth."""
    info = msgspec.inspect.type_info(annotation)
    found: list[Any] = []
    pending: list[Any] = [info]
    while pending:
        match pending.pop():
            case msgspec.inspect.StructType(cls=cls, fields=fields):
                if cls not in found:
                    found.append(cls)
                    pending.extend(field.type for field in fields)
            case msgspec.inspect.UnionType(types=types):
                pending.extend(types)
            case msgspec.inspect.ListType(item_type=item):
                pending.append(item)
    return found


def _described(schema: Schema, prose: Prose) -> Schema:
    properties = cast("dict[str, Schema]", schema.get("properties", {}))
    for name, (text, value) in prose.items():
        if name in properties:
            properties[name] |= {"description": text, "examples": [value]}
    return schema


def _tidied(schema: Schema) -> Schema:
    """Without generated titles, empty lists and the defaults that only say that a field may be left out."""
    return {
        key: {name: _tidied(inner) for name, inner in value.items()} if key == "properties" else _tidied_value(value)
        for key, value in schema.items()
        if key != "title" and not (key in ("default", "required") and value in (None, []))
    }


def _tidied_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _tidied(value)
    return [_tidied_value(inner) for inner in value] if isinstance(value, list) else value
