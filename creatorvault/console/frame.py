"""What all pages of the console have: a session, errors as pages, and no other origin that may read them."""

from typing import Any, Final
from urllib.parse import urlencode

from litestar import Controller, Request, Response
from litestar.datastructures import Cookie
from litestar.exceptions import HTTPException
from litestar.status_codes import HTTP_204_NO_CONTENT, HTTP_303_SEE_OTHER
from litestar.types import ExceptionHandlersMap

from creatorvault.console.cookies import SESSION, cookie_of, no_cookie
from creatorvault.console.error_pages import said_of
from creatorvault.console.errors import SignInNeeded, SignInRequired
from creatorvault.console.guards import HOME, requires_session
from creatorvault.console.rendering import POLICY, render
from creatorvault.core.http.handlers import PUBLIC, SAME_ORIGIN
from creatorvault.core.http.problems import recognised
from creatorvault.core.parts import part_of
from creatorvault.settings.sections import Settings

SIGN_IN: Final = f"{HOME}/sign-in"
HEADERS: Final = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY}
OPTIONS: Final = {PUBLIC: True, SAME_ORIGIN: True}
"""The `opt` of each controller of the console. Its guard is not that of the application, whose callers have tokens."""

type AnyRequest = Request[Any, Any, Any]


def see_other(request: AnyRequest, path: str, *cookies: Cookie) -> Response[str]:
    """Sends the browser to another page of the console (RFC 9110 §15.4.4). A script of htmx would follow unseen, and
    put that page into this one, so it is told to leave this one.
    """
    if request.headers.get("hx-request") == "true":
        prefix = part_of(request.app, Settings).server.path_prefix
        status_code, location = HTTP_204_NO_CONTENT, {"HX-Redirect": f"{prefix}{path}"}
    else:
        status_code, location = HTTP_303_SEE_OTHER, {"Location": path}
    answer = Response("", status_code=status_code, headers=HEADERS | location)
    for cookie in cookies:
        answer.set_cookie(cookie)
    return answer


def error_page(request: AnyRequest, error: Exception) -> Response[str]:
    """The page of an error, with the status and headers that the API gives it."""
    known = recognised(error)
    title, hint = said_of(known)
    answer = render(
        request, "error.html", known.status, status=int(known.status), title=title, message=known.detail, hint=hint
    )
    answer.headers.update(known.headers())
    return answer


def sign_in_page(request: AnyRequest, needed: SignInNeeded) -> Response[str]:
    """Sends the browser to the page for signing in, and from there to the page that it wanted."""
    stale = isinstance(needed, SignInRequired) and cookie_of(request, SESSION) is not None
    return see_other(request, address_of_sign_in(needed.following), *([no_cookie(request, SESSION)] if stale else []))


def address_of_sign_in(following: str) -> str:
    return SIGN_IN if following == HOME else f"{SIGN_IN}?{urlencode({'next': following})}"


ERRORS_AS_PAGES: Final[ExceptionHandlersMap] = {
    SignInNeeded: sign_in_page,
    HTTPException: error_page,
    Exception: error_page,
}


class ConsoleController(Controller):
    """Pages for somebody who has signed in. A subclass says `opt = OPTIONS` itself."""

    opt = OPTIONS
    include_in_schema = False
    guards = [requires_session]
    exception_handlers = ERRORS_AS_PAGES
