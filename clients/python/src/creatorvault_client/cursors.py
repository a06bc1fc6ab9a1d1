"""Reads whole lists."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


async def every_item(
    fetch_page: Callable[[str], Awaitable[tuple[Sequence[Item], str | None]]],
) -> AsyncGenerator[Item, None]:
    """Yields the items of all pages of a list with `cursor`.

    `fetch_page` gets a cursor, empty for the first page, and returns the items and `next_cursor`.
    """
    cursor: str | None = ""
    while cursor is not None:
        items, cursor = await fetch_page(cursor)
        for item in items:
            yield item
