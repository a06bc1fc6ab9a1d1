"""Pages of sections and of objects: asks the API for what they show."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Final, NamedTuple, cast

from litestar.plugins.htmx import HTMXDetails

from creatorvault.admin.scopes import Caller
from creatorvault.console.asking import Response, Subject, call_given, call_of
from creatorvault.console.calling import Call, OperationRefused, Values, answered
from creatorvault.console.catalogue import BlockPlan, Catalogue, PageNotFound, PartPlan, SectionPlan, require_any
from creatorvault.console.csrf import ConsoleRequest
from creatorvault.console.languages import Language, language_of
from creatorvault.console.operations import value_at
from creatorvault.console.places import DONE, Place, address, of_item, of_section, parsed
from creatorvault.console.sessions import SignedIn
from creatorvault.console.tables import Shown, rows_of
from creatorvault.console.views import Block, Page
from creatorvault.core.parts import part_of
from creatorvault.settings.sections import Settings

SHOWN_IN_BLOCK: Final = (HTTPStatus.NOT_FOUND, HTTPStatus.UNPROCESSABLE_ENTITY)
"""Refusals that concern one block. Any other one is the page's."""

NOTHING: Final = Subject({}, {})


def caller_of(request: ConsoleRequest) -> Caller:
    """Returns whom `requires_session` has found."""
    return cast("SignedIn", request.user).caller


class Visit(NamedTuple):
    """One request for a page of a section."""

    request: ConsoleRequest
    caller: Caller
    catalogue: Catalogue
    plan: SectionPlan
    query: dict[str, list[str]]
    known: dict[object, Response]
    """Responses that several blocks show."""

    @classmethod
    def of(cls, request: ConsoleRequest, section: str) -> "Visit":
        """Raises PageNotFound."""
        caller, catalogue = caller_of(request), part_of(request.app, Catalogue)
        query = parsed(request.scope["query_string"].decode("latin-1"))
        return cls(request, caller, catalogue, catalogue.plan(section), query, {})

    @property
    def prefix(self) -> str:
        return part_of(self.request.app, Settings).server.path_prefix

    @property
    def target(self) -> str | None:
        """Returns the id of the block that a browser refreshes by htmx; None if it loads the page."""
        return HTMXDetails(self.request).target

    @property
    def language(self) -> Language:
        return language_of(self.request)

    async def answered(self, call: Call) -> Response:
        """Raises OperationRefused."""
        return await answered(self.request, self.caller, call)

    async def read(self, call: Call) -> Response:
        """Asks once for each page. Raises OperationRefused."""
        asked = (call.operation.name, *call.path.items(), address("", call.query))
        if asked not in self.known:
            self.known[asked] = await self.answered(call)
        return self.known[asked]

    async def object(self, keys: Values) -> Response:
        """Returns the fields of an object, or its keys if there is no operation that reads it, or not for the caller.

        Raises OperationRefused.
        """
        operation = self.plan.item_operation
        if operation is None or operation.scope not in self.caller.scopes:
            return keys
        return {**keys, **await self.read(Call(operation=operation, path=keys))}

    def keys(self, names: Sequence[str]) -> Values:
        """Raises PageNotFound if one is missing."""
        if any(not self.query.get(name, [""])[-1] for name in names):
            raise PageNotFound
        return {name: self.query[name][-1] for name in names}


async def section_page(visit: Visit) -> Page:
    """Raises ScopeMissing and OperationRefused."""
    plan = visit.plan
    require_any(visit.caller, plan.scopes())
    actions = [each for each in plan.actions.values() if not each.of_object and not each.operation.keys]
    shown = _shown(visit, of_section(plan.name), plan.blocks, NOTHING)
    return Page(
        title=plan.section.title,
        blocks=await _blocks(visit, shown, plan.blocks),
        actions=[*shown.actions(actions, {})],
        notice=_notice(visit),
        is_partial=visit.target is not None,
    )


async def item_page(visit: Visit) -> Page:
    """Raises PageNotFound, ScopeMissing and OperationRefused."""
    plan, item = visit.plan, visit.plan.item
    require_any(visit.caller, plan.item_scopes())
    keys = visit.keys(item.keys)
    subject = Subject(keys, await visit.object(keys))
    fields = {**subject.fields, **await _parts(visit, subject)}
    shown = _shown(visit, of_item(plan.name), plan.item_blocks, subject)
    return Page(
        title=plan.section.title,
        object_title=str(value_at(subject.fields, item.title)),
        blocks=await _blocks(visit, shown, plan.item_blocks),
        actions=[*shown.actions([each for each in plan.actions.values() if each.of_object], fields)],
        notice=_notice(visit),
        is_partial=visit.target is not None,
        up_href=visit.prefix + of_section(plan.name),
    )


def _shown(visit: Visit, path: str, blocks: Sequence[BlockPlan], subject: Subject) -> Shown:
    known = {*subject.keys, *(name for block in blocks for name in block.parameters)}
    query = {name: values for name, values in visit.query.items() if name in known}
    return Shown(visit.catalogue, visit.plan, visit.caller, Place(visit.prefix, path, query), subject, visit.language)


async def _blocks(visit: Visit, shown: Shown, plans: Sequence[BlockPlan]) -> list[Block]:
    """One after the other, since a page may use one connection to the database and no more."""
    target, blocks = visit.target, list[Block]()
    for plan in plans:
        if plan.operation.scope in visit.caller.scopes and target in (None, plan.id):
            blocks.append(await _block(visit, shown, plan))
    return blocks


async def _block(visit: Visit, shown: Shown, plan: BlockPlan) -> Block:
    try:
        return shown.block(plan, await visit.read(call_of(plan, shown.subject, shown.place.query)))
    except OperationRefused as refusal:
        if refusal.status not in SHOWN_IN_BLOCK:
            raise
        return shown.refused(plan, refusal)


async def _parts(visit: Visit, subject: Subject) -> Response:
    """Returns those that there are and that the caller may read."""
    found = dict[str, Response]()
    for name, plan in visit.plan.item_parts.items():
        part = await _part(visit, plan, subject) if plan.operation.scope in visit.caller.scopes else None
        if part is not None:
            found[name] = part
    return found


async def _part(visit: Visit, plan: PartPlan, subject: Subject) -> Response | None:
    try:
        response = await visit.read(call_given(plan.operation, plan.part.given, subject))
    except OperationRefused as refusal:
        if refusal.status != HTTPStatus.NOT_FOUND:
            raise
        return None
    return response if plan.part.rows is None else next(iter(rows_of(response, plan.part.rows)), None)


def _notice(visit: Visit) -> str:
    """Returns the message of the action that was just done, if it is one of the section."""
    done = visit.plan.actions.get(visit.query.get(DONE, [""])[-1])
    return "" if done is None else done.action.done
