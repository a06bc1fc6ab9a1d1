"""Guards of the console's pages."""

import re
from http import HTTPMethod
from typing import Final, cast

from litestar.handlers import BaseRouteHandler
from litestar.types import HTTPScope

from creatorvault.accounts.parts import AccountsParts
from creatorvault.console.cookies import SESSION, Connection, cookie_of
from creatorvault.console.csrf import ConsoleRequest, refuse_foreign
from creatorvault.console.errors import SignInAgain, SignInRequired
from creatorvault.console.parts import ConsoleParts
from creatorvault.console.sessions import SignedIn
from creatorvault.core.http.routing import sent_path
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.request_context import request_context_of
from creatorvault.settings.sections import Settings

HOME: Final = "/console"
ACTIONS: Final = re.compile(r"/console/[a-z0-9_-]+/act/[a-z0-9_-]+")
LOCAL: Final = re.compile(r"/console(?:/[A-Za-z0-9_-]+)*(?:\?[A-Za-z0-9._~!$'()*+,;:@/?%&=-]*)?")
MOST_CHARACTERS: Final = 4096


async def requires_session(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Sets the user to a SignedIn. Raises SignInRequired, ForeignRequest, TooManyRequests and ServiceUnavailable."""
    refuse_foreign(connection)
    signed_in = await found_session(connection)
    if signed_in is None:
        raise SignInRequired(following(connection))
    connection.scope["user"] = signed_in


async def found_session(connection: Connection) -> SignedIn | None:
    """Returns the session of the browser's cookie if it holds. A stranger's cookies are counted by the address.

    Raises AdminOff, TooManyRequests and ServiceUnavailable.
    """
    sessions = part_of(connection.app, ConsoleParts).sessions()
    secret = cookie_of(connection, SESSION)
    if not secret:
        return None
    scope, accounts = cast("HTTPScope", connection.scope), part_of(connection.app, AccountsParts)
    reservation = await accounts.limits.reserve(scope)
    signed_in = await sessions.find(secret, scope)
    if signed_in is not None:
        await accounts.limits.give_back(scope, reservation)
        request_context_of(scope).caller = accounts.pseudonyms.of(signed_in.caller.actor)
    return signed_in


def require_fresh(request: ConsoleRequest) -> None:
    """Raises SignInAgain if the operator has not signed in a short time ago."""
    signed_in = request.user
    fresh_seconds = part_of(request.app, Settings).console.fresh_seconds
    if signed_in is None or not signed_in.session.is_fresh(fresh_seconds):
        raise SignInAgain(following(request))


def following(connection: Connection) -> str:
    """The page to show after signing in: this one, or the form of this action; else the first one."""
    prefix = part_of(connection.app, Settings).server.path_prefix
    path = sent_path(cast("HTTPScope", connection.scope)).decode("latin-1").removeprefix(prefix)
    query = connection.scope["query_string"].decode("latin-1")
    is_page = connection.scope["method"] == HTTPMethod.GET or ACTIONS.fullmatch(path)  # type: ignore[typeddict-item]
    return local(f"{path}?{query}" if query else path) if is_page else HOME


def local(address: str) -> str:
    """Returns the address if it is that of a page of the console, else the first page: no redirect leads elsewhere."""
    return address if len(address) <= MOST_CHARACTERS and LOCAL.fullmatch(address) else HOME
