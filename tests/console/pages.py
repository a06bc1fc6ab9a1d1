"""Pages of a test, beside those of the service."""

from typing import Any

from litestar import Request, Response

from creatorvault.console.csrf import ConsoleRequest, checked_form
from creatorvault.console.frame import OPTIONS, ConsoleController, see_other
from creatorvault.console.guards import require_fresh
from creatorvault.core.errors import NotFound
from creatorvault.core.http.handlers import get, post

PAGE = "/console/proof"
FRESH = "/console/proof/act/fresh"
MISSING = "/console/proof/missing"
BROKEN = "/console/proof/broken"


class ProofController(ConsoleController):
    opt = OPTIONS

    @get(PAGE)
    async def show(self, request: ConsoleRequest) -> Response[str]:
        return _page(request)

    @get(FRESH)
    async def ask(self, request: ConsoleRequest) -> Response[str]:
        require_fresh(request)
        return _page(request)

    @post(FRESH)
    async def act(self, request: ConsoleRequest) -> Response[str]:
        given = await checked_form(request)
        require_fresh(request)
        return see_other(request, f"{PAGE}?word={given['word'][0]}")

    @get(MISSING)
    async def miss(self, request: Request[Any, Any, Any]) -> Response[str]:
        raise NotFound("<b>There</b> is no such proof")

    @get(BROKEN)
    async def fail(self, request: Request[Any, Any, Any]) -> Response[str]:
        raise ValueError("what nobody should see")


def _page(request: ConsoleRequest) -> Response[str]:
    assert request.user is not None
    token, caller = request.user.session.form_token, request.user.caller
    return Response(
        f'<p>{caller.actor}</p><p>{",".join(sorted(caller.scopes))}</p><form method="post" action="{FRESH}">'
        f'<input type="hidden" name="form_token" value="{token}"><input name="word" value="yes"></form>',
        media_type="text/html",
    )
