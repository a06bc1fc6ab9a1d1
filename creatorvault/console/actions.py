"""Actions: the form that asks, the request to the API, and what is shown of its response."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from http import HTTPStatus

from creatorvault.admin.errors import ScopeMissing
from creatorvault.console.asking import Response, in_query
from creatorvault.console.calling import Call, OperationRefused, Values
from creatorvault.console.catalogue import ActionPlan, PageNotFound, may_see
from creatorvault.console.forms import Control, FormError, filled, sent, with_errors
from creatorvault.console.operations import value_at
from creatorvault.console.pages import Visit
from creatorvault.console.places import CONSOLE, DONE, VIEW, address, of_action, of_item, of_section, parsed
from creatorvault.console.views import Cell
from creatorvault.console.wording import reason
from creatorvault.core.console.declarations import Action, Column, Kind

type Typed = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionForm:
    """`about` is the object. If the action was refused, `detail` is the reason in the words of the API."""

    action: Action
    about: Sequence[Cell]
    controls: Sequence[Control]
    form_path: str
    back_href: str
    errors: Sequence[FormError] = ()
    detail: str = ""
    status: HTTPStatus = HTTPStatus.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionResult:
    """`back_href` is empty if the caller may not see the page."""

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
        """Filled in with what the list was filtered by, else with the fields of the object that have the same names.

        Raises OperationRefused.
        """
        fields = await self.visit.object(self.keys) if self.plan.of_object else self.keys
        typed = self._view() | self.visit.query
        controls = [
            control if control.field in typed else control.showing(value_at(fields, control.name))
            for control in filled(self.plan.controls, typed)
        ]
        return self._form(controls, fields)

    def call(self, typed: Typed) -> Call:
        operation, values = self.plan.operation, sent(filled(self.plan.controls, typed))
        path = {name: self.keys[name] for name in operation.keys}
        if operation.reads:
            return Call(operation=operation, path=path, query=in_query(values))
        return Call(operation=operation, path=path, body=None if operation.fields is None else values)

    def refused(self, typed: Typed, refusal: OperationRefused) -> ActionForm:
        """The form as it was sent, with the reason."""
        language = self.visit.language
        controls, errors = with_errors(filled(self.plan.controls, typed), refusal.errors, language)
        said, detail = (errors, "") if errors else ([FormError(reason(refusal, language))], refusal.detail)
        return replace(self._form(controls, self.keys), errors=said, detail=detail, status=refusal.status)

    def result(self, response: Response) -> ActionResult:
        action = self.plan.action
        cells = [Cell(column=column, value=value_at(response, column.name)) for column in action.result]
        back_href = self.visit.prefix + self.back() if self.may_go_back else ""
        return ActionResult(action=action, cells=cells, back_href=back_href)

    @property
    def may_go_back(self) -> bool:
        """Whether the caller may see the page of the action: who changes something may not be allowed to read it."""
        plan = self.visit.plan
        return may_see(self.visit.caller, plan.item_scopes() if self.plan.of_object else plan.scopes())

    def back(self, more: Values | None = None) -> str:
        """Returns the address of the page that the action was started from, with its list as it was."""
        plan, view = self.visit.plan, self._view()
        path, keys = (of_item(plan.name), self.keys) if self.plan.of_object else (of_section(plan.name), {})
        blocks = plan.item_blocks if self.plan.of_object else plan.blocks
        known = {name for block in blocks for name in block.parameters}
        kept = {name: values for name, values in view.items() if name in known}
        return address(path, {**kept, **keys, **(more or {})})

    def done(self) -> str:
        """Returns the address of that page with a notice."""
        return self.back({DONE: self.plan.action.name})

    def _view(self) -> dict[str, list[str]]:
        return parsed(self.visit.query.get(VIEW, [""])[-1])

    def _form(self, controls: Sequence[Control], fields: Response) -> ActionForm:
        action, visit = self.plan.action, self.visit
        view = {VIEW: visit.query[VIEW][-1]} if VIEW in visit.query else {}
        return ActionForm(
            action=action,
            about=[*self._about(fields)],
            controls=controls,
            form_path=visit.prefix + address(of_action(visit.plan.name, action.name), {**self.keys, **view}),
            back_href=visit.prefix + (self.back() if self.may_go_back else CONSOLE),
        )

    def _about(self, fields: Response) -> Iterator[Cell]:
        """What names the object: its title and its keys."""
        columns = {column.name: column for column in self.visit.plan.columns()}
        title = [self.visit.plan.item.title] if self.plan.of_object else []
        for name in dict.fromkeys([*title, *self.keys]):
            value = value_at(fields, name)
            if value is not None:
                yield Cell(column=columns.get(name, Column(name=name, label=name, kind=Kind.IDENTIFIER)), value=value)
