"""Descriptions and examples of delta sync for the OpenAPI document."""

from typing import Final

from creatorvault.core.errors import RequestInvalid
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.responses import DocumentedResponse, documents
from creatorvault.ideas.errors import NotYourIdeas
from creatorvault.ideas.prose import IDEA
from creatorvault.sync.changes.errors import ResyncRequired, SinceInvalid
from creatorvault.tenants.errors import TenantSuspended

TOKEN: Final = "AQEAAAABqLk0cP5vD2x8SgYw3nB7tRzHf1uJmQ6eVoX9aCi4Ks0TbWdLr5yNhEpGjZqUvM2AxI8FwOtP7lYkS3cRn6HbD1"  # noqa: S105
EXAMPLE_IDEA: Final = {name: value for name, (_, value) in IDEA.items()}
ETAG: Final = '"5f0e1c2a9b3d4476"'

QUERY: Final[Prose] = {
    "since": ("The `next` of the previous response. Empty, or left out: everything, from the beginning.", ""),
    "limit": (
        "Maximum number of changes to read. A page may hold fewer, even none, while `has_more` is true.",
        100,
    ),
}
CHANGED: Final[Prose] = {
    "etag": ("Version of the idea, for `If-Match` and `If-None-Match`.", ETAG),
    "idea": ("The idea.", EXAMPLE_IDEA),
}
CHANGES: Final[Prose] = {
    "changed": (
        "Ideas that were created, changed or restored since, each once, as they are now.",
        [{"etag": ETAG, "idea": EXAMPLE_IDEA}],
    ),
    "deleted": (
        "Ids of ideas that were deleted since and that the client may have; it may not have some of them.",
        ["0f6c9a52-7a54-4a0e-9a55-3f3b1c1f7e21"],
    ),
    "next": (
        "The `since` of the next request: at once if `has_more` is true, otherwise when there may be news. Opaque; "
        "store it together with the ideas. Empty as long as nothing was ever stored.",
        TOKEN,
    ),
    "has_more": ("Whether there are more changes now.", False),
}

LIMIT_TOO_HIGH: Final = RequestInvalid(
    [
        {
            "type": "less_than_equal",
            "loc": ("query", "limit"),
            "msg": "Input should be less than or equal to 500",
            "input": "1000",
            "ctx": {"le": 500},
        }
    ]
)
LIST: Final = documents(
    DocumentedResponse(description="A page of changes."),
    NotYourIdeas("GET"),
    TenantSuspended(),
    ResyncRequired(),
    LIMIT_TOO_HIGH,
    SinceInvalid(),
)
