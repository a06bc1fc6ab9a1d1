"""What templates show of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from creatorvault.console.calling import OperationRefused
from creatorvault.console.forms import Control, FieldError
from creatorvault.core.console.declarations import Chart, Column


class BlockKind(StrEnum):
    TABLE = "table"
    FACTS = "facts"
    CHART = "chart"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """A value of a response, which is shown as its column says. `href` is None if it is no link."""

    column: Column
    value: object
    href: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLink:
    """`about` names the object of an action in a row, for people who do not see the row around it."""

    name: str
    label: str
    href: str
    dangerous: bool
    about: object = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    cells: Sequence[Cell]
    actions: Sequence[ActionLink]


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """`refused` is why there is nothing to show. `href` is the page's address, with which a browser refreshes it."""

    id: str
    kind: BlockKind
    title: str
    href: str
    refresh_seconds: int | None = None
    refused: OperationRefused | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBlock(Block):
    """`total` is None for a list without pages. The form with `controls` sends its `hidden` values too. `clear_href`
    shows the list without what was chosen, and is None if nothing was. `errors` are of none of the controls.
    """

    kind: BlockKind = BlockKind.TABLE
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    empty: str = ""
    total: int | None = None
    controls: Sequence[Control] = ()
    hidden: Sequence[tuple[str, str]] = ()
    form_path: str = ""
    errors: Sequence[FieldError] = ()
    clear_href: str | None = None
    first_href: str | None = None
    next_href: str | None = None

    @property
    def has_actions(self) -> bool:
        return any(row.actions for row in self.rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsBlock(Block):
    kind: BlockKind = BlockKind.FACTS
    cells: Sequence[Cell] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartBlock(Block):
    chart: Chart
    kind: BlockKind = BlockKind.CHART
    rows: Sequence[dict[str, object]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`notice` is the message of the action that was done. `up_href` is the address of an object's section."""

    section: str
    title: object
    blocks: Sequence[Block]
    actions: Sequence[ActionLink]
    notice: str | None
    up_href: str | None = None

    @property
    def status(self) -> int:
        """That of the first block which could not be shown for a reason other than that there is nothing."""
        for block in self.blocks:
            if block.refused is not None and not (block.kind is BlockKind.FACTS and block.refused.status == 404):
                return int(block.refused.status)
        return 200
