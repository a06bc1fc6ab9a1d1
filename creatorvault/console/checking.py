"""Checks at start that declarations fit the operations that they name."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from creatorvault.console.operations import AdminOperation, Operations, Shape, parameters_of, rows_at, shape_at
from creatorvault.core.console.declarations import Action, Block, Chart, Column, Facts, ItemPage, Part, Section, Table
from creatorvault.core.console.sections import Sections

SORT: Final = "sort"
TIME: Final = "at"
"""The field of a chart's rows with their time."""

type Fault = str


class DeclarationsWrong(ValueError):
    """The text lists all faults."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        super().__init__("pages of the console are not declared correctly:\n" + "\n".join(faults))


def check_declarations(sections: Sections, operations: Operations) -> None:
    """Raises DeclarationsWrong."""
    faults = [fault for section in sections.values() for fault in _Checked(section, sections, operations).faults()]
    if faults:
        raise DeclarationsWrong(faults)


class _Checked:
    def __init__(self, section: Section, sections: Sections, operations: Operations) -> None:
        self._section = section
        self._sections = sections
        self._operations = operations
        self._item = section.item
        self._keys: frozenset[str] = frozenset(() if section.item is None else section.item.keys)
        self._object = self._shape_of_object(section.item)

    def _shape_of_object(self, item: ItemPage | None) -> Shape | None:
        operation = self._operations.get(item.operation) if item is not None and item.operation else None
        return None if operation is None else operation.response

    def faults(self) -> Iterator[Fault]:
        yield from (f"section {self._section.name}: {fault}" for fault in self._unnamed())

    def _unnamed(self) -> Iterator[Fault]:
        actions = [*self._section.actions, *([] if self._item is None else self._item.actions)]
        if len({action.name for action in actions}) < len(actions):
            yield "two actions have the same name"
        for block in self._section.blocks:
            yield from _of(block.title, self._block(block, frozenset()))
        if self._item is not None:
            yield from self._page(self._item)
            for name, part in self._item.parts.items():
                yield from _of(name, self._part(part))
            for block in self._item.blocks:
                yield from _of(block.title, self._block(block, self._keys))
        in_rows = {name for block in self._blocks() if isinstance(block, Table) for name in block.actions}
        for action in actions:
            keyed = action.name in in_rows or action not in self._section.actions
            yield from _of(action.name, self._action(action, keyed=keyed))

    def _blocks(self) -> Iterator[Block]:
        yield from self._section.blocks
        if self._item is not None:
            yield from self._item.blocks

    def _page(self, item: ItemPage) -> Iterator[Fault]:
        if item.operation is not None:
            operation = self._operations.get(item.operation)
            if operation is None or not operation.reads:
                yield f"there is no operation {item.operation} that reads"
                return
            if set(operation.keys) != self._keys:
                yield f"the keys of its objects are not the path parameters of {item.operation}"
        if item.title not in self._keys and shape_at(self._object, item.title) is None:
            yield f"its objects have no field {item.title}"

    def _part(self, part: Part) -> Iterator[Fault]:
        operation = self._operations.get(part.operation)
        if operation is None or not operation.reads:
            yield f"there is no operation {part.operation} that reads"
            return
        yield from self._given(operation, part.given, self._keys)
        if part.rows is not None and rows_at(operation.response, part.rows) is None:
            yield f"{operation.name} returns no list {part.rows}"

    def _given(self, operation: AdminOperation, given: Mapping[str, str], keys: frozenset[str]) -> Iterator[Fault]:
        for parameter, field in given.items():
            if not operation.takes(parameter) and parameter not in operation.keys:
                yield f"{operation.name} has no parameter {parameter}"
            if field not in keys and (not keys or shape_at(self._object, field) is None):
                yield f"its page has no object with the field {field}"
        for parameter in sorted({*operation.keys} - given.keys() - keys):
            yield f"nothing gives the path parameter {parameter} of {operation.name}"

    def _block(self, block: Block, keys: frozenset[str]) -> Iterator[Fault]:
        operation = self._operations.get(block.operation)
        if operation is None or not operation.reads:
            yield f"there is no operation {block.operation} that reads"
            return
        yield from self._given(operation, {} if isinstance(block, Chart) else block.given, keys)
        if isinstance(block, Facts):
            yield from self._columns(operation.response, block.fields, operation)
            return
        yield from (f"{operation.name} has no parameter {name}" for name in block.fixed if not operation.takes(name))
        row = rows_at(operation.response, block.rows)
        if row is None:
            yield f"{operation.name} returns no list {block.rows}"
        elif isinstance(block, Chart):
            names = (TIME, *(series.name for series in block.series))
            yield from (f"{operation.name} returns no field {name}" for name in names if shape_at(row, name) is None)
        else:
            yield from self._table(block, operation, row, keys)

    def _table(self, table: Table, operation: AdminOperation, row: Shape, keys: frozenset[str]) -> Iterator[Fault]:
        yield from self._columns(row, table.columns, operation)
        filters = [*table.filters, *([] if table.search is None else [table.search])]
        names = [*(each.name for each in filters), *([SORT] if table.sorts else [])]
        for name in names:
            if not operation.takes(name):
                yield f"{operation.name} has no parameter {name}"
            elif name in keys or name in table.given or name in table.fixed:
                yield f"the parameter {name} is given, and cannot be chosen"
        actions = {action.name: action for action in self._every_action()}
        for name in table.actions:
            if name not in actions:
                yield f"there is no action {name}"
            elif (known := self._operations.get(actions[name].operation)) is not None:
                missing = (key for key in known.keys if key not in keys and shape_at(row, key) is None)
                yield from (f"its rows have no field {key}, which {name} needs" for key in missing)
                unknown = (field for field in actions[name].when if shape_at(row, field) is None)
                yield from (f"its rows have no field {field}, on which {name} depends" for field in unknown)

    def _has(self, name: str) -> bool:
        """Whether objects have this field, or it is a field of a part of their page."""
        first, _, rest = name.partition(".")
        part = None if self._item is None else self._item.parts.get(first)
        if part is None:
            return shape_at(self._object, name) is not None
        operation = self._operations.get(part.operation)
        response = None if operation is None else operation.response
        return shape_at(response if part.rows is None else rows_at(response, part.rows), rest) is not None

    def _every_action(self) -> Iterator[Action]:
        yield from self._section.actions
        if self._item is not None:
            yield from self._item.actions

    def _columns(self, shape: Shape | None, columns: Iterable[Column], operation: AdminOperation) -> Iterator[Fault]:
        for column in columns:
            if shape_at(shape, column.name) is None:
                yield f"{operation.name} returns no field {column.name}"
            if column.link is not None:
                yield from self._link(shape, column.link, column.keys)

    def _link(self, shape: Shape | None, link: str, keys: Mapping[str, str]) -> Iterator[Fault]:
        section = self._sections.get(link)
        if section is None or section.item is None:
            yield f"there is no section {link} with pages of objects"
        elif {*section.item.keys} != keys.keys():
            yield f"a link to {link} needs its keys: {', '.join(section.item.keys)}"
        yield from (
            f"a link is made from a field {name}, which there is not"
            for name in keys.values()
            if shape_at(shape, name) is None
        )

    def _action(self, action: Action, *, keyed: bool) -> Iterator[Fault]:
        operation = self._operations.get(action.operation)
        if operation is None:
            yield f"there is no operation {action.operation}"
            return
        if operation.reads and not action.download:
            yield f"{operation.name} changes nothing"
        if operation.keys and not keyed:
            yield f"nothing gives the path parameters of {operation.name}"
        fields, inputs = parameters_of(operation.fields), [given.name for given in action.inputs]
        yield from (f"{operation.name} has no field {name}" for name in inputs if name not in fields)
        if operation.fields is not None:
            required = (name for name, field in operation.fields.model_fields.items() if field.is_required())
            yield from (f"{operation.name} requires {name}" for name in required if name not in inputs)
        if keyed and action not in self._section.actions:
            yield from (f"its objects have no key {key}" for key in operation.keys if key not in self._keys)
            yield from (f"its objects have no field {name}" for name in action.when if not self._has(name))
        yield from self._columns(operation.response, action.result, operation)


def _of(title: str, faults: Iterable[Fault]) -> Iterator[Fault]:
    return (f"{title}: {fault}" for fault in faults)
