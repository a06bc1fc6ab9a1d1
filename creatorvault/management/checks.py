"""System checks, which find problems of an installation before requests do. Apps register their own."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from creatorvault.settings.sections import Settings


class Level(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Message:
    """`id` is `<app>.E<number>` for an error, `<app>.W<number>` for a warning. The meaning of an id never changes."""

    id: str
    text: str
    hint: str = ""

    @property
    def level(self) -> Level:
        return Level.ERROR if self.id.partition(".")[2].startswith("E") else Level.WARNING


@dataclass(frozen=True, slots=True)
class Installation:
    """The installation to check. With `deploy` it is checked as production, regardless of its environment."""

    settings: Settings
    deploy: bool


type Check = Callable[[Installation], Awaitable[Iterable[Message]]]


async def found_by(checks: Iterable[Check], installation: Installation) -> list[Message]:
    """Returns the messages in the order of the checks."""
    return [message for check in checks for message in await check(installation)]
