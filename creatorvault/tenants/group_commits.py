"""Commits changes of one vault together when they arrive faster than the disk confirms them.

Every change locks the vault's row until its commit is on disk, so changes of a vault are committed one after the other,
and each waits for the disk. Those that arrive meanwhile are collected here, and then sent in one transaction.
"""

import asyncio
from collections.abc import Sequence
from contextvars import Context
from typing import Final, NamedTuple

import asyncpg

from creatorvault.core.database.statements import Change, Row, Statements
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import VaultId
from creatorvault.core.waiting.deadlines import Waiting

AT_ONCE: Final = 32
"""Changes in one transaction: other processes wait for the vault's row meanwhile."""

type Rows = Sequence[Row]


class Pending(NamedTuple):
    change: Change
    result: asyncio.Future[Rows]


class GroupCommits:
    """One per process, for one event loop. A change that meets no other is a single statement."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._waiting: dict[VaultId, list[Pending]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """The number of vaults that are being changed."""
        return len(self._waiting)

    async def changed(self, vault: VaultId, statement: str, *arguments: object) -> Rows:
        """Executes a change of the vault, which is committed on return. Raises as `Statements.changed`."""
        waiting = self._waiting.get(vault)
        if waiting is not None:
            return await self._collected(waiting, Change(statement, arguments))
        self._waiting[vault] = []
        try:
            return await self._statements.changed(statement, *arguments)
        finally:
            self._go_on(vault)

    async def aclose(self) -> None:
        await asyncio.gather(*self._tasks)

    async def _collected(self, waiting: list[Pending], change: Change) -> Rows:
        """If the request ends before its change is sent, the change is withdrawn; else it may or may not be stored."""
        pending = Pending(change, asyncio.get_running_loop().create_future())
        waiting.append(pending)
        try:
            async with Waiting(self._statements.answer_seconds):
                return await pending.result
        except TimeoutError:
            raise ServiceUnavailable from None
        finally:
            if pending in waiting:
                waiting.remove(pending)

    def _go_on(self, vault: VaultId) -> None:
        if not self._waiting[vault]:
            del self._waiting[vault]
            return
        # In a new context: it belongs to no request.
        task = asyncio.create_task(self._send(vault), context=Context())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, vault: VaultId) -> None:
        waiting = self._waiting[vault]
        group = waiting[:AT_ONCE]
        del waiting[:AT_ONCE]
        try:
            if len(group) == 1 or not await self._sent_together(group):
                for pending in group:
                    await self._sent_alone(pending)
        finally:
            self._go_on(vault)

    async def _sent_together(self, group: Sequence[Pending]) -> bool:
        """Returns False if the database has refused one of the changes. Then none of them is stored."""
        try:
            results = await self._statements.changed_together([pending.change for pending in group])
        except asyncpg.PostgresError:
            return False
        except ServiceUnavailable as error:
            for pending in group:
                _fail(pending, error)
        else:
            for pending, row in zip(group, results, strict=True):
                if not pending.result.done():
                    pending.result.set_result([row])
        return True

    async def _sent_alone(self, pending: Pending) -> None:
        try:
            rows = await self._statements.changed(pending.change.statement, *pending.change.arguments)
        except (asyncpg.PostgresError, ServiceUnavailable) as error:
            _fail(pending, error)
        else:
            if not pending.result.done():
                pending.result.set_result(rows)


def _fail(pending: Pending, error: Exception) -> None:
    if not pending.result.done():
        pending.result.set_exception(error)
