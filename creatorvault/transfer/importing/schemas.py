"""Request and response schemas of the import endpoints."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Self
from uuid import UUID

import msgspec

from creatorvault.core.http.schemas import Moment, Prose, RequestModel
from creatorvault.ideas.fields import AnyUuid
from creatorvault.transfer.formats.imported import Mapping
from creatorvault.transfer.formats.survey import LossGroup
from creatorvault.transfer.importing import openapi

Count = Annotated[int, msgspec.Meta(ge=0)]


class FileFormat(StrEnum):
    """`auto`, or one of the formats."""

    AUTO = "auto"
    OWN = "creatorvault"
    MARKDOWN = "markdown"
    NOTION = "notion"
    TRELLO = "trello"
    CSV = "csv"


class ImportsPath(RequestModel):
    described = openapi.OWNER

    user_id: str


class ImportPath(ImportsPath):
    described = openapi.ONE_IMPORT

    import_id: AnyUuid


class ImportQuery(RequestModel):
    described = openapi.QUERY

    format: FileFormat = FileFormat.AUTO
    preview: bool = False


class ImportMapping(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a field of the file, or of one of its values."""

    described: ClassVar[Prose] = openapi.MAPPING

    source: str
    field: str | None
    value: str | None
    becomes: str | None

    @classmethod
    def of(cls, mapping: Mapping) -> Self:
        return cls(source=mapping.source, field=mapping.field, value=mapping.value, becomes=mapping.becomes)


class ImportLoss(msgspec.Struct, frozen=True, kw_only=True):
    """Something that does not arrive as it is in the file."""

    described: ClassVar[Prose] = openapi.LOSS

    kind: str
    field: str | None
    message: str
    times: Count
    count: Count
    examples: list[str]

    @classmethod
    def of(cls, loss: LossGroup) -> Self:
        return cls(
            kind=loss.kind.value,
            field=loss.field,
            message=loss.message,
            times=loss.times,
            count=loss.count,
            examples=loss.examples,
        )


class ImportProblem(msgspec.Struct, frozen=True, kw_only=True):
    """Why an import failed."""

    described: ClassVar[Prose] = openapi.PROBLEM

    code: str
    message: str
    where: str | None


class ImportResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is moving in, or has. `done` of `total` ideas have been dealt with."""

    described: ClassVar[Prose] = openapi.IMPORT

    id: UUID
    state: str
    format: str
    file_bytes: Count
    total: Count
    done: Count
    stored: Count
    trashed: Count
    versions: Count
    known: Count
    expired: Count
    error: ImportProblem | None
    created_at: Moment
    finished_at: Annotated[datetime, msgspec.Meta(tz=True)] | None
    mappings: list[ImportMapping]
    losses: list[ImportLoss]


class ImportListResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A page of the imports of one vault."""

    described: ClassVar[Prose] = openapi.IMPORTS

    items: list[ImportResponse]
    total: Count
    limit: Count
    offset: Count
    has_more: bool
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET


class ImportAllowance(msgspec.Struct, frozen=True, kw_only=True):
    """Whether there is room for what an import would store."""

    described: ClassVar[Prose] = openapi.ALLOWANCE

    allowed: bool
    quota: str | None = None
    limit: int | None = None


class ImportPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What an import would do. Nothing is stored."""

    described: ClassVar[Prose] = openapi.PREVIEW

    format: str
    ideas: Count
    trashed: Count
    versions: Count
    new: Count
    known: Count
    expired: Count
    sealed_bytes: Count
    retention_days: Count
    quotas: ImportAllowance
    mappings: list[ImportMapping]
    losses: list[ImportLoss]
