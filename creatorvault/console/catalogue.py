"""The sections of the console with the operations behind them, and which of them a caller may see."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple, Self

from litestar import Litestar

from creatorvault.admin.errors import ScopeMissing
from creatorvault.admin.scopes import Caller, Scope
from creatorvault.console.checking import SORT, check_declarations
from creatorvault.console.forms import Choice, Control, ControlKind, filter_control, input_control
from creatorvault.console.operations import AdminOperation, Operations
from creatorvault.core.console.declarations import (
    N_,
    Action,
    Block,
    Column,
    Facts,
    Filter,
    ItemPage,
    Part,
    Section,
    Table,
)
from creatorvault.core.console.sections import Sections
from creatorvault.core.errors import NotFound
from creatorvault.core.http.schemas import RequestModel
from creatorvault.core.parts import parts_of

ORDER: Final = "order"
PAGING: Final = ("cursor", "offset", "limit")
ORDERS: Final = {"desc": N_("Descending"), "asc": N_("Ascending")}


def may_see(caller: Caller, scopes: Iterable[Scope]) -> bool:
    return not caller.scopes.isdisjoint(scopes)


def require_any(caller: Caller, scopes: Iterable[Scope]) -> None:
    """Raises ScopeMissing if the caller has none of them."""
    first, *others = scopes
    if not may_see(caller, (first, *others)):
        raise ScopeMissing(first)


class PageNotFound(NotFound):
    def __init__(self) -> None:
        super().__init__("There is no such page")


@dataclass(frozen=True, slots=True)
class BlockPlan:
    """A block with its operation. `prefix` is put before the names of its query parameters.

    `controls` are those of a table's form: the search box, filters, order. They contain the defaults.
    """

    number: int
    block: Block
    operation: AdminOperation
    prefix: str = ""
    controls: Sequence[Control] = ()

    @property
    def id(self) -> str:
        return f"block-{self.number}"

    @property
    def paging(self) -> list[str]:
        """Returns the query parameters of the page that say which part of a table is shown."""
        is_paged = isinstance(self.block, Table) and self.operation.has_pages
        return [self.prefix + name for name in PAGING] if is_paged else []

    @property
    def parameters(self) -> list[str]:
        """Returns the query parameters of the page that are this block's."""
        return [*(control.field for control in self.controls), *self.paging]


@dataclass(frozen=True, slots=True)
class ActionPlan:
    """`of_object` is true of the actions of an object's page."""

    action: Action
    operation: AdminOperation
    of_object: bool
    controls: Sequence[Control]


class PartPlan(NamedTuple):
    part: Part
    operation: AdminOperation


@dataclass(frozen=True, slots=True)
class SectionPlan:
    section: Section
    blocks: Sequence[BlockPlan]
    actions: Mapping[str, ActionPlan]
    item_operation: AdminOperation | None = None
    item_blocks: Sequence[BlockPlan] = field(default=())
    item_parts: Mapping[str, PartPlan] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.section.name

    @property
    def item(self) -> ItemPage:
        """Raises PageNotFound if the section has no pages of objects."""
        if self.section.item is None:
            raise PageNotFound
        return self.section.item

    def columns(self) -> Iterator[Column]:
        """Returns those of all blocks, the last ones of each name being those of its own pages."""
        for plan in (*self.item_blocks, *self.blocks):
            if isinstance(plan.block, Table):
                yield from plan.block.columns
            elif isinstance(plan.block, Facts):
                yield from plan.block.fields

    def item_scopes(self) -> Iterator[Scope]:
        """Returns those with any of which the page of an object shows something."""
        if self.item_operation is not None:
            yield self.item_operation.scope
        else:
            yield from (plan.operation.scope for plan in self.item_blocks)

    def scopes(self) -> Iterator[Scope]:
        """Returns those with any of which the section shows something."""
        yield from (plan.operation.scope for plan in self.blocks)
        if not self.blocks:
            yield from (plan.operation.scope for plan in self.actions.values())


class Catalogue(dict[str, SectionPlan]):
    """One per application, in the order of the navigation."""

    @classmethod
    def of(cls, sections: Sections, operations: Operations) -> Self:
        """Raises DeclarationsWrong."""
        check_declarations(sections, operations)
        return cls({name: _planned(section, operations) for name, section in sections.items()})

    def visible(self, caller: Caller) -> list[Section]:
        return [plan.section for plan in self.values() if may_see(caller, plan.scopes())]

    def plan(self, name: str) -> SectionPlan:
        """Raises PageNotFound."""
        if name not in self:
            raise PageNotFound
        return self[name]


def install_catalogue(app: Litestar, sections: Sections) -> None:
    """Adds the catalogue to the parts of the application. Raises DeclarationsWrong."""
    parts_of(app).add(Catalogue.of(sections, Operations.of(app)))


def _planned(section: Section, operations: Operations) -> SectionPlan:
    item = section.item
    actions = [(action, False) for action in section.actions]
    actions += [(action, True) for action in (() if item is None else item.actions)]
    return SectionPlan(
        section,
        _blocks(section.blocks, operations, is_item=False),
        {action.name: _action(action, operations, of_object=of_object) for action, of_object in actions},
        operations[item.operation] if item is not None and item.operation is not None else None,
        () if item is None else _blocks(item.blocks, operations, is_item=True),
        {} if item is None else {name: PartPlan(part, operations[part.operation]) for name, part in item.parts.items()},
    )


def _blocks(blocks: Sequence[Block], operations: Operations, *, is_item: bool) -> list[BlockPlan]:
    """The first table's query parameters have the names that they have in the API; on a page of an object, where they
    could be those of its keys, and for further tables, they are preceded by the number of the block.
    """
    plans: list[BlockPlan] = []
    is_first = not is_item
    for number, block in enumerate(blocks):
        plan = BlockPlan(number, block, operations[block.operation])
        if isinstance(block, Table):
            plan = _with_controls(replace(plan, prefix="" if is_first else f"{number}."), block)
            is_first = False
        plans.append(plan)
    return plans


def _with_controls(plan: BlockPlan, table: Table) -> BlockPlan:
    model = plan.operation.accepts.query
    if model is None:
        return plan
    controls = [filter_control(model, each) for each in table.filters]
    if table.search is not None:
        controls.insert(0, replace(filter_control(model, table.search), kind=ControlKind.SEARCH))
    if table.sorts:
        controls += _sorts(model, table)
    return replace(plan, controls=[replace(control, field=plan.prefix + control.name) for control in controls])


def _sorts(model: type[RequestModel], table: Table) -> Iterator[Control]:
    """What is chosen without a choice is the default of the API."""
    for name, label, messages in ((SORT, N_("Sort by"), table.sorts), (ORDER, N_("Order"), ORDERS)):
        if name in model.model_fields:
            control = filter_control(model, Filter(name=name, label=label))
            choices = [Choice(value, message) for value, message in messages.items()]
            default = model.model_fields[name].default
            yield replace(control, kind=ControlKind.CHOICE, choices=choices, values=[str(default)])


def _action(action: Action, operations: Operations, *, of_object: bool) -> ActionPlan:
    operation = operations[action.operation]
    model = operation.fields
    controls = [] if model is None else [input_control(model, given) for given in action.inputs]
    return ActionPlan(action, operation, of_object, controls)
