"""Detects many refused tokens from one address. Records one event per address and minute, not one per token."""

import asyncio
import time
from http import HTTPStatus
from typing import Final

from litestar.types import HTTPScope

from creatorvault.audit.chain import SERVICE
from creatorvault.audit.services import AuditLog
from creatorvault.core.database.sessions import Database
from creatorvault.core.errors import CreatorVaultError
from creatorvault.core.limits.client_addresses import ClientAddresses
from creatorvault.core.lru import LRU
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.core.telemetry.request_context import RequestContext
from creatorvault.settings.sections import Settings

log = get_logger(__name__)

MINUTE: Final = 60
REMEMBERED: Final = 10_000
REFUSED: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.TOO_MANY_REQUESTS})


class AuthFailures:
    """One per process, which counts for itself. The least recently seen addresses are evicted first."""

    def __init__(self, settings: Settings, database: Database, audit: AuditLog) -> None:
        self._threshold = settings.audit.refused_tokens
        self._addresses = ClientAddresses(settings.limits.trusted_proxies)
        self._database = database
        self._audit = audit
        self._counts = LRU[tuple[str, int], int](REMEMBERED)
        self._writing: set[asyncio.Task[None]] = set()

    def saw(self, context: RequestContext) -> None:
        """Processes a request that was refused with one of REFUSED."""
        if context.caller is None and _has_token(context.scope):
            self._count(context.scope)

    async def aclose(self) -> None:
        await asyncio.gather(*self._writing)

    def _count(self, scope: HTTPScope) -> None:
        name = self._addresses.bucket(scope), int(time.time()) // MINUTE
        count = (self._counts.peek(name) or 0) + 1
        self._counts.put(name, count)
        if count == self._threshold:
            task = asyncio.create_task(self._write(scope))
            self._writing.add(task)
            task.add_done_callback(self._writing.discard)

    async def _write(self, scope: HTTPScope) -> None:
        try:
            async with self._database.writing(SERVICE) as session:
                recorder = self._audit.recorder("service", scope)
                await recorder.record(session, SERVICE, "tokens.refused", outcome="refused", count=str(self._threshold))
        except CreatorVaultError as error:
            log.warning("audit.lost", error=type(error).__name__)


def _has_token(scope: HTTPScope) -> bool:
    return any(name == b"authorization" for name, _ in scope["headers"])
