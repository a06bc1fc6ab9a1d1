"""Operations on notices, /api/v1/admin/notices."""

import asyncio
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

from litestar import Controller, Request

from creatorvault.admin.scopes import Scope
from creatorvault.core.errors import CreatorVaultError, NotFound, ServiceUnavailable, TooManyRequests
from creatorvault.core.http.handlers import delete, get, post
from creatorvault.core.http.inputs import Body, Path, Query
from creatorvault.core.http.streaming import StreamedResponse, StreamLimits
from tests.console.notices.schemas import NoticeCreate, NoticeList, NoticePath, NoticeQuery, NoticeResponse

NOTICES: Final[dict[int, NoticeResponse]] = {}
UNAVAILABLE: Final = "unavailable"
BUSY: Final = "busy"
PERCENT: Final = "100 % <b>full</b>"

NOW: Final = datetime(2026, 11, 30, tzinfo=UTC)


class NoticeConflict(CreatorVaultError):
    status = HTTPStatus.CONFLICT
    code = "notice_conflict"


def has_all(notice: NoticeResponse, asked: NoticeQuery) -> bool:
    return (
        (asked.q is None or notice.text.startswith(asked.q))
        and (asked.shown is None or notice.shown == asked.shown)
        and all(color in notice.colors for color in asked.colors)
        and (asked.since is None or (notice.since is not None and notice.since >= asked.since))
    )


class NoticeController(Controller):
    path = "/api/v1/admin/notices"

    @get("/", operator=Scope.READ)
    async def list_notices(self, asked: Query[NoticeQuery]) -> NoticeList:
        if asked.q == UNAVAILABLE:
            raise ServiceUnavailable(retry_after=7)
        found = [notice for notice in NOTICES.values() if has_all(notice, asked)]
        found.sort(key=lambda notice: getattr(notice, asked.sort))
        page = found[asked.offset : asked.offset + asked.limit]
        more = len(found) > asked.offset + len(page)
        return NoticeList(items=page, total=len(found), limit=asked.limit, offset=asked.offset, has_more=more)

    @get("/{number:str}", operator=Scope.READ)
    async def get_notice(self, path: Path[NoticePath]) -> NoticeResponse:
        if path.number not in NOTICES:
            raise NotFound("There is no such notice")
        return NOTICES[path.number]

    @post("/", operator=Scope.MANAGE)
    async def create_notice(self, given: Body[NoticeCreate]) -> NoticeResponse:
        if given.text == BUSY:
            raise TooManyRequests(retry_after=9)
        if given.text == PERCENT:
            raise NoticeConflict(f"This is {PERCENT}")
        number = max(NOTICES, default=0) + 1
        NOTICES[number] = NoticeResponse(
            number, given.text, given.level, [*given.colors], given.since, given.shown, {"by": "<b>Olga</b>"}, NOW
        )
        return NOTICES[number]

    @delete("/{number:str}", status_code=200, operator=Scope.MANAGE)
    async def remove_notice(self, path: Path[NoticePath]) -> NoticeResponse:
        if path.number not in NOTICES:
            raise NotFound("There is no such notice")
        return NOTICES.pop(path.number)

    @get("/file", operator=Scope.READ)
    async def download_notices(self, request: Request[Any, Any, Any], asked: Query[NoticeQuery]) -> StreamedResponse:
        async def lines() -> AsyncGenerator[bytes]:
            for notice in NOTICES.values():
                await asyncio.sleep(0.001)  # meanwhile it is noticed if the browser has gone
                if has_all(notice, asked):
                    yield notice.text.encode() + b"\n"

        if asked.q == UNAVAILABLE:
            raise ServiceUnavailable(retry_after=7)
        named = {} if asked.q is None else {"Content-Disposition": 'attachment; filename="notices.txt"'}
        return StreamedResponse(lines(), "text/plain; charset=utf-8", named, StreamLimits(60, 60))
