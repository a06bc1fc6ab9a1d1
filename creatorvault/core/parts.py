"""Process-wide objects ("parts"), looked up by type, so that mypy checks every look-up.

Apps contribute their own (`App.parts`), so this module names none of them. `creatorvault.parts` opens and closes them.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

from litestar import Litestar

STATE_KEY: Final = "parts"


class Parts:
    """At most one part of each type."""

    def __init__(self, *parts: object) -> None:
        self._parts: dict[type[Any], Any] = {}
        for part in parts:
            self.add(part)

    def __getitem__[P](self, kind: type[P]) -> P:
        """Raises KeyError if the part is not open, or not open yet."""
        part: P = self._parts[kind]
        return part

    def get[P](self, kind: type[P]) -> P | None:
        """Returns None if the part is not open. For optional parts."""
        part: P | None = self._parts.get(kind)
        return part

    def add(self, part: object) -> None:
        """Raises ValueError if there is already a part of the same type."""
        if type(part) in self._parts:
            raise ValueError(f"there are two parts of the type {type(part).__name__}")
        self._parts[type(part)] = part

    def remove(self, part: object) -> None:
        del self._parts[type(part)]


type PartOpener = Callable[[Parts], AbstractAsyncContextManager[object]]
"""Opens one part. It may use parts that were opened before it, and is closed before them."""


def parts_of(app: Litestar) -> Parts:
    parts: Parts = app.state[STATE_KEY]
    return parts


def part_of[P](app: Litestar, kind: type[P]) -> P:
    """Returns a part of the application. Raises KeyError as `Parts` does."""
    return parts_of(app)[kind]
