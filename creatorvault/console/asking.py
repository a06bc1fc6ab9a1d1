"""What a page asks the API for, from what is declared and from the page's own query parameters."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from creatorvault.console.calling import Call, Parameters, Values
from creatorvault.console.catalogue import BlockPlan
from creatorvault.console.forms import Control, filled, sent
from creatorvault.console.operations import AdminOperation, value_at
from creatorvault.console.places import Query
from creatorvault.core.console.declarations import Chart, Facts, Table

CURSOR: Final = "cursor"
OFFSET: Final = "offset"

type Response = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """The object of a page: the keys that identify it, and its fields."""

    keys: Values
    fields: Response

    def value(self, field: str) -> str:
        known = self.keys.get(field)
        return str(value_at(self.fields, field)) if known is None else known


def call_of(plan: BlockPlan, subject: Subject, query: Query) -> Call:
    """Returns the request behind a block."""
    block = plan.block
    more: dict[str, str | Sequence[str]] = {}
    if not isinstance(block, Facts):
        more |= block.fixed
    if isinstance(block, Table):
        more |= in_query(sent(chosen(plan, query)))
        more |= _paging(plan, query)
    return call_given(plan.operation, {} if isinstance(block, Chart) else block.given, subject, more)


def call_given(
    operation: AdminOperation, given: Mapping[str, str], subject: Subject, more: Parameters | None = None
) -> Call:
    """Returns a request with parameters that come from the page's object, and `more` in its query."""
    values = {name: subject.value(field) for name, field in given.items()}
    path = {name: values.get(name) or subject.value(name) for name in operation.keys}
    asked = {name: value for name, value in values.items() if operation.takes(name)}
    return Call(operation=operation, path=path, query={**asked, **(more or {})})


def chosen(plan: BlockPlan, query: Query) -> list[Control]:
    """Returns the controls of a table's form as they are filled in; those that were not sent contain their defaults."""
    typed = filled(plan.controls, query)
    return [now if now.field in query else default for now, default in zip(typed, plan.controls, strict=True)]


def in_query(values: Mapping[str, object]) -> Parameters:
    """Returns values of controls as query parameters."""
    return {
        name: [str(each) for each in value] if isinstance(value, list) else str(value)
        for name, value in values.items()
        if value != []
    }


def _paging(plan: BlockPlan, query: Query) -> Values:
    """By cursor where the operation has any: so that deep pages take no longer, and concurrent writes move nothing."""
    part = {name.removeprefix(plan.prefix): query[name][-1] for name in plan.paging if name in query}
    if plan.paging and plan.operation.takes(CURSOR) and OFFSET not in part:
        part.setdefault(CURSOR, "")
    return part
