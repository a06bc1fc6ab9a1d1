"""Forms that only a page of the console can send: each has a token, and its request comes from the same origin.

The token is derived from a cookie that other sites can neither read nor set (OWASP, "Cross-Site Request Forgery
Prevention"). What browsers say about the origin is checked besides: `Sec-Fetch-Site` (W3C Fetch Metadata) or, where
they send none because the address is not secure, `Origin`.
"""

import hmac
from collections.abc import Iterator, Mapping
from http import HTTPMethod
from typing import Any, Final
from urllib.parse import parse_qs

from litestar import Request
from litestar.datastructures import State

from creatorvault.console.cookies import FORM, Connection, cookie_of
from creatorvault.console.errors import ForeignRequest, FormRefused
from creatorvault.console.sessions import SignedIn, form_token_of
from creatorvault.core.http.bodies import received
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.asgi_headers import header
from creatorvault.settings.sections import Settings

TOKEN_FIELD: Final = "form_token"  # noqa: S105 - the name of a field
FORM_TYPE: Final = "application/x-www-form-urlencoded"
MOST_FIELDS: Final = 200
SAME_ORIGIN: Final = "same-origin"
BY_THE_PERSON: Final = "none"
"""Sec-Fetch-Site of an address that was typed, or of a bookmark."""

NAVIGATION: Final = "navigate"

ConsoleRequest = Request[SignedIn | None, Any, State]

type Form = Mapping[str, list[str]]


def refuse_foreign(connection: Connection) -> None:
    """Raises ForeignRequest for what another site makes a browser send, except for a link that somebody follows.

    Pages of an allowed front end may be of the same site, so that a browser sends them the cookie.
    """
    scope = connection.scope
    site = header(scope, b"sec-fetch-site")
    if scope["method"] == HTTPMethod.GET:  # type: ignore[typeddict-item]  # of a request
        is_link = header(scope, b"sec-fetch-mode") == NAVIGATION
        accepted = site in {None, SAME_ORIGIN, BY_THE_PERSON} or is_link
    else:
        accepted = site == SAME_ORIGIN if site is not None else _is_own(connection, header(scope, b"origin"))
    if not accepted:
        raise ForeignRequest


def _is_own(connection: Connection, origin: str | None) -> bool:
    scheme = "https" if part_of(connection.app, Settings).server.behind_tls else "http"
    return origin == f"{scheme}://{header(connection.scope, b'host')}"


async def checked_form(request: ConsoleRequest) -> Form:
    """Returns the values of the form's fields, by name. Raises FormRefused, and as `received`.

    Its token is that of the session, or that of the browser's cookie for forms.
    """
    declared = (header(request.scope, b"content-type") or "").partition(";")[0].strip().lower()
    if declared != FORM_TYPE:
        raise FormRefused
    try:
        text = (await received(request)).decode("ascii")
        fields = parse_qs(text, keep_blank_values=True, errors="strict", max_num_fields=MOST_FIELDS)
    except ValueError:
        raise FormRefused from None
    sent = fields.pop(TOKEN_FIELD, [""])[0].encode()
    if not any(hmac.compare_digest(sent, token.encode()) for token in _tokens(request)):
        raise FormRefused
    return fields


def _tokens(request: ConsoleRequest) -> Iterator[str]:
    """Those of forms that this browser may have got."""
    signed_in: SignedIn | None = request.scope.get("user")
    if signed_in is not None:
        yield signed_in.session.form_token
    if cookie := cookie_of(request, FORM):
        yield form_token_of(cookie)
