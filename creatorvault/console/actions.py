"""Actions: the form that asks, the request to the API, and what is shown of its response."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from creatorvault.admin.errors import ScopeMissing
from creatorvault.console.asking import Response
from creatorvault.console.calling import Call, OperationRefused, Values
from creatorvault.console.catalogue import ActionPlan, PageNotFound
from creatorvault.console.forms import Control, FieldError, filled, sent, with_errors
from creatorvault.console.operations import value_at
from creatorvault.console.pages import Visit
from creatorvault.console.places import DONE, VIEW, address, of_action, of_item, of_section, parsed
from creatorvault.console.views import Cell
from creatorvault.core.console.declarations import Action

ERASES_ITS_OBJECT: Final = "DELETE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionForm:
    """`errors` are of none of the controls. `refused` is why the action was not done."""

    section: str
    section_title: str
    action: Action
    about: Values
    controls: Sequence[Control]
    form_path: str
    back_href: str
    errors: Sequence[FieldError] = ()
    refused: OperationRefused | None = None

    @property
    def status(self) -> int:
        return 200 if self.refused is None else int(self.refused.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    section: str
    section_title: str
    action: Action
    cells: Sequence[Cell]
    back_href: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """An action on an object, which `keys` identify."""

    visit: Visit
    plan: ActionPlan
    keys: Values

    @classmethod
    def of(cls, visit: Visit, name: str) -> "Attempt":
        """Raises PageNotFound, and ScopeMissing if the API would refuse it to the caller."""
        plan = visit.plan.actions.get(name)
        if plan is None:
            raise PageNotFound
        if plan.operation.scope not in visit.caller.scopes:
            raise ScopeMissing(plan.operation.scope)
        return cls(visit, plan, visit.keys(visit.plan.item.keys if plan.of_object else plan.operation.keys))

    async def form(self) -> ActionForm:
        """Filled in with the fields of the object that have the same names. Raises OperationRefused."""
        fields = await self.visit.object(self.keys) if self.plan.of_object and self.plan.controls else {}
        controls = [control.showing(value_at(fields, control.name)) for control in self.plan.controls]
        given = {control.field: self.visit.query[control.field] for control in controls if control.field in self.visit.query}
        return self._form([one if one.field in given else two for one, two in zip(filled(controls, given), controls, strict=True)])

    def call(self, typed: Mapping[str, Sequence[str]]) -> Call:
        operation, values = self.plan.operation, sent(filled(self.plan.controls, typed))
        path = {name: self.keys[name] for name in operation.keys}
        if operation.reads:
            return Call(operation=operation, path=path, query={name: str(value) for name, value in values.items()})
        return Call(operation=operation, path=path, body=None if operation.fields is None else values)

    def refused(self, typed: Mapping[str, Sequence[str]], refusal: OperationRefused) -> ActionForm:
        """The form as it was sent, with the reason."""
        controls, errors = with_errors(filled(self.plan.controls, typed), refusal.errors)
        return replace(self._form(controls), errors=errors, refused=refusal)

    def result(self, response: Response) -> ActionResult:
        action, section = self.plan.action, self.visit.plan.section
        cells = [Cell(column=column, value=value_at(response, column.name)) for column in action.result]
        return ActionResult(
            section=section.name,
            section_title=section.title,
            action=action,
            cells=cells,
            back_href=self.visit.prefix + self._back({}),
        )

    def done(self) -> str:
        """Returns the address of the page with the notice, as a path of ours."""
        return self._back({DONE: self.plan.action.name})

    def _form(self, controls: Sequence[Control]) -> ActionForm:
        section, action = self.visit.plan.section, self.plan.action
        kept = {**self.keys, **{VIEW: self.visit.query[VIEW][-1]} } if VIEW in self.visit.query else self.keys
        return ActionForm(
            section=section.name,
            section_title=section.title,
            action=action,
            about=self.keys,
            controls=controls,
            form_path=self.visit.prefix + address(of_action(section.name, action.name), kept),
            back_href=self.visit.prefix + self._back({}),
        )

    def _back(self, more: Mapping[str, str]) -> str:
        """The page that the action was started from, as its list was."""
        plan = self.visit.plan
        view = parsed(self.visit.query.get(VIEW, [""])[-1])
        if self.plan.of_object:
            names = {name for block in plan.item_blocks for name in block.parameters}
            path, keys = of_item(plan.name), self.keys
        else:
            names = {name for block in plan.blocks for name in block.parameters}
            path, keys = of_section(plan.name), {}
        return address(path, {**{name: view[name] for name in view if name in names}, **keys, **more})
