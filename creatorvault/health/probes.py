"""Probes of the database for readiness and `check`, each in one statement and as most requests use the database."""

import asyncio
from collections.abc import Sequence
from contextvars import Context
from time import monotonic
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from creatorvault.core.database.migrations import APPLIED, HISTORY, Standing, is_known, standing
from creatorvault.core.database.prepared_statements import PreparedStatementsProbe
from creatorvault.core.database.statements import Row, Statements
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.ideas.statements.reads import ONE
from creatorvault.settings.sections import DatabaseSettings

DEADLINE_SECONDS: Final = 2.0
WRITES_APART_SECONDS: Final = 5.0

READ_ONLY: Final = "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean"
# An upgrade creates it; without it no event can be recorded, and no action that requires an event is possible.
AUDIT_KEY: Final = "SELECT EXISTS (SELECT FROM keys.audit_keys)"
# Keys are dumped separately from data: a restore may have restored one without the other.
VAULT_KEYS: Final = "SELECT to_regclass('keys.vault_keys') IS NOT NULL"
WRITE: Final = "SELECT probe_write()"
NOBODY: Final = UUID(int=0)
SPREAD: Final = 8
"""Tenants to read of a cluster. Each is on one of its nodes."""


class Probes:
    """Uses a separate connection, configured like those of requests: if all of those are in use, the database may still
    be healthy.

    Every method raises ServiceUnavailable for transient errors, and the driver's exceptions otherwise.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        self._tenants = [UUID(int=number) for number in range(SPREAD if settings.distributed else 1)]
        pool_size = len(self._tenants)
        self._statements = Statements(replace(settings, pool_size=pool_size, answer_seconds=DEADLINE_SECONDS))
        self._reads: dict[UUID, asyncio.Task[Sequence[Row]]] = {}
        self._kept = PreparedStatementsProbe(settings, DEADLINE_SECONDS)
        self._wrote_at = -WRITES_APART_SECONDS
        self._failed: Exception | None = None

    async def is_read_only(self) -> bool:
        """Whether the server is read-only: a standby, or set by an operator. It answers reads but stores nothing."""
        return await self._is(READ_ONLY)

    async def supports_prepared_statements(self) -> bool:
        """Checks with separate connections, and not on every call."""
        return await self._kept.are_kept()

    async def standing(self) -> Standing:
        applied = [revision for (revision,) in await self._statements.rows(APPLIED)]
        history = () if is_known(applied) else await self._statements.rows(HISTORY)
        return standing(applied, [(revision, oldest) for revision, oldest in history])

    async def has_keys(self) -> bool:
        return await self._is(VAULT_KEYS) and await self._is(AUDIT_KEY)

    async def read(self) -> None:
        """Reads an idea that does not exist: like creators' reads, through row-level security on the three tables.

        On a cluster one node that answers is enough: while another is down, only its tenants get 503. The other reads
        end by themselves, and the next probe takes those that have not. To cancel them would close their connections at
        every probe, and PgBouncer 1.18 may crash when many statements are cancelled.
        """
        for tenant in self._tenants:
            if tenant not in self._reads:
                self._begin_read(tenant)
        failed: list[ServiceUnavailable] = []
        for first in asyncio.as_completed(list(self._reads.values())):
            try:
                await first
            except ServiceUnavailable as error:
                failed.append(error)
            else:
                return
        raise failed[0]

    async def write(self) -> None:
        """Inserts a row that needs its own page, rolls it back, and commits; the result is cached for a few seconds."""
        if monotonic() - self._wrote_at >= WRITES_APART_SECONDS:
            self._failed = None
            try:
                await self._statements.changed(WRITE)
            except Exception as error:
                self._failed = error
                raise
            finally:
                self._wrote_at = monotonic()
        elif self._failed is not None:
            raise self._failed

    async def aclose(self) -> None:
        """Waits for reads that have not ended, for DEADLINE_SECONDS at most."""
        await asyncio.gather(*self._reads.values(), return_exceptions=True)
        await self._statements.close()

    def _begin_read(self, tenant: UUID) -> None:
        # In a new context: it may outlive the request.
        question = self._statements.rows(ONE, str(tenant), str(NOBODY), NOBODY)
        self._reads[tenant] = read = asyncio.create_task(question, context=Context())

        def end(read: asyncio.Task[Sequence[Row]]) -> None:
            del self._reads[tenant]
            if not read.cancelled():
                read.exception()  # perhaps nobody waits for it any more

        read.add_done_callback(end)

    async def _is(self, question: str) -> bool:
        ((answer,),) = await self._statements.rows(question)
        return bool(answer)
