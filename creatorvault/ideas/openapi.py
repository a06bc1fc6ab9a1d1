"""Descriptions and examples of the idea endpoints for the OpenAPI document."""

from http import HTTPStatus
from typing import Final

from creatorvault.core.errors import PreconditionFailed, RequestInvalid
from creatorvault.core.http.paging import LIMIT_TOO_HIGH, CursorInvalid
from creatorvault.core.openapi.headers import ETAG, HEADERS, LOCATION, UNDO
from creatorvault.core.openapi.responses import DocumentedResponse, documents, malformed_id, refused
from creatorvault.core.text import unstorable
from creatorvault.ideas.errors import IdeaNotFound, NotYourIdeas
from creatorvault.ideas.prose import CONTENT, IDEA, IDEA_ID, PAGE
from creatorvault.ideas.schemas import IdeaConflict
from creatorvault.idempotency.errors import InFlight
from creatorvault.tenants.errors import QuotaExceeded, TenantSuspended

CREATED: Final = DocumentedResponse(description="The stored idea.", headers=(ETAG, LOCATION))
FOUND: Final = DocumentedResponse(description="The idea.", headers=(ETAG,))
CHANGED: Final = DocumentedResponse(description="The idea after the change.", headers=(ETAG,))
DELETED: Final = DocumentedResponse(description="The idea was deleted.", headers=(UNDO,))
LISTED: Final = DocumentedResponse(
    description="A page of ideas.",
    headers=(ETAG,),
    examples={
        "By offset": {name: value for name, (_, value) in PAGE.items() if name != "next_cursor"},
        "By cursor": {name: value for name, (_, value) in PAGE.items()} | {"limit": 1, "total": 2, "has_more": True},
    },
)
NOT_MODIFIED: Final = DocumentedResponse(
    description="The version in `If-None-Match` is current.", status=HTTPStatus.NOT_MODIFIED, headers=(ETAG,)
)

NOT_FOUND: Final = IdeaNotFound(IDEA_ID)
CONFLICT: Final = refused(
    PreconditionFailed({name: value for name, (_, value) in IDEA.items()}, HEADERS[ETAG]["example"]), IdeaConflict
)

INVALID_IDEA: Final = RequestInvalid(
    [
        {"type": "missing", "loc": ("body", "title"), "msg": "Field required"},
        {
            "type": "enum",
            "loc": ("body", "stage"),
            "msg": "Input should be 'idea', 'outline', 'draft' or 'published'",
            "input": "someday",
            "ctx": {"expected": "'idea', 'outline', 'draft' or 'published'"},
        },
    ]
)
INVALID_CHANGE: Final = RequestInvalid(
    [
        {
            "type": "string_too_long",
            "loc": ("body", "title"),
            "msg": "String should have at most 200 characters",
            "ctx": {"max_length": 200},
        }
    ]
)
INVALID_ID: Final = malformed_id("idea_id")
INVALID_OWNER: Final = RequestInvalid(list(unstorable("user-\0", ("path", "user_id"))))

NEW_IDEAS: Final = {
    "A title is enough": {"title": "Five breakfasts in five minutes"},
    "Everything": {name: value for name, (_, value) in CONTENT.items()},
}
CHANGES: Final = {
    "Move it on": {"stage": "draft"},
    "Clear the due date": {"due_date": None},
    "Rename and retag": {"title": "Six breakfasts in six minutes", "tags": ["video"]},
}

FULL: Final = QuotaExceeded("vault_idea_quota", 1_000_000)
GROWN: Final = QuotaExceeded("vault_byte_quota", 4 * 2**30)

CREATE: Final = documents(
    CREATED, NotYourIdeas("POST"), FULL, TenantSuspended(), InFlight(), INVALID_IDEA, request=NEW_IDEAS
)
LIST: Final = documents(LISTED, NOT_MODIFIED, NotYourIdeas("GET"), LIMIT_TOO_HIGH, CursorInvalid())
GET: Final = documents(FOUND, NOT_MODIFIED, NotYourIdeas("GET"), NOT_FOUND, INVALID_ID)
CHANGE: Final = documents(CHANGED, NotYourIdeas("PATCH"), GROWN, NOT_FOUND, CONFLICT, INVALID_CHANGE, request=CHANGES)
REPLACE: Final = documents(CHANGED, NotYourIdeas("PUT"), GROWN, NOT_FOUND, CONFLICT, INVALID_IDEA, request=NEW_IDEAS)
DELETE: Final = documents(DELETED, NotYourIdeas("DELETE"), NOT_FOUND, CONFLICT, INVALID_ID)
