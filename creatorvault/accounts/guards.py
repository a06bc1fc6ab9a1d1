"""Who is let in. Every route needs an identity unless its handler says `opt={"public": True}`."""

from typing import Any

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from creatorvault.accounts.errors import AdminRequired, NotAuthenticated, TokenRefused
from creatorvault.accounts.identity import Identity
from creatorvault.accounts.services import TokenVerifier

PUBLIC = "public"


async def requires_identity(connection: ASGIConnection[Any, Any, Any, State], handler: BaseRouteHandler) -> None:
    """Verifies the bearer token (RFC 6750 §2.1) before path, query or body are read; the caller becomes the user."""
    if handler.opt.get(PUBLIC):
        return
    verifier: TokenVerifier = connection.app.state.verifier
    connection.scope["user"] = await verifier.verify(bearer_token(connection))


def requires_admin(connection: ASGIConnection[Any, Identity, Any, State], handler: BaseRouteHandler) -> None:
    """Stands behind `requires_identity`."""
    if not connection.user.is_admin:
        raise AdminRequired


def provide_identity(request: Request[Identity, Any, State]) -> Identity:
    return request.user


def bearer_token(connection: ASGIConnection[Any, Any, Any, State]) -> str:
    headers = [value for name, value in connection.scope["headers"] if name == b"authorization"]
    if len(headers) > 1:
        raise TokenRefused("there is more than one Authorization header")
    scheme, _, credentials = (headers[0] if headers else b"").partition(b" ")
    token = credentials.strip()
    if scheme.lower() != b"bearer" or not token:
        raise NotAuthenticated
    return token.decode("latin-1")
