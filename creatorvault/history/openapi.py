"""Descriptions and examples of the trash, versions, undo and settings for the OpenAPI document."""

from typing import Any, Final

from creatorvault.core.errors import RequestInvalid
from creatorvault.core.http.paging import LIMIT_TOO_HIGH, MORE, CursorInvalid
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.headers import ETAG, HEADERS, UNDO
from creatorvault.core.openapi.responses import DocumentedResponse, documents
from creatorvault.history.errors import NotInTrash, UndoExpired, UndoSuperseded, VersionNotFound
from creatorvault.ideas.errors import IdeaNotFound, NotYourIdeas, UndoInvalid
from creatorvault.ideas.openapi import CONFLICT, FULL, GROWN, INVALID_ID, INVALID_OWNER
from creatorvault.ideas.prose import IDEA, IDEA_ID, ONE_IDEA
from creatorvault.tenants.errors import TenantSuspended
from creatorvault.tenants.openapi import INVALID_RETENTION


def _example(prose: Prose) -> dict[str, Any]:
    return {name: value for name, (_, value) in prose.items()}


TRASHED: Final[Prose] = {
    **IDEA,
    "deleted_at": ("Time of the deletion, UTC.", "2026-11-23T08:00:00Z"),
    "purged_at": ("Until then it can be restored, UTC. Follows the vault's retention.", "2026-12-23T08:00:00Z"),
}
TRASH: Final[Prose] = {
    "items": ("The deleted ideas, the last deleted first.", [_example(TRASHED)]),
    "total": ("Number of ideas in the trash.", 1),
    **MORE,
}
NUMBER: Final = "Number of the version: 1 for the first, one more with each change."
VERSION: Final[Prose] = {
    **IDEA,
    "number": (NUMBER, 3),
    "replaced_at": ("When the next version took its place, UTC; null for the current one.", "2026-11-23T08:00:00Z"),
}
VERSIONS: Final[Prose] = {
    "items": ("The earlier versions, newest first.", [_example(VERSION)]),
    "current": ("Number of the current version, which is not among the items.", 4),
    "total": ("Number of earlier versions that are kept.", 1),
    **MORE,
}
ONE_VERSION: Final[Prose] = {**ONE_IDEA, "number": (NUMBER, 3)}
TO: Final[Prose] = {"to": ("The number of the version to compare with, or `current`.", "current")}
TEXTS: Final[Prose] = {
    "before": ("The text in version `number`.", "Five breakfasts"),
    "after": ("The text in version `to`.", "Five breakfasts in five minutes"),
}
STAGES: Final[Prose] = {
    "before": ("The stage in version `number`.", "idea"),
    "after": ("The stage in version `to`.", "outline"),
}
PRIORITIES: Final[Prose] = {
    "before": ("The priority in version `number`.", "medium"),
    "after": ("The priority in version `to`.", "high"),
}
DUE_DATES: Final[Prose] = {
    "before": ("The due date in version `number`.", None),
    "after": ("The due date in version `to`.", "2026-12-24T18:00:00Z"),
}
TAGS: Final[Prose] = {
    "added": ("Tags that only version `to` has, in its order.", ["food"]),
    "removed": ("Tags that only version `number` has, in its order.", []),
}
DIFFERENCE: Final[Prose] = {
    "number": ("The version before.", 3),
    "to": ("The version after.", 4),
    "title": ("The titles, if they differ.", _example(TEXTS)),
    "notes": ("The notes, if they differ.", None),
    "stage": ("The stages, if they differ.", _example(STAGES)),
    "priority": ("The priorities, if they differ.", None),
    "tags": ("The tags, if they differ.", _example(TAGS)),
    "due_date": ("The due dates, if they differ.", None),
}
UNDO_BODY: Final[Prose] = {
    "undo": ("The header `X-Undo` of a deletion of the last ten minutes.", HEADERS[UNDO]["example"])
}
UNDONE: Final[Prose] = {"items": ("The ideas as they are now.", [_example(IDEA)])}
SETTINGS: Final[Prose] = {
    "retention_days": (
        "How many days the vault keeps earlier versions and deleted ideas, as you have chosen; null if you have not.",
        None,
    ),
    "effective_retention_days": ("How many days it keeps them; 0 for not at all.", 30),
    "retention_chosen_by": ("Who has chosen that: you, your organization's operator, or the service.", "service"),
}
SETTINGS_UPDATE: Final[Prose] = {
    "retention_days": (
        "How many days to keep earlier versions and deleted ideas. With 0, all that are kept now are deleted at once, "
        "permanently. Null means the default.",
        30,
    )
}

