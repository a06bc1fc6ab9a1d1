"""The differences between two OpenAPI documents, and which of them break a client generated from the earlier one.

    .venv/bin/python -m tests.document_differences            what has changed since the last release
    .venv/bin/python -m tests.document_differences --release  make docs/openapi.json the released document

Stricter than the wire, since generated clients are: they check values of enumerations and lengths in responses, name
types after schemas and methods after operations, and pass parameters by position.
"""

import argparse
import gzip
import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]
DOCUMENT: Final = ROOT / "docs" / "openapi.json"
RELEASED: Final = ROOT / "tests" / "contract" / "released.json.gz"

PROSE: Final = frozenset({"title", "description", "summary", "examples", "example", "externalDocs"})
METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
UPPER: Final = ("maxLength", "maxItems", "maxProperties", "maximum", "exclusiveMaximum")
LOWER: Final = ("minLength", "minItems", "minProperties", "minimum", "exclusiveMinimum")

type Json = Any
type Schema = Mapping[str, Any]


class Difference(NamedTuple):
    where: str
    what: str
    breaking: bool

    def __str__(self) -> str:
        return f"{'BREAKING ' if self.breaking else ''}{self.where}: {self.what}"


class Side(Enum):
    """Who writes what a schema describes: the client in a request, the service in a response."""

    REQUEST = "request"
    RESPONSE = "response"


def differences(earlier: Json, later: Json) -> Sequence[Difference]:
    """Returns every difference of structure, in the order of the earlier document."""
    return tuple(dict.fromkeys(_Comparison(_structure(earlier), _structure(later)).all()))


