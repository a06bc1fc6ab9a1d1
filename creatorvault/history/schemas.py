"""Request and response schemas of the trash, versions, undo and settings."""

from enum import StrEnum
from typing import Annotated, ClassVar, Final

import msgspec
from pydantic import Field

from creatorvault.core.http.schemas import Moment, Prose, RequestModel
from creatorvault.history import openapi
from creatorvault.ideas.schemas import IdeaPath, IdeaResponse, PriorityEnum, StageEnum
from creatorvault.tenants.schemas import RetentionDays

LONGEST_UNDO: Final = 4096
"""A longer header would not pass through common proxies. Room for some ninety ideas."""
CURRENT: Final = "current"


class TrashedIdea(IdeaResponse, frozen=True, kw_only=True):
    """A deleted idea. It can be restored until it is purged."""

    described: ClassVar[Prose] = openapi.TRASHED

    deleted_at: Moment
    purged_at: Moment


class TrashList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of deleted ideas."""

    described: ClassVar[Prose] = openapi.TRASH

    items: list[TrashedIdea]
    total: Annotated[int, msgspec.Meta(ge=0)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)]
    offset: Annotated[int, msgspec.Meta(ge=0)]
    has_more: bool
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET


class IdeaVersion(IdeaResponse, frozen=True, kw_only=True):
    """A version of an idea."""

    described: ClassVar[Prose] = openapi.VERSION

    number: Annotated[int, msgspec.Meta(ge=1)]
    replaced_at: Moment | None


class VersionList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of earlier versions."""

    described: ClassVar[Prose] = openapi.VERSIONS

    items: list[IdeaVersion]
    current: Annotated[int, msgspec.Meta(ge=1)]
    total: Annotated[int, msgspec.Meta(ge=0)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)]
    offset: Annotated[int, msgspec.Meta(ge=0)]
    has_more: bool
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET


class TextDifference(msgspec.Struct, frozen=True, kw_only=True):
    """A text that differs."""

    described: ClassVar[Prose] = openapi.TEXTS

    before: str | None
    after: str | None


class StageDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Another stage."""

    described: ClassVar[Prose] = openapi.STAGES

    before: StageEnum
    after: StageEnum


class PriorityDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Another priority."""

    described: ClassVar[Prose] = openapi.PRIORITIES

    before: PriorityEnum
    after: PriorityEnum


class DueDateDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Another due date."""

    described: ClassVar[Prose] = openapi.DUE_DATES

    before: Moment | None
    after: Moment | None


class TagsDifference(msgspec.Struct, frozen=True, kw_only=True):
    """Other tags. Both lists are empty if only their order differs."""

    described: ClassVar[Prose] = openapi.TAGS

    added: list[str]
    removed: list[str]


class VersionDifference(msgspec.Struct, frozen=True, kw_only=True):
    """The fields that differ between two versions; the others are null."""

    described: ClassVar[Prose] = openapi.DIFFERENCE

    number: Annotated[int, msgspec.Meta(ge=1)]
    to: Annotated[int, msgspec.Meta(ge=1)]
    title: TextDifference | None = None
    notes: TextDifference | None = None
    stage: StageDifference | None = None
    priority: PriorityDifference | None = None
    tags: TagsDifference | None = None
    due_date: DueDateDifference | None = None


class VersionPath(IdeaPath):
    described = openapi.ONE_VERSION

    number: int = Field(ge=1, le=2**31 - 1)


class DifferenceQuery(RequestModel):
    described = openapi.TO

    to: str = Field(default=CURRENT, max_length=10, pattern="^(current|[1-9][0-9]*)$")


class UndoRequest(RequestModel):
    """What to undo."""

    described = openapi.UNDO_BODY
    private = frozenset({"undo"})

    undo: str = Field(min_length=1, max_length=LONGEST_UNDO)


class UndoResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The ideas that are back."""

    described: ClassVar[Prose] = openapi.UNDONE

    items: list[IdeaResponse]


class RetentionSource(StrEnum):
    """Who has chosen the retention that applies."""

    VAULT = "vault"
    TENANT = "tenant"
    SERVICE = "service"


class VaultSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of your vault."""

    described: ClassVar[Prose] = openapi.SETTINGS

    retention_days: Annotated[int, msgspec.Meta(ge=0, le=365)] | None
    effective_retention_days: Annotated[int, msgspec.Meta(ge=0, le=365)]
    retention_chosen_by: RetentionSource


class VaultSettingsUpdate(RequestModel):
    """The settings to change. Omitted settings stay as they are."""

    described = openapi.SETTINGS_UPDATE

    retention_days: RetentionDays | None = None
