"""Errors of authentication. Their messages never contain any part of the token."""

from creatorvault.core.errors import Forbidden, ServiceUnavailable, Unauthorized


class NotAuthenticated(Unauthorized):
    """The request has no bearer token."""

    def __init__(self) -> None:
        super().__init__("Not authenticated")


class TokenRefused(Unauthorized):
    """The request has a token that is not accepted, for `reason`."""

    code = "token_invalid"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Could not validate credentials: {reason}")
        self.reason = reason


class TokenExpired(TokenRefused):
    """A token or operator key that was valid; a new one is accepted."""

    code = "token_expired"

    def __init__(self, what: str = "token") -> None:
        super().__init__(f"the {what} has expired")


class UserBanned(TokenRefused):
    code = "user_banned"

    def __init__(self) -> None:
        super().__init__("the user is banned")


class KeyMismatch(TokenRefused):
    """The token was not signed with a key of this issuer; another issuer may have signed it."""


class IssuerUnavailable(ServiceUnavailable):
    """No key of the token's issuer is available or can be fetched now, so the token cannot be verified."""

    code = "issuer_unavailable"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__("The keys of the token's issuer cannot be fetched", retry_after=retry_after)


class AdminRequired(Forbidden):
    code = "admin_required"

    def __init__(self) -> None:
        super().__init__("This needs an administrator")
