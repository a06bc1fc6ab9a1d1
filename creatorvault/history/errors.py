"""Errors of the trash and of versions."""

from typing import Final
from uuid import UUID

from creatorvault.core.errors import NotFound, RequestInvalid

EXPIRED: Final = "The ten minutes in which this deletion could be undone are over; the idea may still be in the trash"
SUPERSEDED: Final = "The idea was deleted again since; only the last deletion can be undone"


class NotInTrash(NotFound):
    """The same error for an idea that is not in the trash, does not exist, or is another user's."""

    code = "not_in_trash"

    def __init__(self, idea_id: UUID) -> None:
        super().__init__(f"Idea {idea_id} is not in the trash")


class VersionNotFound(NotFound):
    """The idea has no such version, or it was too old to be kept."""

    code = "version_not_found"

    def __init__(self, idea_id: UUID, number: int) -> None:
        super().__init__(f"Idea {idea_id} has no version {number}")


class UndoExpired(RequestInvalid):
    code = "undo_expired"

    def __init__(self) -> None:
        super().__init__([{"type": "undo_expired", "loc": ("body", "undo"), "msg": EXPIRED}])


class UndoSuperseded(RequestInvalid):
    code = "undo_superseded"

    def __init__(self) -> None:
        super().__init__([{"type": "undo_superseded", "loc": ("body", "undo"), "msg": SUPERSEDED}])
