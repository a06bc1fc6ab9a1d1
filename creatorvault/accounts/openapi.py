"""What the OpenAPI document says of the caller's account."""

from typing import Final

from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.answers import Answer

PROFILE: Final[Prose] = {
    "user_id": ("The token's subject: the `user_id` in the paths of your ideas.", "user-1"),
    "authenticated": ("Always true: without a valid token the answer is a 401.", True),
    "email": ("As the token says.", "ada@example.org"),
    "name": ("As the token says.", "Ada"),
    "roles": ("As the token says; ideas need none.", ["user"]),
    "tenant_id": (
        "The tenant that the token selects: its organization's, or your own.",
        "0b8b7b0a-3f0e-5e0b-9a56-0a4c1f6d2e11",
    ),
    "expires_at": ("When the token ends, UTC.", "2026-11-22T22:10:00Z"),
}

ME: Final = Answer(description="The caller.")
