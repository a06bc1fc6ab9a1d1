"""Why a caller is not let in. The texts are ours alone: nothing of the token is ever in them."""

from creatorvault.core.errors import Forbidden, ServiceUnavailable, Unauthorized


class NotAuthenticated(Unauthorized):
    """The request carries no bearer token."""

    def __init__(self) -> None:
        super().__init__("Not authenticated")


class TokenRefused(Unauthorized):
    """The request carries a token that is not accepted, for `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"Could not validate credentials: {reason}")
        self.reason = reason


class KeyMismatch(TokenRefused):
    """The issuer's keys did not sign the token; another issuer's may have."""


class IssuerUnavailable(ServiceUnavailable):
    """No key of the token's issuer is at hand and none can be had now, so nobody can say whether the token is good."""

    def __init__(self, *, retry_after: int) -> None:
        super().__init__("The keys of the token's issuer cannot be fetched", retry_after=retry_after)


class AdminRequired(Forbidden):
    def __init__(self) -> None:
        super().__init__("This needs an administrator")
