"""Descriptions and examples of the account endpoints for the OpenAPI document."""

from typing import Final

from creatorvault.accounts.errors import IssuerUnavailable, NotAuthenticated, TokenExpired, TokenRefused, UserBanned
from creatorvault.core.errors import ServiceUnavailable, TooManyRequests
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.responses import DocumentedResponse, refused

PROFILE: Final[Prose] = {
    "user_id": ("The subject of the token, which is the `user_id` in the paths of your ideas.", "user-1"),
    "authenticated": ("Always true: without a valid token the response is 401.", True),
    "email": ("Email address from the token.", "ada@example.org"),
    "name": ("Name from the token.", "Ada"),
    "roles": ("Roles from the token; ideas require none.", ["user"]),
    "tenant_id": (
        "The tenant that the token selects: that of its organization, or your personal one.",
        "0b8b7b0a-3f0e-5e0b-9a56-0a4c1f6d2e11",
    ),
    "expires_at": ("Expiry time of the token, UTC.", "2026-11-22T22:10:00Z"),
}

REFUSED: Final = (
    refused(NotAuthenticated()),
    refused(TokenExpired()),
    refused(TokenRefused("the signature does not match")),
    refused(UserBanned()),
    refused(TooManyRequests(retry_after=17)),
    refused(ServiceUnavailable()),
    refused(IssuerUnavailable(retry_after=5)),
)
"""The errors of all operations that need a caller."""

ME: Final = DocumentedResponse(description="The caller.")
