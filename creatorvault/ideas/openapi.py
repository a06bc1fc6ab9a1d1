"""What the OpenAPI document says of ideas: the meaning of fields and parameters, answers, examples."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from creatorvault.core.errors import PreconditionFailed, RequestInvalid
from creatorvault.core.http.paging import LIMIT_TOO_HIGH
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.answers import Answer, documents, malformed_id
from creatorvault.core.openapi.headers import ETAG, LOCATION
from creatorvault.ideas.errors import CursorInvalid, IdeaNotFound, NotYourIdeas
from creatorvault.idempotency.errors import InFlight
from creatorvault.tenants.errors import QuotaExceeded, TenantSuspended

IDEA_ID: Final = UUID("7d0a5c86-3f0e-4a53-9d1b-2f6f0a9f4c11")

OWNER: Final[Prose] = {"user_id": ("Whose ideas: the subject of your token.", "user-1")}
ONE_IDEA: Final[Prose] = {**OWNER, "idea_id": ("Which idea.", str(IDEA_ID))}

CONTENT: Final[Prose] = {
    "title": (
        "What it is about. Blanks around it are cut off; only blanks are refused.",
        "Five breakfasts in five minutes",
    ),
    "notes": (
        "Anything else, kept exactly as it is written.",
        "Film them all on one morning.\nAsk Mia for her pancakes.",
    ),
    "stage": ("How far it has come.", "outline"),
    "priority": ("How much it matters.", "high"),
    "tags": (
        "Words to find it by: trimmed, split at commas, each once. Together they have 1,000 characters at most.",
        ["video", "food"],
    ),
    "due_date": (
        "When it should be out. Times without an offset are read as UTC; so are dates and unix seconds. A date "
        "in digits alone (20260115) is refused, since it may be either.",
        "2026-12-24T18:00:00Z",
    ),
}

IDEA: Final[Prose] = {
    **CONTENT,
    "id": ("Its name in the API, for good.", str(IDEA_ID)),
    "user_id": ("Its creator.", "user-1"),
    "created_at": ("When it was captured, UTC.", "2026-11-22T21:10:00.123456Z"),
    "updated_at": (
        "When it was last changed, UTC; on a new idea the same as `created_at`.",
        "2026-11-22T21:10:00.123456Z",
    ),
}

PAGE: Final[Prose] = {
    "items": ("The ideas of this page, in the order asked for.", [{name: value for name, (_, value) in IDEA.items()}]),
    "total": ("How many ideas match, on all pages.", 1),
    "limit": ("How many a page may hold.", 20),
    "offset": ("How many matches stand before this page.", 0),
    "has_more": ("Whether matches follow this page.", False),
    "next_cursor": (
        "The `cursor` of the next page; null on the last one. Only in answers to a request with a cursor.",
        "AQEAAAABnGkr2Zx0pXvT4mQ8c1dYh7eWUoFqbS3KJzVt6aMfRyG5CuNlPiHwEk9DsBxg0OvI2jTQ7rAmLZ4nXdYc8UfhKp1bSe",
    ),
}

QUERY: Final[Prose] = {
    "limit": ("How many ideas a page may hold.", 20),
    "offset": ("How many matches to skip. Past the end there are no items.", 0),
    "search": (
        "A part of title or notes, without regard to case and accents. Every character stands for itself.",
        "breakfast",
    ),
    "stage": ("Only ideas of this stage. Given more than once: of any of them.", "outline"),
    "priority": ("Only ideas of this priority. Given more than once: of any of them.", "high"),
    "tags": (
        "Only ideas with any of these tags, separated by commas; whole tags, without regard to case.",
        "food,travel",
    ),
    "sort": (
        "`priority` goes by importance, `stage` by progress, `title` without regard to case and accents and with "
        "numbers by value.",
        "created_at",
    ),
    "order": ("Descending or ascending.", "desc"),
    "cursor": (
        "Where the page begins, whatever has been written meanwhile: empty for the first page, then the `next_cursor` "
        "of the page before, with the same filters and order. Not together with an `offset`.",
        "",
    ),
}

CREATED: Final = Answer(description="The idea as it is stored.", headers=(ETAG, LOCATION))
FOUND: Final = Answer(description="The idea.", headers=(ETAG,))
CHANGED: Final = Answer(description="The idea as it is stored now.", headers=(ETAG,))
DELETED: Final = Answer(description="The idea is gone.")
LISTED: Final = Answer(
    description="A page of ideas.",
    headers=(ETAG,),
    examples={
        "By offset": {name: value for name, (_, value) in PAGE.items() if name != "next_cursor"},
        "By cursor": {name: value for name, (_, value) in PAGE.items()} | {"limit": 1, "total": 2, "has_more": True},
    },
)
NOT_MODIFIED: Final = Answer(
    description="What `If-None-Match` names is still the latest.", status=HTTPStatus.NOT_MODIFIED, headers=(ETAG,)
)

NOT_FOUND: Final = IdeaNotFound(IDEA_ID)

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
CHANGE: Final = documents(
    CHANGED, NotYourIdeas("PATCH"), GROWN, NOT_FOUND, PreconditionFailed(), INVALID_CHANGE, request=CHANGES
)
REPLACE: Final = documents(
    CHANGED, NotYourIdeas("PUT"), GROWN, NOT_FOUND, PreconditionFailed(), INVALID_IDEA, request=NEW_IDEAS
)
DELETE: Final = documents(DELETED, NotYourIdeas("DELETE"), NOT_FOUND, PreconditionFailed(), INVALID_ID)
