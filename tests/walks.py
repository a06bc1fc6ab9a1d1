"""Reading lists by cursor, page by page."""

from collections.abc import AsyncGenerator, Sequence
from itertools import cycle
from typing import Any

from tests.factories import Creator

type Asked = Sequence[tuple[str, object]]


def order_of(sort: str, order: str) -> Asked:
    return [("sort", sort), ("order", order)]


async def page_of(creator: Creator, asked: Asked, cursor: str, limit: int) -> dict[str, Any]:
    answer = await creator.list([*asked, ("limit", limit), ("cursor", cursor)])
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    assert list(page) == ["items", "total", "limit", "offset", "has_more", "next_cursor"]
    assert (page["limit"], page["offset"]) == (limit, 0)
    assert page["has_more"] == (page["next_cursor"] is not None)
    assert len(page["items"]) == limit or not page["has_more"]
    return page


async def walk(creators: Sequence[Creator], asked: Asked, cursor: str = "") -> AsyncGenerator[dict[str, Any]]:
    """Reads pages of several sizes, alternately at several applications."""
    there = cycle(creators)
    for limit in cycle((1, 3, 2, 5)):
        page = await page_of(next(there), asked, cursor, limit)
        yield page
        if page["next_cursor"] is None:
            return
        cursor = page["next_cursor"]


async def first_cursor(creator: Creator, asked: Asked = (), limit: int = 1) -> str:
    cursor: str = (await page_of(creator, asked, "", limit))["next_cursor"]
    return cursor
