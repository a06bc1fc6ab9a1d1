"""Rotates the keys of all vaults, of one tenant or of one vault, and goes on where a run was interrupted."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple

from creatorvault.core.database.sessions import Database, run
from creatorvault.core.identifiers import KeyVersion, VaultId
from creatorvault.key_management.findings import Finding, Report, Unusable, problem_of
from creatorvault.key_management.installation import Installation, RunningLock
from creatorvault.key_management.scopes import Scope, vaults_in
from creatorvault.key_management.statements.keys import BEGIN, FINISH, UNFINISHED
from creatorvault.key_management.vault_rotation import Pace, VaultRotation
from creatorvault.key_management.verification import Verification


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
    before may still have to read them, or be storing a value under them.
    """

    def __init__(
        self,
        place: Installation,
        pace: Pace,
        grace_seconds: float,
        report: Report,
        done: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`done` receives the number of rows of each batch."""
        self._operators = place.operators
        self._rotation = VaultRotation(place, pace, report, done)
        self._verification = Verification(place, report)
        self._grace = grace_seconds
        self._report = report
        self._result = RotationResult()

    async def rotate(self, scope: Scope, lock: RunningLock) -> RotationResult:
        """Raises ServiceUnavailable and LockLost; it can be repeated then."""
        rotation_id, started_at = await _started(self._operators, scope)
        await self.rotate_since(started_at, scope, lock)
        if rotation_id is not None:
            async with self._operators.writing() as session:
                await run(session, FINISH, rotation_id, datetime.now(UTC))
        return self._result

    async def rotate_since(
        self, started_at: datetime, scope: Scope, lock: RunningLock, vault_done: Callable[[], None] = lambda: None
    ) -> None:
        """Replaces the keys that were made before `started_at`. Raises as `rotate`."""
        waiting = deque[_Waiting]()
        async for vault in vaults_in(self._operators, scope):
            await lock.check()
            if (due := await self._rotated(vault, started_at)) is not None:
                waiting.append(due)
            vault_done()
            while waiting and waiting[0].since + self._grace <= time.monotonic():
                await self._retire(waiting.popleft())
        while waiting:
            await asyncio.sleep(max(0.0, waiting[0].since + self._grace - time.monotonic()))
            await lock.check()
            await self._retire(waiting.popleft())

    async def _rotated(self, vault: VaultId, since: datetime) -> _Waiting | None:
        try:
            version = await self._rotation.make_key(vault, since)
            if version is None:
                self._result.skipped += 1
            elif await self._rotation.reseal(vault, version):
                self._result.rotated += 1
                return _Waiting(time.monotonic(), vault, version)
            else:
                self._result.left += 1
        except Unusable as error:
            self._left(vault, problem_of(error))
        return None

    async def _retire(self, due: _Waiting) -> None:
        """Seals again what was still being stored, and opens everything once more, as it is stored now."""
        try:
            while await self._rotation.reseal(due.vault, due.version) and await self._verification.is_sound(due.vault):
                retired = await self._rotation.retire(due.vault, due.version)
                if retired is not None:
                    self._result.retired += len(retired)
                    return
            self._result.left += 1
        except Unusable as error:
            self._left(due.vault, problem_of(error))

    def _left(self, vault: VaultId, problem: str) -> None:
        self._report(Finding(vault, "keys.vault_keys", "", problem))
        self._result.left += 1


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
