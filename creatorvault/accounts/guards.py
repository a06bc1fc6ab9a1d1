"""Authentication guards. Every route requires an identity unless its handler has `opt={"public": True}`."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler
from litestar.types import HTTPScope

from creatorvault.accounts.errors import NotAuthenticated, TokenRefused
from creatorvault.accounts.identity import Identity
from creatorvault.accounts.parts import AccountsParts
from creatorvault.core.errors import ServiceUnavailable, Unauthorized
from creatorvault.core.http.handlers import PUBLIC
from creatorvault.core.limits.rate_limits import GROUP, RateLimits
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.request_context import request_context_of


class Credentials[Caller](Protocol):
    """Resolves the text after `Bearer` to a caller."""

    async def recognise(self, text: str) -> Caller | None:
        """Returns the caller if this process already knows the credential, else None. Costs about a hash.

        Raises TokenRefused for a known credential that has been revoked, and ServiceUnavailable.
        """
        ...

    async def verify(self, text: str) -> Caller:
        """May be expensive. Raises TokenRefused, and ServiceUnavailable."""
        ...


async def requires_identity(connection: ASGIConnection[Any, Any, Any, State], handler: BaseRouteHandler) -> None:
    """Verifies the bearer token (RFC 6750 §2.1) before path, query or body are read, and sets the user.

    Then counts the request, so that 429 comes after 401 and before all other errors.
    """
    if handler.opt.get(PUBLIC):
        return
    accounts = part_of(connection.app, AccountsParts)
    connection.scope["user"] = await counted(connection, handler, accounts, accounts.verifier, _name)


async def counted[Caller](
    connection: ASGIConnection[Any, Any, Any, State],
    handler: BaseRouteHandler,
    accounts: AccountsParts,
    credentials: Credentials[Caller],
    named: Callable[[Caller], Sequence[str]],
) -> Caller:
    """Returns the caller of the bearer token. Counts the request for the caller, or for its address without a caller.

    `named` returns the parts of the caller's pseudonym.

    A credential that this process knows is accepted regardless of the address, which others may share. Any other
    credential is verified only while the address has requests left. Raises Unauthorized, TooManyRequests and
    ServiceUnavailable.
    """
    scope = cast("HTTPScope", connection.scope)
    limits = accounts.limits
    try:
        token = bearer_token(connection)
        caller = await credentials.recognise(token)
    except Unauthorized:
        await limits.count_stranger(scope)
        raise
    if caller is None:
        caller = await _verified(scope, limits, credentials, token)
    await count_known(connection, handler, accounts, named(caller))
    return caller


async def count_known(
    connection: ASGIConnection[Any, Any, Any, State],
    handler: BaseRouteHandler,
    accounts: AccountsParts,
    parts: Sequence[str],
) -> None:
    """Counts a request of a recognised caller. `parts` are those of the pseudonym. Raises TooManyRequests."""
    scope = cast("HTTPScope", connection.scope)
    name = request_context_of(scope).caller = accounts.pseudonyms.of(*parts)
    await accounts.limits.count_caller(scope, name, handler.opt.get(GROUP, ""))


async def _verified[Caller](
    scope: HTTPScope, limits: RateLimits, credentials: Credentials[Caller], token: str
) -> Caller:
    """Undoes the count if the credential is accepted or cannot be verified, but not if the client disconnects."""
    reservation = await limits.reserve(scope)
    try:
        caller = await credentials.verify(token)
    except ServiceUnavailable:
        await limits.give_back(scope, reservation)
        raise
    await limits.give_back(scope, reservation)
    return caller


def _name(identity: Identity) -> Sequence[str]:
    return identity.realm, identity.subject


def bearer_token(connection: ASGIConnection[Any, Any, Any, State]) -> str:
    headers = [value for name, value in connection.scope["headers"] if name == b"authorization"]
    if len(headers) > 1:
        raise TokenRefused("there is more than one Authorization header")
    scheme, _, credentials = (headers[0] if headers else b"").partition(b" ")
    token = credentials.strip()
    if scheme.lower() != b"bearer" or not token:
        raise NotAuthenticated
    return token.decode("latin-1")
