"""The choice of a language, which a browser keeps for a year."""

from typing import Final

from litestar import Controller, Response

from creatorvault.console.cookies import new_cookie
from creatorvault.console.csrf import ConsoleRequest, checked_form, refuse_foreign
from creatorvault.console.frame import ERRORS_AS_PAGES, OPTIONS, see_other
from creatorvault.console.guards import HOME, found_session, local
from creatorvault.console.languages import CODES, COOKIE
from creatorvault.core.http.handlers import post

YEAR_SECONDS: Final = 365 * 86_400


class LanguageController(Controller):
    """Needs no session, since the page for signing in has languages, too."""

    opt = OPTIONS
    include_in_schema = False
    exception_handlers = ERRORS_AS_PAGES

    @post(f"{HOME}/language")
    async def choose_language(self, request: ConsoleRequest) -> Response[str]:
        """Shows the page again that the form was on. Ignores a language that there is not."""
        refuse_foreign(request)
        request.scope["user"] = await found_session(request)
        given = await checked_form(request)
        code = given.get("language", [""])[0]
        cookies = [new_cookie(request, COOKIE, code, YEAR_SECONDS)] if code in CODES else []
        return see_other(request, local(given.get("next", [HOME])[0]), *cookies)
