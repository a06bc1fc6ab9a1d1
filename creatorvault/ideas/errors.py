"""Errors of the ideas API."""

from typing import Final
from uuid import UUID

from creatorvault.core.errors import Forbidden, NotFound, RequestInvalid

CURSOR_INVALID: Final = "cursor_invalid"
WRONG_CURSOR: Final = "The cursor does not belong to this list: begin anew with an empty cursor"
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

    def __init__(self, method: str) -> None:
        super().__init__(REFUSALS[method])


class CursorInvalid(RequestInvalid):
    """Not a cursor of this list: it is for another creator, tenant or query, altered, or sealed with a missing key.

    The error does not reveal which.
    """

    def __init__(self) -> None:
        super().__init__([{"type": CURSOR_INVALID, "loc": ("query", "cursor"), "msg": WRONG_CURSOR}])


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
