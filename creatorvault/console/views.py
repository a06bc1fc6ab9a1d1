"""What templates show of a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from creatorvault.console.calling import OperationRefused
from creatorvault.console.forms import Control, FormError
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
    """If it was `refused` there is nothing to show, for a `reason` in the language of the page. `href` is the page's
    address, with which a browser refreshes the block.
    """

    id: str
    kind: BlockKind
    title: str
    href: str
    refresh_seconds: int | None = None
    refused: OperationRefused | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBlock(Block):
    """`total` is None for a list without pages. The form with `controls` sends its `hidden` values too. `clear_href`
    shows the list without what was chosen, and is None if nothing was.
    """

    kind: BlockKind = BlockKind.TABLE
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    empty: str = ""
    total: int | None = None
    controls: Sequence[Control] = ()
    hidden: Sequence[tuple[str, str]] = ()
    form_path: str = ""
    errors: Sequence[FormError] = ()
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
    """`notice` is the message of the action that was done. `up_href` is the address of an object's section. A page
    `is_partial` if a script has asked for one of its blocks.
    """

    title: str
    blocks: Sequence[Block]
    actions: Sequence[ActionLink]
    notice: str
    object_title: str = ""
    up_href: str = ""
    is_partial: bool = False

    @property
    def status(self) -> HTTPStatus:
        """That of the first block which could not be shown, but there may be nothing to show about an object.

        A script puts into the page only what is no error: so it gets the block with the reason.
        """
        for block in () if self.is_partial else self.blocks:
            if block.refused is not None and block.refused.status != HTTPStatus.NOT_FOUND:
                return block.refused.status
        return HTTPStatus.OK

    @property
    def errors(self) -> list[FormError]:
        return [error for block in self.blocks if isinstance(block, TableBlock) for error in block.errors]
