"""Descriptions and examples of the idea endpoints for the OpenAPI document."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from creatorvault.core.errors import PreconditionFailed, RequestInvalid
from creatorvault.core.http.paging import LIMIT_TOO_HIGH
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.headers import ETAG, HEADERS, LOCATION, UNDO
from creatorvault.core.openapi.responses import DocumentedResponse, documents, malformed_id
from creatorvault.ideas.errors import CursorInvalid, IdeaNotFound, NotYourIdeas
from creatorvault.idempotency.errors import InFlight
from creatorvault.tenants.errors import QuotaExceeded, TenantSuspended

IDEA_ID: Final = UUID("7d0a5c86-3f0e-4a53-9d1b-2f6f0a9f4c11")

OWNER: Final[Prose] = {"user_id": ("Owner of the ideas, which is the subject of your token.", "user-1")}
ONE_IDEA: Final[Prose] = {**OWNER, "idea_id": ("Id of the idea.", str(IDEA_ID))}

CONTENT: Final[Prose] = {
    "title": (
        "Title of the idea. Surrounding white space is removed; a title of only white space is refused.",
        "Five breakfasts in five minutes",
    ),
    "notes": (
        "Free text, stored exactly as it is sent.",
        "Film them all on one morning.\nAsk Mia for her pancakes.",
    ),
    "stage": ("Progress of the idea.", "outline"),
    "priority": ("Importance of the idea.", "high"),
    "tags": (
        "Tags are trimmed, split at commas, and deduplicated. Joined by commas they have at most 1,000 characters.",
        ["video", "food"],
    ),
    "due_date": (
        "Planned publication time. Times without an offset, dates and Unix timestamps are read as UTC. A date of "
        "digits only (20260115) is refused, since it is ambiguous.",
        "2026-12-24T18:00:00Z",
    ),
}

IDEA: Final[Prose] = {
    **CONTENT,
    "id": ("Permanent identifier.", str(IDEA_ID)),
    "user_id": ("Creator of the idea.", "user-1"),
    "created_at": ("Creation time, UTC.", "2026-11-22T21:10:00.123456Z"),
    "updated_at": (
        "Time of the last change, UTC; equal to `created_at` for a new idea.",
        "2026-11-22T21:10:00.123456Z",
    ),
}

PAGE: Final[Prose] = {
    "items": ("The ideas of this page, in the requested order.", [{name: value for name, (_, value) in IDEA.items()}]),
    "total": ("Number of matching ideas on all pages.", 1),
    "limit": ("Maximum number of ideas per page.", 20),
    "offset": ("Number of matches before this page.", 0),
    "has_more": ("Whether more matches follow this page.", False),
    "next_cursor": (
        "The `cursor` of the next page; null on the last page. Only in responses to a request with a cursor.",
        "AQEAAAABnGkr2Zx0pXvT4mQ8c1dYh7eWUoFqbS3KJzVt6aMfRyG5CuNlPiHwEk9DsBxg0OvI2jTQ7rAmLZ4nXdYc8UfhKp1bSe",
    ),
}

QUERY: Final[Prose] = {
    "limit": ("Maximum number of ideas per page.", 20),
    "offset": ("Number of matches to skip. Past the end, `items` is empty.", 0),
    "search": (
        "Substring of title or notes, ignoring case and accents. There are no wildcards.",
        "breakfast",
    ),
    "stage": ("Only ideas in this stage. Repeat the parameter to match any of several.", "outline"),
    "priority": ("Only ideas with this priority. Repeat the parameter to match any of several.", "high"),
    "tags": (
        "Only ideas with any of these comma-separated tags; whole tags, ignoring case.",
        "food,travel",
    ),
    "sort": (
        "`priority` sorts by importance, `stage` by progress, `title` ignoring case and accents, with numbers by "
        "value.",
        "created_at",
    ),
    "order": ("Descending or ascending.", "desc"),
    "cursor": (
        "Position of the page, independent of concurrent writes: empty for the first page, then the `next_cursor` "
        "of the previous page, with the same filters and order. Cannot be combined with `offset`.",
        "",
    ),
}

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
CONFLICT: Final = PreconditionFailed({name: value for name, (_, value) in IDEA.items()}, HEADERS[ETAG]["example"])

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
