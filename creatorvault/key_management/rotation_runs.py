"""Rotates the keys of all vaults, of one tenant or of one vault, and goes on where a run was interrupted."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, NamedTuple
from uuid import UUID

from creatorvault.core.database.sessions import Database, run
from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import KeyVersion, TenantId, UserId, VaultId
from creatorvault.key_management.findings import Finding, Report
from creatorvault.key_management.installation import Installation, RunningLock
from creatorvault.key_management.opening import said
from creatorvault.key_management.statements.keys import BEGIN, FINISH, SUMMED, UNFINISHED, VAULTS
from creatorvault.key_management.vault_rotation import Pace, VaultRotation

AT_ONCE: Final = 500
BEGINNING: Final = VaultId(TenantId(UUID(int=0)), UserId(""))


class Scope(NamedTuple):
    """All vaults, those of a tenant, or one."""

    tenant_id: UUID | None = None
    user_id: str | None = None


@dataclass(slots=True)
class RotationResult:
    """`left` counts vaults whose earlier keys stay, each with a finding, `skipped` those that were erased."""

    rotated: int = 0
    retired: int = 0
    left: int = 0
    skipped: int = 0


class _Waiting(NamedTuple):
    since: float
    vault: VaultId
    version: KeyVersion


class RotationRun:
    """Keys are destroyed `grace_seconds` after their vault's last row was sealed with a newer one: a request that began
    before may still have to read them.
    """

    def __init__(self, place: Installation, pace: Pace, grace_seconds: float, report: Report) -> None:
        self._place = place
        self._pace = pace
        self._grace = grace_seconds
        self._report = report

    async def rotate(
        self, scope: Scope, lock: RunningLock, done: Callable[[int], None] = lambda _: None
    ) -> RotationResult:
        """`done` receives the number of rows of each batch.

        Raises ServiceUnavailable and LockLost; it can be repeated then.
        """
        operators = self._place.operators
        rotation_id, started_at = await _started(operators, scope)
        rotation = VaultRotation(self._place, self._pace, self._report, done)
        result, waiting = RotationResult(), deque[_Waiting]()
        async for vault in vaults_in(operators, scope):
            await lock.check()
            await self._rotate(rotation, vault, started_at, result, waiting)
            while waiting and waiting[0].since + self._grace <= time.monotonic():
                await self._retire(rotation, waiting.popleft(), result)
        while waiting:
            await asyncio.sleep(max(0.0, waiting[0].since + self._grace - time.monotonic()))
            await lock.check()
            await self._retire(rotation, waiting.popleft(), result)
        if rotation_id is not None:
            async with operators.writing() as session:
                await run(session, FINISH, rotation_id, datetime.now(UTC))
        return result

    async def _rotate(
        self,
        rotation: VaultRotation,
        vault: VaultId,
        since: datetime,
        result: RotationResult,
        waiting: deque[_Waiting],
    ) -> None:
        try:
            version = await rotation.make_key(vault, since)
            if version is None:
                result.skipped += 1
            elif await rotation.reseal(vault, version):
                result.rotated += 1
                waiting.append(_Waiting(time.monotonic(), vault, version))
            else:
                result.left += 1
        except Alert as alert:
            self._left(vault, alert, result)

    async def _retire(self, rotation: VaultRotation, due: _Waiting, result: RotationResult) -> None:
        try:
            result.retired += len(await rotation.retire(due.vault, due.version))
        except Alert as alert:
            self._left(due.vault, alert, result)

    def _left(self, vault: VaultId, alert: Alert, result: RotationResult) -> None:
        self._report(Finding(vault, "keys.vault_keys", "", said(alert)))
        result.left += 1


async def vaults_in(operators: Database, scope: Scope) -> AsyncGenerator[VaultId]:
    """Yields the vaults that have a key, in order."""
    after = BEGINNING
    while True:
        async with operators.reading() as session:
            rows = await run(session, VAULTS, after.tenant_id, after.user_id, *scope, AT_ONCE)
        for tenant_id, user_id, *_ in rows:
            yield VaultId(tenant_id, user_id)
        if len(rows) < AT_ONCE:
            return
        after = VaultId(*rows[-1][:2])


async def size_of(operators: Database, scope: Scope) -> tuple[int, int]:
    """Returns the numbers of vaults and of ideas."""
    async with operators.reading() as session:
        [(vaults, ideas)] = await run(session, SUMMED, *scope)
    return vaults, ideas


async def _started(operators: Database, scope: Scope) -> tuple[int | None, datetime]:
    """Returns the run that was interrupted, or a new one. A run for one vault is not recorded."""
    now = datetime.now(UTC)
    if scope.user_id is not None:
        return None, now
    async with operators.writing() as session:
        unfinished = await run(session, UNFINISHED, scope.tenant_id)
        if unfinished:
            rotation_id, started_at = unfinished[0]
            return rotation_id, started_at
        [(rotation_id,)] = await run(session, BEGIN, scope.tenant_id, now)
    return rotation_id, now
