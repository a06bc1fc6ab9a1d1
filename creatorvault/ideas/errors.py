"""Errors of the ideas API."""

from http import HTTPStatus
from typing import ClassVar, Final
from uuid import UUID

from creatorvault.core.errors import CreatorVaultError, Forbidden, NotFound, RequestInvalid

MOST_TAGS: Final = 100_000
"""Different tags of a vault that are counted. This many take some 30 MiB of memory."""

UNDO_INVALID: Final = "undo_invalid"
WRONG_UNDO: Final = "This is not the value of an X-Undo header that this vault has sent"

REFUSALS = {
    "POST": "Cannot create ideas for other users",
    "GET": "Cannot access other users' ideas",
    "PUT": "Cannot update other users' ideas",
    "PATCH": "Cannot update other users' ideas",
    "DELETE": "Cannot delete other users' ideas",
}


class NotYourIdeas(Forbidden):
    """The user in the path is not the subject of the token."""

    code = "not_owner"

    def __init__(self, method: str) -> None:
        super().__init__(REFUSALS[method])


class TooManyTags(CreatorVaultError):
    """Counting so many different tags takes memory that other creators need."""

    status = HTTPStatus.CONFLICT
    code: ClassVar[str] = "too_many_tags"

    def __init__(self) -> None:
        super().__init__(f"Your ideas have more than {MOST_TAGS:,} different tags, too many to be counted")


class UndoInvalid(RequestInvalid):
    """Not an undo token of this vault: it is for another creator or tenant, altered, or sealed with a missing key.

    The error does not reveal which.
    """

    def __init__(self) -> None:
        super().__init__([{"type": UNDO_INVALID, "loc": ("body", "undo"), "msg": WRONG_UNDO}])


class IdeaNotFound(NotFound):
    """The same error for an idea that does not exist and for one of another user."""

    code = "idea_not_found"

    def __init__(self, idea_id: UUID) -> None:
        super().__init__(f"Idea {idea_id} not found")
