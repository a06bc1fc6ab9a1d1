"""Errors of many changes at once. A request that fails with one of them has stored nothing."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from uuid import UUID

from creatorvault.core.errors import CreatorVaultError, RequestInvalid
from creatorvault.ideas.fields import TAGS_LENGTH
from creatorvault.ideas.many.schemas import BulkResult


class NotApplied(CreatorVaultError):
    """The result of an operation that could be executed, in a request of which nothing was."""

    status = HTTPStatus.FAILED_DEPENDENCY
    code = "not_applied"

    def __init__(self) -> None:
        super().__init__("Another operation of the request could not be executed")


class IdTaken(CreatorVaultError):
    """A new idea was given an id that is or was in use: by an idea, one in the trash, or one that was deleted."""

    status = HTTPStatus.CONFLICT
    code = "id_taken"

    def __init__(self, idea_id: UUID) -> None:
        super().__init__(f"The id {idea_id} is or was in use")


class TooManyIdeas(CreatorVaultError):
    """More ideas would change than one transaction can change in about two seconds."""

    status = HTTPStatus.CONFLICT
    code = "too_many_ideas"

    def __init__(self, most: int) -> None:
        super().__init__(f"More than {most} ideas have these tags, which cannot be changed at once")


class TagsTooLong(RequestInvalid):
    """The tags of an idea would be too long with the new name."""

    def __init__(self) -> None:
        message = (
            f"Tags joined by commas should have at most {TAGS_LENGTH} characters; those of an idea would have more"
        )
        ctx = {"max_length": TAGS_LENGTH}
        super().__init__([{"type": "tags_too_long", "loc": ("body", "to"), "msg": message, "ctx": ctx}])


class BulkRefused(CreatorVaultError):
    """An operation of an atomic request cannot be executed."""

    status = HTTPStatus.CONFLICT
    code = "bulk_refused"

    def __init__(self, results: Sequence[BulkResult]) -> None:
        super().__init__("An operation could not be executed, so none was")
        self.results = results

    def members(self) -> Mapping[str, object]:
        return {"results": self.results}
