"""JSON Schema 2020-12 of request and response models, in FastAPI's format, with field descriptions."""

from typing import Any, Final, cast, get_args

import msgspec

from creatorvault.core.http.schemas import Prose, RequestModel

type Schema = dict[str, Any]

REFERENCE: Final = "#/components/schemas/"


class Components:
    """Schemas, and the parameters and responses that operations share, by name, collected while these are built."""

    def __init__(self) -> None:
        self.schemas: dict[str, Schema] = {}
        self.parameters: dict[str, Schema] = {}
        self.responses: dict[str, Schema] = {}

    def reference(self, model: type[Any]) -> Schema:
        if issubclass(model, RequestModel):
            self.schemas[model.__name__] = self.request_model(model)
        else:
            self._response_model(model)
        return {"$ref": REFERENCE + model.__name__}

    def request_model(self, model: type[RequestModel]) -> Schema:
        """Returns the model's own schema and collects the schemas that it refers to."""
        schema = model.model_json_schema(ref_template=REFERENCE + "{model}", mode="validation")
        # Pydantic keeps the order and type of enumerations; msgspec sorts them and omits the type.
        nested = {inner.__name__: inner.described for inner in _nested(model)}
        for name, inner in schema.pop("$defs", {}).items():
            self.schemas[name] = _described(_tidied(inner), nested.get(name, {}))
        return _described(_tidied(schema), model.described)

    def _response_model(self, struct: type[Any]) -> None:
        _, schemas = msgspec.json.schema_components([struct], ref_template=REFERENCE + "{name}")
        prose = {inner.__name__: getattr(inner, "described", {}) for inner in _structs(struct)}
        for name, schema in schemas.items():
            self.schemas.setdefault(name, _described(_tidied(schema), prose.get(name, {})))


def example(model: type[Any]) -> dict[str, Any]:
    """Returns an example value built from the examples of all fields; empty if the model describes none."""
    described: Prose = getattr(model, "described", {})
    return {name: value for name, (_, value) in described.items()}


def _nested(model: type[RequestModel]) -> list[type[RequestModel]]:
    """Returns the request models in the fields of a model, at any depth."""
    found: list[type[RequestModel]] = []
    pending: list[Any] = [field.annotation for field in model.model_fields.values()]
    while pending:
        annotation = pending.pop()
        pending.extend(get_args(annotation))
        if isinstance(annotation, type) and issubclass(annotation, RequestModel) and annotation not in found:
            found.append(annotation)
            pending.extend(field.annotation for field in annotation.model_fields.values())
    return found


def _structs(annotation: Any) -> list[Any]:
    """Returns the structs in an annotation, at any depth."""
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
            case msgspec.inspect.DictType(value_type=value):
                pending.append(value)
    return found


def _described(schema: Schema, prose: Prose) -> Schema:
    properties = cast("dict[str, Schema]", schema.get("properties", {}))
    for name, (text, value) in prose.items():
        if name in properties:
            properties[name] |= {"description": text, "examples": [value]}
    return schema


def _tidied(schema: Schema) -> Schema:
    """Removes generated titles, empty lists and defaults that only mark a field as optional."""
    return {
        key: {name: _tidied(inner) for name, inner in value.items()} if key == "properties" else _tidied_value(value)
        for key, value in schema.items()
        if key != "title" and not (key in ("default", "required") and value in (None, []))
    }


def _tidied_value(value: Any) -> Any:
    if isinstance(value, dict):
        return _tidied(value)
    return [_tidied_value(inner) for inner in value] if isinstance(value, list) else value
