"""Pagination by offset: query parameters and their documentation."""

from typing import Final

from pydantic import Field

from creatorvault.core.errors import RequestInvalid
from creatorvault.core.http.schemas import Prose, RequestModel

FARTHEST: Final = 2**31 - 1

PAGE: Final[Prose] = {
    "limit": ("Maximum number of items per page.", 20),
    "offset": ("Number of matches before this page.", 0),
}
TOTAL: Final[Prose] = {"total": ("Number of matches on all pages.", 1), **PAGE}

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


class PageQuery(RequestModel):
    described = PAGE

    limit: int = Field(default=20, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=FARTHEST)
