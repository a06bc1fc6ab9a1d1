"""Request and response schemas of bulk operations."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal
from uuid import UUID

import msgspec
from pydantic import Field, StrictBool

from creatorvault.core.http.schemas import Code, Prose, RequestModel
from creatorvault.core.openapi.errors import ValidationError
from creatorvault.ideas.fields import UuidText
from creatorvault.ideas.many.prose import (
    BULK,
    CHANGE_OPERATION,
    CREATE_OPERATION,
    DELETE_OPERATION,
    ERROR,
    REFUSAL,
    REPLACE_OPERATION,
    RESPONSE,
    RESULT,
)
from creatorvault.ideas.schemas import IdeaCreate, IdeaResponse, IdeaUpdate

MOST_OPERATIONS: Final = 500
IF_MATCH_LENGTH: Final = 1000
PRIVATE: Final = IdeaCreate.private | {"idea", "changes"}


IfMatch = Annotated[str, Field(max_length=IF_MATCH_LENGTH)]


class CreateOperation(RequestModel):
    """Stores a new idea. Without an `id`, the service chooses one."""

    described = CREATE_OPERATION
    private = PRIVATE

    op: Literal["create"]
    id: UuidText | None = None
    idea: IdeaCreate


class ChangeOperation(RequestModel):
    """Changes the fields that are sent, as `PATCH` of one idea does."""

    described = CHANGE_OPERATION
    private = PRIVATE

    op: Literal["change"]
    id: UuidText
    if_match: IfMatch | None = None
    changes: IdeaUpdate


class ReplaceOperation(RequestModel):
    """Replaces the whole idea, as `PUT` of one idea does."""

    described = REPLACE_OPERATION
    private = PRIVATE

    op: Literal["replace"]
    id: UuidText
    if_match: IfMatch | None = None
    idea: IdeaCreate


class DeleteOperation(RequestModel):
    """Deletes an idea, as `DELETE` of one idea does."""

    described = DELETE_OPERATION

    op: Literal["delete"]
    id: UuidText
    if_match: IfMatch | None = None


type Operation = CreateOperation | ChangeOperation | ReplaceOperation | DeleteOperation

OPERATIONS: Final[Mapping[str, type[Operation]]] = {
    "create": CreateOperation,
    "change": ChangeOperation,
    "replace": ReplaceOperation,
    "delete": DeleteOperation,
}


class BulkOptions(RequestModel):
    """What a request says besides its operations."""

    described = BULK

    atomic: StrictBool = True


class BulkRequest(BulkOptions):
    """Operations that are executed in their order; later ones see what earlier ones have done."""

    described = BULK

    operations: Annotated[
        list[
            Annotated[CreateOperation | ChangeOperation | ReplaceOperation | DeleteOperation, Field(discriminator="op")]
        ],
        Field(min_length=1, max_length=MOST_OPERATIONS),
    ]


class BulkError(msgspec.Struct, frozen=True):
    """Why an operation was not executed. `errors` are the invalid fields of one that is not valid."""

    described: ClassVar[Prose] = ERROR

    detail: str
    code: Code
    errors: list[ValidationError] | msgspec.UnsetType = msgspec.UNSET


class BulkResult(msgspec.Struct, frozen=True, kw_only=True):
    """The result of one operation."""

    described: ClassVar[Prose] = RESULT

    op: Literal["create", "change", "replace", "delete"]
    id: UUID | None
    status: int
    idea: IdeaResponse | None = None
    etag: str | None = None
    error: BulkError | None = None


class BulkResponse(msgspec.Struct, frozen=True):
    """The results of all operations, in their order."""

    described: ClassVar[Prose] = RESPONSE

    applied: int
    results: list[BulkResult]


class BulkRefusal(msgspec.Struct, frozen=True):
    """Why nothing was stored. `results` say it of each operation."""

    described: ClassVar[Prose] = REFUSAL

    detail: str
    code: Code
    results: list[BulkResult]
