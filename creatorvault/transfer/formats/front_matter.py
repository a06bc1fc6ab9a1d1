"""YAML front matter, read as text.

No YAML object is constructed: values are the texts that stand in the file, so that `no` is a tag and `2026-01-15` a
date in our own sense. Events of libyaml are read one by one. Anchors and types of YAML are refused, so that nothing can
be larger than the text that is read.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import yaml
from yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
)

from creatorvault.transfer.formats.imported import FileRefused

type Value = str | list[Value] | dict[str, Value] | None

MOST_LETTERS: Final = 64 * 1024
MOST_DEPTH: Final = 16
NULLS: Final = ("", "~", "null", "Null", "NULL")

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FENCE: Final = re.compile(r"---[ \t]*\r?\n")
_END: Final = re.compile(r"^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.MULTILINE)


class NotYaml(Exception):
    """The front matter is not valid, as in a note that was written by hand."""


class Page(NamedTuple):
    """`front` is empty if there is no front matter."""

    front: str
    body: str


def split(text: str) -> Page:
    if not (begin := _FENCE.match(text)) or not (end := _END.search(text, begin.end())):
        return Page("", text)
    return Page(text[begin.end() : end.start()], text[end.end() :])


def fields_of(front: str, where: str) -> dict[str, Value]:
    """Raises NotYaml; raises FileRefused if it is an attack on YAML readers."""
    if len(front) > MOST_LETTERS:
        raise FileRefused("front_matter_too_large", f"Front matter has more than {MOST_LETTERS} characters", where)
    try:
        value = _value(_checked(front, where))
    except yaml.YAMLError:
        raise NotYaml from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise NotYaml
    return value


def _checked(front: str, where: str) -> Iterator[Event]:
    depth = 0
    for event in yaml.parse(front, Loader=_LOADER):
        if isinstance(event, AliasEvent):
            raise NotYaml  # without an anchor before it, for example `title: *Stars*`
        if isinstance(event, NodeEvent) and event.anchor:
            raise FileRefused("yaml_anchor", "Front matter has anchors of YAML: quote the text", where)
        if isinstance(event, ScalarEvent | CollectionStartEvent) and event.tag:
            if event.tag.startswith("!"):
                raise NotYaml
            raise FileRefused("yaml_tag", "Front matter names types of YAML: quote the text", where)
        if isinstance(event, CollectionStartEvent):
            depth += 1
        elif isinstance(event, SequenceEndEvent | MappingEndEvent):
            depth -= 1
        if depth > MOST_DEPTH:
            raise FileRefused("nested_too_deep", "Front matter is nested too deep", where)
        yield event


def _value(events: Iterator[Event]) -> Value:
    """Builds the first document. Further ones are not valid in front matter."""
    root: list[Value] = []
    open_lists: list[list[Value]] = [root]
    kinds: list[bool] = []
    for event in events:
        match event:
            case ScalarEvent():
                is_null = event.implicit[0] and event.value in NULLS  # quoted texts are never null
                open_lists[-1].append(None if is_null else event.value)
            case CollectionStartEvent():
                open_lists.append([])
                kinds.append(isinstance(event, MappingStartEvent))
            case SequenceEndEvent() | MappingEndEvent():
                items = open_lists.pop()
                open_lists[-1].append(_mapping(items) if kinds.pop() else items)
            case _:
                pass
    if len(root) > 1:
        raise NotYaml
    return root[0] if root else None


def _mapping(items: list[Value]) -> dict[str, Value]:
    """Keys and values alternate."""
    found: dict[str, Value] = {}
    for key, value in zip(items[::2], items[1::2], strict=True):
        name = "null" if key is None else key
        if not isinstance(name, str) or name in found:
            raise NotYaml
        found[name] = value
    return found


def texts_in(value: Value) -> list[str]:
    """Returns the texts of a value or a list, without those further down."""
    values = value if isinstance(value, list) else [value]
    return [text for text in values if isinstance(text, str)]