NOT_FOUND: Final = IdeaNotFound(IDEA_ID)
NO_VERSION: Final = VersionNotFound(IDEA_ID, 3)
INVALID_TO: Final = RequestInvalid(
    [
        {
            "type": "string_pattern_mismatch",
            "loc": ("query", "to"),
            "msg": "String should match pattern '^(current|[1-9][0-9]*)$'",
            "input": "last",
            "ctx": {"pattern": "^(current|[1-9][0-9]*)$"},
        }
    ]
)
INVALID_NUMBER: Final = RequestInvalid(
    [
        {
            "type": "greater_than_equal",
            "loc": ("path", "number"),
            "msg": "Input should be greater than or equal to 1",
            "input": "0",
            "ctx": {"ge": 1},
        }
    ]
)
CHANGED: Final = DocumentedResponse(description="The idea after the change.", headers=(ETAG,))

LIST_TRASH: Final = documents(
    DocumentedResponse(description="A page of deleted ideas."),
    NotYourIdeas("GET"),
    TenantSuspended(),
    LIMIT_TOO_HIGH,
    CursorInvalid(),
)
RESTORE: Final = documents(
    DocumentedResponse(description="The idea, which is back.", headers=(ETAG,)),
    NotYourIdeas("POST"),
    FULL,
    NOT_FOUND,
    CONFLICT,
    INVALID_ID,
)
EXPUNGE: Final = documents(
    DocumentedResponse(description="The idea is deleted permanently."),
    NotYourIdeas("DELETE"),
    NotInTrash(IDEA_ID),
    INVALID_ID,
)
EMPTY: Final = documents(
    DocumentedResponse(description="The trash is empty."), NotYourIdeas("DELETE"), TenantSuspended(), INVALID_OWNER
)
LIST_VERSIONS: Final = documents(
    DocumentedResponse(description="A page of earlier versions."),
    NotYourIdeas("GET"),
    NOT_FOUND,
    LIMIT_TOO_HIGH,
    CursorInvalid(),
)
GET_VERSION: Final = documents(
    DocumentedResponse(description="The version."), NotYourIdeas("GET"), NO_VERSION, INVALID_NUMBER
)
COMPARE: Final = documents(
    DocumentedResponse(description="The fields that differ."), NotYourIdeas("GET"), NO_VERSION, INVALID_TO
)
REVERT: Final = documents(CHANGED, NotYourIdeas("POST"), GROWN, NO_VERSION, CONFLICT, INVALID_NUMBER)
UNDO_DELETION: Final = documents(
    DocumentedResponse(description="The ideas that are back."),
    NotYourIdeas("POST"),
    FULL,
    NotInTrash(IDEA_ID),
    UndoInvalid(),
    UndoExpired(),
    UndoSuperseded(),
)
GET_SETTINGS: Final = documents(
    DocumentedResponse(description="The settings."), NotYourIdeas("GET"), TenantSuspended(), INVALID_OWNER
)
CHANGE_SETTINGS: Final = documents(
    DocumentedResponse(description="The settings after the change."),
    NotYourIdeas("PATCH"),
    TenantSuspended(),
    INVALID_RETENTION,
    request={
        "Keep for 90 days": {"retention_days": 90},
        "Keep nothing, and delete what is kept": {"retention_days": 0},
        "The default": {"retention_days": None},
    },
)
