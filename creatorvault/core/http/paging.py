"""Pages of lists, by offset or by cursor: query parameters, the page itself, and their documentation."""

from collections.abc import Sequence
from typing import Annotated, Final, NamedTuple, Self, TypedDict

from msgspec import UnsetType
from pydantic import AfterValidator, Field, ValidationError, WithJsonSchema, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from creatorvault.core.errors import RequestInvalid
from creatorvault.core.http.schemas import Prose, RequestModel

FARTHEST: Final = 2**31 - 1
CURSOR_LENGTH: Final = 2304
"""The longest issued cursor has 2,264 characters: with the id of a user, 255 control characters, a position is 1,605
bytes of JSON, 1,664 padded, and 1,698 in its envelope. The longest of a list of ideas has 1,752.
"""
CURSOR_INVALID: Final = "cursor_invalid"
WRONG_CURSOR: Final = "The cursor does not belong to this list: start again with an empty cursor"

PAGE: Final[Prose] = {
    "limit": ("Maximum number of items per page.", 20),
    "offset": ("Number of matches before this page.", 0),
}
PAGE_QUERY: Final[Prose] = {
    **PAGE,
    "cursor": (
        "Position of the page, independent of concurrent writes: empty for the first page, then the `next_cursor` "
        "of the previous page, with the same filters and order. Cannot be combined with `offset`.",
        "",
    ),
}
MORE: Final[Prose] = {
    **PAGE,
    "has_more": ("Whether more items follow this page.", False),
    "next_cursor": (
        "The `cursor` of the next page; null on the last page. Only in responses to a request with a cursor.",
        None,
    ),
}
TOTAL: Final[Prose] = {"total": ("Number of matches on all pages.", 1), **MORE}

LIMIT_TOO_HIGH: Final = RequestInvalid(
    [
        {
            "type": "less_than_equal",
            "loc": ("query", "limit"),
            "msg": "Input should be less than or equal to 100",
            "input": "1000",
            "ctx": {"le": 100},
        }
    ]
)


class CursorInvalid(RequestInvalid):
    """Not a cursor of this list: it is for another caller, tenant or query, altered, or sealed with a missing key.

    The error does not reveal which.
    """

    def __init__(self) -> None:
        super().__init__([{"type": CURSOR_INVALID, "loc": ("query", "cursor"), "msg": WRONG_CURSOR}])


def _possible_cursor(cursor: str) -> str:
    """Refuses a text that is longer than any issued cursor, like any other invalid cursor."""
    if len(cursor) > CURSOR_LENGTH:
        raise PydanticCustomError(CURSOR_INVALID, WRONG_CURSOR)
    return cursor


Cursor = Annotated[
    str, AfterValidator(_possible_cursor), WithJsonSchema({"type": "string", "maxLength": CURSOR_LENGTH})
]


class PageQuery(RequestModel):
    """Base class of filters, which precede the cursor: `class EventQuery(ListQuery, EventFilters)`."""

    described = PAGE

    limit: int = Field(default=20, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=FARTHEST)


class ListQuery(PageQuery):
    """Selects a page by `offset` or, if `cursor` is not None, by cursor.

    As the first base class of a query it adds `cursor` as the last field: generated clients that pass parameters by
    position must not break.
    """

    described = PAGE_QUERY
    private = frozenset({"cursor"})

    cursor: Cursor | None = None

    @property
    def rows_wanted(self) -> int:
        """The page size; with a cursor one more, which tells whether another page follows."""
        return self.limit if self.cursor is None else self.limit + 1

    @model_validator(mode="after")
    def _pages_one_way(self) -> Self:
        refuse_offset_beside_cursor(type(self).__name__, self.offset, self.cursor)
        return self


def refuse_offset_beside_cursor(model: str, offset: int, cursor: str | None) -> None:
    """Raises ValidationError, of the field `offset`: an error of the whole model would name no field."""
    if cursor is None or not offset:
        return
    message = "Input should be 0 beside a cursor, which says itself where the page begins"
    error = PydanticCustomError("offset_beside_cursor", message)
    wrong = InitErrorDetails(type=error, loc=("offset",), input=str(offset))
    raise ValidationError.from_exception_data(model, [wrong])


class PageFields(TypedDict):
    """What every list says of its page, beside its items."""

    total: int
    limit: int
    offset: int
    has_more: bool
    next_cursor: str | UnsetType | None


class Page[RowT](NamedTuple):
    """`total` counts all pages. `next_cursor` is None on the last page, and UNSET if the query has no cursor."""

    rows: Sequence[RowT]
    total: int
    has_more: bool
    next_cursor: str | UnsetType | None

    def fields(self, query: PageQuery) -> PageFields:
        return PageFields(
            total=self.total,
            limit=query.limit,
            offset=query.offset,
            has_more=self.has_more,
            next_cursor=self.next_cursor,
        )
