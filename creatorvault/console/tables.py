"""Blocks as templates show them, from responses of the API."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from creatorvault.admin.scopes import Caller
from creatorvault.console.asking import OFFSET, Response, Subject, chosen
from creatorvault.console.calling import OperationRefused
from creatorvault.console.catalogue import ActionPlan, BlockPlan, Catalogue, SectionPlan, may_see
from creatorvault.console.forms import with_errors
from creatorvault.console.languages import Language
from creatorvault.console.operations import value_at
from creatorvault.console.places import VIEW, Place, address, of_action, of_item
from creatorvault.console.views import ActionLink, Block, Cell, ChartBlock, FactsBlock, Row, TableBlock
from creatorvault.console.wording import reason
from creatorvault.core.console.declarations import Column, Facts, Table

NEXT_CURSOR: Final = "next_cursor"
NOBODY: Final = str(UUID(int=0))
"""The tenant of what belongs to none, such as the service's own jobs."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of one page to one caller."""

    catalogue: Catalogue
    plan: SectionPlan
    caller: Caller
    place: Place
    subject: Subject
    language: Language

    def block(self, plan: BlockPlan, response: Response) -> Block:
        block = plan.block
        if isinstance(block, Table):
            return self._table(plan, block, response)
        if isinstance(block, Facts):
            return FactsBlock(**self._common(plan), cells=[self.cell(column, response) for column in block.fields])
        return ChartBlock(**self._common(plan), chart=block, rows=rows_of(response, block.rows))

    def refused(self, plan: BlockPlan, refusal: OperationRefused) -> Block:
        """A block with the reason why there is nothing to show. Invalid filters have their errors."""
        block, why = plan.block, reason(refusal, self.language)
        if isinstance(block, Table):
            table = self._table(plan, block, {})
            controls, errors = with_errors(table.controls, refusal.errors, self.language)
            first = self.place.href(without=plan.paging)
            return replace(table, refused=refusal, reason=why, controls=controls, errors=errors, first_href=first)
        if isinstance(block, Facts):
            return FactsBlock(**self._common(plan), refused=refusal, reason=why)
        return ChartBlock(**self._common(plan), refused=refusal, reason=why, chart=block)

    def cell(self, column: Column, fields: Response) -> Cell:
        value = value_at(fields, column.name)
        return Cell(column=column, value=value, href=None if value is None else self._link(column, fields))

    def actions(self, plans: Sequence[ActionPlan], fields: Response, about: object = "") -> Iterator[ActionLink]:
        """Those that the caller may do, and that the object permits. `fields` are the object's."""
        for plan in plans:
            if plan.operation.scope in self.caller.scopes and _is_offered(plan, fields):
                keys = {
                    name: str(value_at(fields, name) or self.subject.keys.get(name)) for name in plan.operation.keys
                }
                yield self._action(plan, keys, about)

    def _common(self, plan: BlockPlan) -> dict[str, Any]:
        block = plan.block
        refresh = block.refresh_seconds if isinstance(block, Table | Facts) else None
        return {"id": plan.id, "title": block.title, "href": self.place.href(), "refresh_seconds": refresh}

    def _table(self, plan: BlockPlan, table: Table, response: Response) -> TableBlock:
        rows, query = rows_of(response, table.rows), self.place.query
        return TableBlock(
            **self._common(plan),
            columns=table.columns,
            rows=[self._row(table, row) for row in rows],
            empty=table.empty,
            total=response.get("total") if plan.paging else None,
            controls=chosen(plan, query),
            hidden=self.place.hidden(without=plan.parameters),
            form_path=self.place.prefix + self.place.path,
            clear_href=self._without_choices(plan),
            first_href=self._first(plan),
            next_href=self._next(plan, response, len(rows)),
        )

    def _row(self, table: Table, row: Response) -> Row:
        cells = [self.cell(column, row) for column in table.columns]
        about = cells[0].value if cells else ""
        return Row(
            cells=cells, actions=[*self.actions([self.plan.actions[name] for name in table.actions], row, about)]
        )

    def _without_choices(self, plan: BlockPlan) -> str | None:
        fields = {control.field for control in plan.controls}
        has_chosen = any(any(self.place.query[name]) for name in fields & self.place.query.keys())
        return self.place.href(without=plan.parameters) if has_chosen else None

    def _first(self, plan: BlockPlan) -> str | None:
        """None on the first page."""
        is_further = any(self.place.query.get(name, [""])[-1] not in ("", "0") for name in plan.paging[:2])
        return self.place.href(without=plan.paging[:2]) if is_further else None

    def _next(self, plan: BlockPlan, response: Response, count: int) -> str | None:
        """None on the last page."""
        if not plan.paging or not response.get("has_more"):
            return None
        cursor = response.get(NEXT_CURSOR)
        if cursor is not None:
            return self.place.href({plan.paging[0]: cursor}, without=plan.paging[:2])
        return self.place.href({plan.prefix + OFFSET: str(response["offset"] + count)})

    def _link(self, column: Column, fields: Response) -> str | None:
        """None if there is no link, or nothing to lead to, or the caller may not see the page."""
        target = None if column.link is None else self.catalogue[column.link]
        if target is None or not may_see(self.caller, target.item_scopes()):
            return None
        keys = {name: str(value_at(fields, field)) for name, field in column.keys.items()}
        return None if NOBODY in keys.values() else self.place.elsewhere(of_item(target.name), keys)

    def _action(self, plan: ActionPlan, keys: Mapping[str, str], about: object) -> ActionLink:
        action = plan.action
        query = {name: values for name, values in self.place.query.items() if name not in self.subject.keys}
        view = {VIEW: address("", query)[1:]} if query else {}
        return ActionLink(
            name=action.name,
            label=action.label,
            href=self.place.elsewhere(of_action(self.plan.name, action.name), {**keys, **view}),
            dangerous=action.dangerous,
            about=about,
        )


def rows_of(response: Response, path: str) -> list[dict[str, Any]]:
    rows = value_at(response, path)
    return rows if isinstance(rows, list) else []


def _is_offered(plan: ActionPlan, fields: Response) -> bool:
    return all(value_at(fields, name) in values for name, values in plan.action.when.items())
