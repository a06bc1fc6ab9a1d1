"""Request and response schemas of notices."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

import msgspec
from pydantic import AwareDatetime, Field

from creatorvault.core.http.paging import PageQuery
from creatorvault.core.http.schemas import Prose, RequestModel

PROSE: Prose = {"number": ("Its number.", 1)}


class NoticePath(RequestModel):
    described: ClassVar[Prose] = PROSE

    number: int


class NoticeQuery(PageQuery):
    q: str | None = None
    shown: bool | None = None
    colors: list[Literal["red", "blue"]] = []
    since: AwareDatetime | None = None
    sort: Literal["number", "text"] = "number"

    repeatable = frozenset({"colors"})


class NoticeCreate(RequestModel):
    described: ClassVar[Prose] = PROSE

    text: Annotated[str, Field(max_length=20)]
    level: Annotated[int, Field(ge=1, le=3)]
    colors: Annotated[list[Literal["red", "blue"]], Field(min_length=1)]
    since: AwareDatetime | None = None
    shown: bool = False


class NoticeResponse(msgspec.Struct):
    described: ClassVar[Prose] = PROSE

    number: int
    text: str
    level: int
    colors: list[str]
    since: datetime | None
    shown: bool
    about: dict[str, str]
    at: datetime


class NoticeList(msgspec.Struct):
    described: ClassVar[Prose] = PROSE

    items: list[NoticeResponse]
    total: int
    limit: int
    offset: int
    has_more: bool
