"""Process-wide objects ("parts"), looked up by type, so that mypy checks every look-up.

Apps contribute their own (`App.parts`), so this module names none of them. `creatorvault.parts` opens and closes them.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Any, Final

from litestar import Litestar

STATE_KEY: Final = "parts"


class Parts(dict[type[Any], Any]):
    """At most one part of each type. Raises KeyError for a part that is not open, or not open yet."""

    if TYPE_CHECKING:  # a dict's own look-ups, which every request makes several times, with the types of parts

        def __getitem__[P](self, kind: type[P]) -> P: ...

        def get[P](self, kind: type[P]) -> P | None: ...  # type: ignore[override]  # without a default

    def __init__(self, *parts: object) -> None:
        super().__init__()
        for part in parts:
            self.add(part)

    def add(self, part: object) -> None:
        """Raises ValueError if there is already a part of the same type."""
        if type(part) in self:
            raise ValueError(f"there are two parts of the type {type(part).__name__}")
        self[type(part)] = part

    def remove(self, part: object) -> None:
        del self[type(part)]


type PartOpener = Callable[[Parts], AbstractAsyncContextManager[object]]
"""Opens one part. It may use parts that were opened before it, and is closed before them."""


def parts_of(app: Litestar) -> Parts:
    parts: Parts = app.state[STATE_KEY]
    return parts


def part_of[P](app: Litestar, kind: type[P]) -> P:
    """Returns a part of the application. Raises KeyError as `Parts` does."""
    parts: Parts = app.state[STATE_KEY]
    return parts[kind]