class _Comparison:
    def __init__(self, earlier: Json, later: Json) -> None:
        self._earlier = earlier
        self._later = later
        self._compared: set[tuple[str, Side]] = set()

    def all(self) -> Iterator[Difference]:
        before, after = _operations(self._earlier), _operations(self._later)
        for name in before:
            if name in after:
                yield from self._operation(name, before[name], after[name])
        yield from _keys("operation", "", before, after)
        names = (document.get("components", {}).get("schemas", {}) for document in (self._earlier, self._later))
        yield from _keys("schema", "components", *names)

    def _operation(self, where: str, before: Schema, after: Schema) -> Iterator[Difference]:
        yield from _changed(where, "operationId", before, after, breaking=True)
        groups, later = (list(dict.fromkeys(each.get("tags", ()))) for each in (before, after))
        if before.get("tags") != after.get("tags"):
            yield Difference(where, f"tags {before.get('tags')} become {after.get('tags')}", groups[:1] != later[:1])
        # A token is needed if there is a requirement, and none of them is empty.
        needs = [bool(each.get("security")) and {} not in each["security"] for each in (before, after)]
        if before.get("security") != after.get("security"):
            yield Difference(where, "security has changed", needs == [False, True])
        yield from self._parameters(where, before, after)
        yield from self._request_body(where, before.get("requestBody"), after.get("requestBody"))
        yield from self._responses(where, before["responses"], after["responses"])

    def _parameters(self, where: str, before: Schema, after: Schema) -> Iterator[Difference]:
        old = self._named_parameters(self._earlier, before)
        new = self._named_parameters(self._later, after)
        for name in old.keys() & new.keys():
            here = f"{where} {name}"
            if old[name].get("required", False) != new[name].get("required", False):
                yield Difference(
                    here, f"required: {new[name].get('required', False)}", new[name].get("required", False)
                )
            for key in ("style", "explode", "allowReserved"):
                yield from _changed(here, key, old[name], new[name], breaking=True)
            yield from self._schema(here, old[name].get("schema", {}), new[name].get("schema", {}), Side.REQUEST)
        for name in old.keys() - new.keys():
            yield Difference(where, f"{name} is gone", breaking=True)
        for name in new.keys() - old.keys():
            yield Difference(where, f"{name} is new", new[name].get("required", False))
        kept = [name for name in new if name in old]
        if kept != [name for name in old if name in new] or kept != list(new)[: len(kept)]:
            yield Difference(where, f"positions of parameters: {', '.join(new)}", breaking=True)

    @staticmethod
    def _named_parameters(document: Json, operation: Schema) -> Mapping[str, Schema]:
        given = (_resolved(document, each) for each in operation.get("parameters", ()))
        return {f"{each['in']} {each['name']}": each for each in given}

    def _request_body(self, where: str, before: Schema | None, after: Schema | None) -> Iterator[Difference]:
        if before is None or after is None:
            if before != after:
                required = after is not None and after.get("required", False)
                yield Difference(where, f"request body is {'new' if after else 'gone'}", bool(before) or required)
            return
        old, new = _resolved(self._earlier, before), _resolved(self._later, after)
        if old.get("required", False) != new.get("required", False):
            yield Difference(f"{where} body", f"required: {new.get('required', False)}", new.get("required", False))
        yield from self._content(f"{where} body", old, new, Side.REQUEST)

    def _responses(self, where: str, before: Schema, after: Schema) -> Iterator[Difference]:
        for status in before:
            if status in after:
                old, new = _resolved(self._earlier, before[status]), _resolved(self._later, after[status])
                yield from _keys("header", f"{where} {status}", old.get("headers", {}), new.get("headers", {}))
                yield from self._content(f"{where} {status}", old, new, Side.RESPONSE)
        yield from _keys("response", where, before, after, added_breaks=lambda status: status.startswith("2"))

    def _content(self, where: str, before: Schema, after: Schema, side: Side) -> Iterator[Difference]:
        old, new = before.get("content", {}), after.get("content", {})
        for media in old:
            if media in new:
                yield from self._schema(
                    f"{where} {media}", old[media].get("schema", {}), new[media].get("schema", {}), side
                )
        yield from _keys("media type", where, old, new)
        if old and new and next(iter(old)) in new and next(iter(new)) != next(iter(old)):
            yield Difference(where, f"the first media type is {next(iter(new))}", breaking=True)

    def _schema(self, where: str, before: Schema, after: Schema, side: Side) -> Iterator[Difference]:
        """Compares the alternatives of two schemas: a request may gain some, a response may lose some."""
        old, new = list(_alternatives(before)), list(_alternatives(after))
        if old != new and {} in (*old, *new):  # anything
            narrowed, widened = {} in old, {} in new
            yield Difference(
                where,
                "any value becomes a type" if narrowed else "a type becomes any value",
                narrowed if side is Side.REQUEST else widened,
            )
            return
        for one in old:
            if (other := self._counterpart(one, new)) is not None:
                yield from self._alternative(where, one, other, side)
            else:
                yield Difference(where, f"no longer {_label(one)}", side is Side.REQUEST or len(old) == 1)
        for one in new:
            if self._counterpart(one, old) is None:
                yield Difference(where, f"also {_label(one)}", side is Side.RESPONSE)
        yield from _default(where, before, after, side)

    @staticmethod
    def _counterpart(one: Schema, others: Iterable[Schema]) -> Schema | None:
        return next((other for other in others if _label(other) == _label(one)), None)

    def _alternative(self, where: str, before: Schema, after: Schema, side: Side) -> Iterator[Difference]:
        if "$ref" in before:
            name = before["$ref"].rpartition("/")[2]
            if (name, side) not in self._compared:
                self._compared.add((name, side))
                old, new = _resolved(self._earlier, before), _resolved(self._later, after)
                yield from self._schema(f"{name} ({side.value})", old, new, side)
            return
        yield from _enumeration(where, before, after, side)
        yield from _limits(where, before, after, side)
        for key in ("uniqueItems", "contentMediaType", "readOnly", "writeOnly", "deprecated"):
            yield from _changed(where, key, before, after, breaking=key in {"readOnly", "writeOnly"})
        yield from self._properties(where, before, after, side)
        if "items" in before or "items" in after:
            yield from self._schema(f"{where}[]", before.get("items", {}), after.get("items", {}), side)
        others, later = before.get("additionalProperties", True), after.get("additionalProperties", True)
        if isinstance(others, dict) and isinstance(later, dict):
            yield from self._schema(f"{where}{{}}", others, later, side)
        elif others != later:
            yield Difference(where, "other properties have changed", breaking=True)

    def _properties(self, where: str, before: Schema, after: Schema, side: Side) -> Iterator[Difference]:
        old, new = before.get("properties", {}), after.get("properties", {})
        needed, needs = set(before.get("required", ())), set(after.get("required", ()))
        for name in old:
            if name in new:
                yield from self._schema(f"{where}.{name}", old[name], new[name], side)
                if (name in needed) != (name in needs):
                    breaks = (name in needs) if side is Side.REQUEST else (name in needed)
                    yield Difference(f"{where}.{name}", f"required: {name in needs}", breaks)
        yield from _keys("property", where, old, new, added_breaks=lambda name: side is Side.REQUEST and name in needs)


def _operations(document: Json) -> Mapping[str, Schema]:
    return {
        f"{method.upper()} {path}": {
            **item[method],
            "parameters": [*item.get("parameters", ()), *item[method].get("parameters", ())],
        }
        for path, item in document["paths"].items()
        for method in METHODS
        if method in item
    }


