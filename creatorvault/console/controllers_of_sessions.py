"""Signing in and out."""

import secrets
from http import HTTPStatus
from typing import Final, NamedTuple, cast

from litestar import Controller, Response

from creatorvault.accounts.errors import AdminRequired, TokenExpired
from creatorvault.admin.errors import KeyRevoked
from creatorvault.console.cookies import FORM, SESSION, cookie_of, new_cookie, no_cookie
from creatorvault.console.csrf import ConsoleRequest, checked_form, refuse_foreign
from creatorvault.console.frame import ERRORS_AS_PAGES, OPTIONS, SIGN_IN, ConsoleController, see_other
from creatorvault.console.guards import HOME, found_session, local
from creatorvault.console.parts import ConsoleParts
from creatorvault.console.rendering import render
from creatorvault.console.sessions import SignedIn, form_token_of
from creatorvault.console.sign_in import ANOTHER_PERSON, SignInRefused
from creatorvault.core.console.declarations import N_
from creatorvault.core.errors import TooManyRequests
from creatorvault.core.http.handlers import get, post
from creatorvault.core.parts import part_of
from creatorvault.erasure.errors import TokenTooOld
from creatorvault.settings.sections import Settings

NOT_ACCEPTED: Final = N_("This key or token is not accepted.")
REASONS: Final = {
    TokenExpired.code: N_("This key or token has expired. Get a new one."),
    KeyRevoked.code: N_("This key has been revoked."),
    AdminRequired.code: N_("This token is not an administrator's."),
    TokenTooOld.code: N_("This token was issued too long ago for that. Get a new one."),
    ANOTHER_PERSON: N_("Somebody else has signed in here. Sign out first."),
}
WAIT: Final = N_("Too many sign-ins from your address were refused. Wait before you try again.")


class FormError(NamedTuple):
    """An error of a form, as templates show it."""

    field: str
    message: str


class SignInController(Controller):
    """Its forms have a token that is derived from a cookie, since there is no session yet, or one that is not fresh."""

    opt = OPTIONS
    include_in_schema = False
    exception_handlers = ERRORS_AS_PAGES

    @get(SIGN_IN)
    async def show_sign_in(self, request: ConsoleRequest) -> Response[str]:
        """Asks for a key or token; also of somebody who has signed in, for what needs it once more."""
        refuse_foreign(request)
        current = await found_session(request)
        return _form(request, current, local(request.query_params.get("next", HOME)))

    @post(SIGN_IN)
    async def sign_in(self, request: ConsoleRequest) -> Response[str]:
        """Opens a new session in place of the one that there is, which must be of the same person."""
        refuse_foreign(request)
        given = await checked_form(request)
        current = await found_session(request)
        following = local(given.get("next", [HOME])[0])
        credential = given.get("credential", [""])[0].strip()
        service = part_of(request.app, ConsoleParts).sign_in()
        try:
            secret = await service.sign_in(credential, request.scope, current)
        except SignInRefused as refused:
            return _form(request, current, following, REASONS.get(refused.reason, NOT_ACCEPTED), HTTPStatus.FORBIDDEN)
        except TooManyRequests as error:
            answer = _form(request, current, following, WAIT, error.status)
            answer.headers.update(error.headers())
            return answer
        seconds = part_of(request.app, Settings).console.session_seconds
        cookies = [new_cookie(request, SESSION, secret, seconds), no_cookie(request, FORM)]
        return see_other(request, following, *cookies)


class SessionController(ConsoleController):
    opt = OPTIONS

    @post(f"{HOME}/sign-out")
    async def sign_out(self, request: ConsoleRequest) -> Response[str]:
        await checked_form(request)
        await part_of(request.app, ConsoleParts).sessions().end(_signed_in(request), request.scope)
        return see_other(request, SIGN_IN, no_cookie(request, SESSION))

    @post(f"{HOME}/sign-out-everywhere")
    async def sign_out_everywhere(self, request: ConsoleRequest) -> Response[str]:
        await checked_form(request)
        sessions = part_of(request.app, ConsoleParts).sessions()
        await sessions.end_all(_signed_in(request), request.scope)
        return see_other(request, SIGN_IN, no_cookie(request, SESSION))


def _signed_in(request: ConsoleRequest) -> SignedIn:
    """Whom `requires_session` has found."""
    return cast("SignedIn", request.user)


def _form(
    request: ConsoleRequest,
    current: SignedIn | None,
    following: str,
    error: str | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response[str]:
    """A 401 would need a challenge that browsers know (RFC 9110 §15.5.2), so a refusal is a 403."""
    browser = cookie_of(request, FORM) or secrets.token_urlsafe(32)
    context = {
        "next": following,
        "form_token": form_token_of(browser),
        "step_up": current is not None,
        "errors": [] if error is None else [FormError("credential", error)],
    }
    answer = render(request, "sign_in.html", status, **context)
    answer.set_cookie(new_cookie(request, FORM, browser))
    return answer
