"""What became of an operation, and what an idempotency key stores of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, Final, NamedTuple, cast
from uuid import UUID

import msgspec
from msgspec.structs import replace as with_fields

from creatorvault.core.errors import CreatorVaultError, FieldError, RequestInvalid
from creatorvault.core.openapi.errors import ValidationError
from creatorvault.ideas.drafting import StoredIdea, created
from creatorvault.ideas.many.errors import NotApplied
from creatorvault.ideas.many.reading import Invalid
from creatorvault.ideas.many.schemas import BulkError, BulkResult, CreateOperation, Operation, ReplaceOperation
from creatorvault.ideas.schemas import IdeaResponse

SUCCESSFUL: Final = range(200, 300)

_encode: Final = msgspec.json.Encoder().encode


class Outcome(NamedTuple):
    """`stored` is the idea after the operation, or the current one that has it refused. `tag` is that of its version,
    also if the version is not kept any more.
    """

    id: UUID | None
    status: int
    stored: StoredIdea | None = None
    tag: str | None = None
    error: BulkError | None = None

    @property
    def is_successful(self) -> bool:
        return self.status in SUCCESSFUL

    def result(self, operation: Operation | Invalid) -> BulkResult:
        return BulkResult(
            op=cast("Any", operation.op),
            id=self.id,
            status=self.status,
            idea=None if self.stored is None else _in_json(self.stored.idea),
            etag=self.tag,
            error=self.error,
        )


class StoredOutcome(msgspec.Struct, frozen=True, array_like=True):
    """An outcome without the idea. The times are those of an idea whose content is in the request."""

    id: UUID | None
    status: int
    tag: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    error: tuple[str, str] | None = None

    @classmethod
    def of(cls, outcome: Outcome, operation: Operation | Invalid) -> "StoredOutcome":
        idea = outcome.stored.idea if outcome.stored and outcome.is_successful and _is_whole(operation) else None
        return cls(
            outcome.id,
            outcome.status,
            outcome.tag,
            None if idea is None else idea.created_at,
            None if idea is None else idea.updated_at,
            None if outcome.error is None else (outcome.error.detail, outcome.error.code),
        )


class StoredAnswer(msgspec.Struct, frozen=True):
    """What an idempotency key stores of a response."""

    outcomes: list[StoredOutcome]
    undo: str | None


def succeeded(status: HTTPStatus, stored: StoredIdea) -> Outcome:
    return Outcome(stored.idea.id, int(status), stored, stored.tag)


def refused(idea_id: UUID | None, error: CreatorVaultError, current: StoredIdea | None = None) -> Outcome:
    errors = (
        [_validation_error(found) for found in error.errors] if isinstance(error, RequestInvalid) else msgspec.UNSET
    )
    shown = BulkError(error.detail, error.code, errors)
    return Outcome(idea_id, int(error.status), current, None if current is None else current.tag, shown)


def not_applied(outcome: Outcome, operation: Operation | Invalid) -> Outcome:
    """Returns the outcome of an operation if none is executed."""
    if not outcome.is_successful:
        return outcome
    return refused(operation.id, NotApplied())


def replayed(
    stored: StoredOutcome, operation: Operation | Invalid, user_id: str, kept: Mapping[tuple[UUID, str], IdeaResponse]
) -> Outcome:
    """Returns the outcome as it was. `kept` are ideas whose content is not in the request, by id and tag."""
    if isinstance(operation, Invalid):
        return refused(operation.id, RequestInvalid(operation.errors))
    idea = None
    if stored.id is not None and stored.tag is not None:
        idea = kept.get((stored.id, stored.tag))
        if isinstance(operation, CreateOperation | ReplaceOperation) and stored.created_at and stored.updated_at:
            first = created(operation.idea, user_id, stored.id, stored.created_at)
            idea = with_fields(first, updated_at=stored.updated_at)
    error = None if stored.error is None else BulkError(*stored.error)
    found = None if idea is None or stored.tag is None else StoredIdea(idea, stored.tag)
    return Outcome(stored.id, stored.status, found, stored.tag, error)


def not_in_request(outcomes: Sequence[StoredOutcome]) -> list[tuple[UUID, str]]:
    """Returns the ids and tags of ideas whose content is not in the request."""
    return [(one.id, one.tag) for one in outcomes if one.id and one.tag and one.created_at is None]


def _is_whole(operation: Operation | Invalid) -> bool:
    return isinstance(operation, CreateOperation | ReplaceOperation)


def _in_json(idea: IdeaResponse) -> IdeaResponse:
    """Encodes the idea now: a whole response would take too long at once."""
    return cast("IdeaResponse", msgspec.Raw(_encode(idea)))


def _validation_error(error: FieldError) -> ValidationError:
    return msgspec.convert({**error, "loc": list(error["loc"])}, ValidationError)
