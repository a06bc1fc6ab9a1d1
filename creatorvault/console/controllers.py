"""Pages of sections, of objects and of actions, /console/<section>."""

from typing import Any, Final

from litestar import Response
from litestar.params import FromPath

from creatorvault.admin.errors import ScopeMissing
from creatorvault.console.actions import Attempt, Typed
from creatorvault.console.calling import OperationRefused
from creatorvault.console.catalogue import Catalogue
from creatorvault.console.csrf import ConsoleRequest, checked_form
from creatorvault.console.downloads import Download
from creatorvault.console.frame import OPTIONS, ConsoleController, see_other
from creatorvault.console.guards import HOME, require_fresh
from creatorvault.console.pages import Visit, caller_of, item_page, section_page
from creatorvault.console.places import of_section
from creatorvault.console.rendering import render
from creatorvault.console.views import Page
from creatorvault.core.http.handlers import get, post
from creatorvault.core.parts import part_of

NOT_AN_ANSWER: Final = frozenset({"scope_missing", "admin_off", "not_found"})
"""Codes of refusals that no other input would avoid: they are pages of their own."""


class PageController(ConsoleController):
    path = HOME
    opt = OPTIONS

    @get("/")
    async def show_first(self, request: ConsoleRequest) -> Response[str]:
        """Sends the browser to the first section that the caller may see."""
        visible = part_of(request.app, Catalogue).visible(caller_of(request))
        if not visible:
            raise ScopeMissing("read")
        return see_other(request, of_section(visible[0].name))

    @get("/{section:str}")
    async def show_section(self, request: ConsoleRequest, section: FromPath[str]) -> Response[str]:
        return _page(request, "section.html", await section_page(Visit.of(request, section)))

    @get("/{section:str}/item")
    async def show_item(self, request: ConsoleRequest, section: FromPath[str]) -> Response[str]:
        return _page(request, "item.html", await item_page(Visit.of(request, section)))

    @get("/{section:str}/act/{action:str}")
    async def show_action(
        self, request: ConsoleRequest, section: FromPath[str], action: FromPath[str]
    ) -> Response[str]:
        """Asks whether it shall be done, and for what it needs."""
        attempt = _attempt(request, section, action)
        form = await attempt.form()
        return render(request, "action.html", form=form)

    @post("/{section:str}/act/{action:str}")
    async def act(self, request: ConsoleRequest, section: FromPath[str], action: FromPath[str]) -> Response[Any]:
        typed = await checked_form(request)
        attempt = _attempt(request, section, action)
        call = attempt.call(typed)
        if attempt.plan.action.download:
            return Download(
                request, attempt.visit.caller, call, lambda refusal: _refused(request, attempt, typed, refusal)
            )
        try:
            response = await attempt.visit.answered(call)
        except OperationRefused as refusal:
            if refusal.code in NOT_AN_ANSWER:
                raise
            return _refused(request, attempt, typed, refusal)
        if attempt.plan.action.result or not attempt.may_go_back:
            return render(request, "result.html", result=attempt.result(response), notice=attempt.plan.action.done)
        return see_other(request, attempt.done())


def _attempt(request: ConsoleRequest, section: str, action: str) -> Attempt:
    attempt = Attempt.of(Visit.of(request, section), action)
    if attempt.plan.action.fresh:
        require_fresh(request)
    return attempt


def _page(request: ConsoleRequest, template: str, page: Page) -> Response[str]:
    return render(request, template, page.status, page=page, notice=page.notice, errors=page.errors)


def _refused(request: ConsoleRequest, attempt: Attempt, typed: Typed, refusal: OperationRefused) -> Response[str]:
    form = attempt.refused(typed, refusal)
    answer = render(request, "action.html", form.status, form=form, errors=form.errors)
    answer.headers.update(refusal.headers())
    return answer
