"""Reads a TOML file and the environment into frozen structs; reports all problems at once, each with its location.

It is independent of the existing settings, which the structs of `creatorvault.settings.sections` define.
"""

import inspect
import json
import math
import stat
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final, NamedTuple, TypeGuard, cast, get_args, get_origin

import msgspec

from creatorvault.settings.printable import is_one_line
from creatorvault.settings.secret import Secret

PREFIX: Final = "CREATORVAULT_"
LONGEST_NAME: Final = 100
"""Finding the nearest name takes time that grows with the square of the length."""

MOST_BYTES: Final = 2**20
MOST_CHARACTERS: Final = 65_536
BETWEEN: Final = str.maketrans(dict.fromkeys("\t\r\n", " "))
WRONG: Final = object()
UNREAD: Final = Secret("in the place of a secret that cannot be read")
"""Placeholder that counts as given, so that the rules about secrets report nothing else. It is never used."""


class SettingsError(Exception):
    """Invalid settings. `problems` are sentences for the operator, without values of secrets."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("the settings cannot be used:\n" + "\n".join(f"  - {problem}" for problem in self.problems))


class Given(NamedTuple):
    """A value that was set, and its location, as shown to an operator."""

    value: object
    origin: str
    from_file: bool


type Tree = dict[str, Given | Tree | list[Tree]]


def nearest(name: str, known: Sequence[str]) -> str:
    return get_close_matches(name[:LONGEST_NAME], known, n=1, cutoff=0.0)[0]


def variables(kind: type[msgspec.Struct], section: tuple[str, ...] = ()) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Returns every `CREATORVAULT_<SECTION>__<NAME>` of a struct of structs, with the path that it sets."""
    for field in msgspec.structs.fields(kind):
        path = (*section, field.name)
        if _is_struct(field.type):
            yield from variables(field.type, path)
        else:
            yield PREFIX + "__".join(path).upper(), path


def from_file(file: Path) -> Tree:
    """Raises SettingsError if the file cannot be read or is not TOML."""
    try:
        content = tomllib.loads(read_file(file))
    except ValueError as error:
        raise SettingsError([f"{file}: {error}"]) from None
    except RecursionError:
        raise SettingsError([f"{file}: its tables and lists are nested too deeply"]) from None
    return _tree(content, f"{file.name}: ", from_file=True)


def read_file(file: Path) -> str:
    """Raises ValueError, without the content, if it is not a text file of a reasonable size."""
    try:
        found = file.stat()
        if stat.S_ISREG(found.st_mode) and found.st_size <= MOST_BYTES:
            return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError("is not text in UTF-8") from None
    except OSError as error:
        raise ValueError(error.strerror) from None
    raise ValueError("is larger than 1 MiB" if stat.S_ISREG(found.st_mode) else "is not a file")


def put(tree: Tree, path: Sequence[str], variable: str, text: str) -> None:
    """Sets one value from the environment, overriding lower layers. A list of tables is written as JSON."""
    *sections, name = path
    for section in sections:
        tree = cast("Tree", tree.setdefault(section, {}))
    tree[name] = Given(text, variable, from_file=False)
    if text.lstrip().startswith("["):
        try:
            tables = json.loads(text)
            tree[name] = [_tree(table, f"{variable}[{i}].", from_file=False) for i, table in enumerate(tables)]
        except (ValueError, AttributeError, RecursionError):
            return  # remains text; validation reports the expected type


def read[S: msgspec.Struct](kind: type[S], tree: Tree, problems: list[str], where: str = "") -> S | None:
    """Returns the struct, with defaults for invalid values, so that further rules can be checked; None if a value
    without a default is invalid or missing. Problems are added to `problems`.
    """
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, object] = {}
    problems += [
        f"{where}{name} is not a setting; the nearest is {where}{nearest(name, list(fields))}"
        for name in tree
        if name not in fields
    ]
    for name, field in fields.items():
        node, here = tree.get(name), f"{where}{name}"
        if node is None:
            if field.required:
                problems.append(f"{here} is missing")
        elif isinstance(node, dict) and _is_struct(field.type):
            values[name] = read(field.type, node, problems, f"{here}.")
        elif isinstance(node, list) and _is_struct(element := _element(field.type)):
            tables = [read(element, table, problems, f"{here}[{i}].") for i, table in enumerate(node)]
            values[name] = tuple(table for table in tables if table is not None)
        elif isinstance(node, Given):
            values[name] = _value(field.type, node, problems)
        else:
            problems.append(f"{here} is no place for a table")
    values = {name: value for name, value in values.items() if value is not WRONG}
    return kind(**values) if all(name in values for name, field in fields.items() if field.required) else None


def _tree(content: Mapping[str, object], origin: str, *, from_file: bool) -> Tree:
    tree: Tree = {}
    for name, value in content.items():
        here = f"{origin}{name}"
        if isinstance(value, dict):
            tree[name] = _tree(value, f"{here}.", from_file=from_file)
        elif isinstance(value, list) and value and all(isinstance(table, dict) for table in value):
            tree[name] = [_tree(table, f"{here}[{i}].", from_file=from_file) for i, table in enumerate(value)]
        else:
            tree[name] = Given(value, here, from_file)
    return tree


def _value(kind: object, given: Given, problems: list[str]) -> object:
    if given.from_file and Secret in (kind, *get_args(kind)):
        problems.append(f"{given.origin} is a secret, and the file is not: give it in the environment")
        return WRONG
    value, wrong = given.value, UNREAD if Secret in (kind, *get_args(kind)) else WRONG
    if reason := _unreadable(value):
        problems.append(f"{given.origin}: {reason}")
        return wrong
    if isinstance(value, str) and not given.from_file and _element(kind) is str:
        value = [part for item in value.split(",") if (part := item.strip())]
    try:
        value = msgspec.convert(value, kind, strict=given.from_file, dec_hook=_construct)
    except msgspec.ValidationError as error:
        problems.append(f"{given.origin}: {error}")
        return wrong
    if isinstance(value, float) and math.isnan(value):
        problems.append(f"{given.origin}: Expected a number")
        return WRONG
    return value


def _unreadable(value: object) -> str | None:
    """Returns why a text is unusable. A list of secrets may have one entry per line."""
    if isinstance(value, list):
        return next((reason for item in value if (reason := _unreadable(item))), None)
    if not isinstance(value, str):
        return None
    if len(value) > MOST_CHARACTERS:
        return f"is longer than {MOST_CHARACTERS} characters"
    if not is_one_line(value.translate(BETWEEN)):
        return "holds a control character, or what is not UTF-8"
    return None


def _construct(kind: type, value: object) -> object:
    if kind in (Secret, Path) and isinstance(value, str):
        return kind(value)
    raise ValueError("Expected text")


def _is_struct(kind: object) -> TypeGuard[type[msgspec.Struct]]:
    return inspect.isclass(kind) and issubclass(kind, msgspec.Struct)


def _element(kind: object) -> object:
    return get_args(kind)[0] if get_origin(kind) is tuple else None