def _alternatives(schema: Schema) -> Iterator[Schema]:
    """Yields the schema without unions. A reference keeps nothing else."""
    for union in ("anyOf", "oneOf"):
        if union in schema:
            for each in schema[union]:
                yield from _alternatives(each)
            return
    if "$ref" in schema:
        yield {"$ref": schema["$ref"]}
    elif isinstance(schema.get("type"), list):
        for kind in schema["type"]:
            yield {**schema, "type": kind}
    else:
        yield {key: value for key, value in schema.items() if key != "default"}


def _label(schema: Schema) -> str:
    """What a generated client calls the type; limits and values do not change it."""
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    kind = schema.get("type") or ("string" if "enum" in schema else "anything")
    if kind == "array":
        return " or ".join(f"array of {_label(each)}" for each in _alternatives(schema.get("items", {})))
    return " ".join(filter(None, (kind, schema.get("format"), schema.get("contentEncoding"))))


def _values(schema: Schema) -> Sequence[Any] | None:
    """Returns the values of an enumeration, which a pattern may spell out."""
    if spelt := re.fullmatch(r"\^\((\w+(?:\|\w+)*)\)\$", schema.get("pattern", "")):
        return spelt[1].split("|")
    values: Sequence[Any] | None = schema.get("enum", [schema["const"]] if "const" in schema else None)
    return values


def _enumeration(where: str, before: Schema, after: Schema, side: Side) -> Iterator[Difference]:
    old, new = _values(before), _values(after)
    if old is None or new is None:
        if old is not new:
            narrowed = old is None
            yield Difference(
                where, f"{'only' if narrowed else 'not only'} {new or old}", narrowed is (side is Side.REQUEST)
            )
        return
    for value in (each for each in old if each not in new):
        yield Difference(where, f"value {value!r} is gone", breaking=True)
    for value in (each for each in new if each not in old):
        yield Difference(where, f"value {value!r} is new", side is Side.RESPONSE)


def _limits(where: str, before: Schema, after: Schema, side: Side) -> Iterator[Difference]:
    for keys, sign in ((UPPER, 1), (LOWER, -1)):
        for key in keys:
            old, new = before.get(key), after.get(key)
            if old == new:
                continue
            narrower = old is None or (new is not None and sign * new < sign * old)
            yield Difference(where, f"{key} {old} becomes {new}", narrower is (side is Side.REQUEST))
    if before.get("pattern") != after.get("pattern") and (_values(before) is None or _values(after) is None):
        widened = side is Side.REQUEST and "pattern" not in after
        narrowed = side is Side.RESPONSE and "pattern" not in before
        yield Difference(
            where, f"pattern {before.get('pattern')} becomes {after.get('pattern')}", not (widened or narrowed)
        )


def _default(where: str, before: Schema, after: Schema, side: Side) -> Iterator[Difference]:
    if before.get("default") != after.get("default"):
        both = "default" in before and "default" in after
        words = f"default {before.get('default')!r} becomes {after.get('default')!r}"
        yield Difference(where, words, both and side is Side.REQUEST)


def _changed(where: str, key: str, before: Schema, after: Schema, *, breaking: bool) -> Iterator[Difference]:
    if before.get(key) != after.get(key):
        yield Difference(where, f"{key} {before.get(key)!r} becomes {after.get(key)!r}", breaking)


def _keys(
    kind: str, where: str, before: Schema, after: Schema, added_breaks: Any = lambda _: False
) -> Iterator[Difference]:
    for name in before:
        if name not in after:
            yield Difference(where or name, f"{kind} {name} is gone", breaking=True)
    for name in after:
        if name not in before:
            yield Difference(where or name, f"{kind} {name} is new", added_breaks(name))


def _resolved(document: Json, node: Schema) -> Schema:
    if "$ref" not in node:
        return node
    found = document
    for part in node["$ref"].removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return _resolved(document, found)


def _structure(node: Json, *, of_names: bool = False) -> Json:
    """Returns the document without prose. `of_names`: the keys are names of properties, not keywords."""
    if isinstance(node, dict):
        return {
            key: _structure(value, of_names=key == "properties" and not of_names)
            for key, value in node.items()
            if of_names or key not in PROSE
        }
    return [_structure(each) for each in node] if isinstance(node, list) else node


def released() -> Json:
    return json.loads(gzip.decompress(RELEASED.read_bytes()))


def main() -> None:
    parser = argparse.ArgumentParser(prog="tests.document_differences")
    parser.add_argument("--release", action="store_true")
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    if parser.parse_args().release:
        text = json.dumps(_structure(document), separators=(",", ":"))
        RELEASED.write_bytes(gzip.compress(text.encode(), mtime=0))
        return
    found = differences(released(), document)
    sys.stdout.writelines(f"{each}\n" for each in found)
    sys.exit(any(each.breaking for each in found))


if __name__ == "__main__":
    main()
