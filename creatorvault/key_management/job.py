"""The job of a rotation that an operator has asked for. It goes on where it was interrupted."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Final

import msgspec

from creatorvault.core.background.declarations import JobKind, JobPlace
from creatorvault.core.background.progress import storing_progress
from creatorvault.core.database.sealed_data import ProtectedData
from creatorvault.core.database.sessions import Database, run
from creatorvault.core.parts import Parts
from creatorvault.key_management.errors import AlreadyRunning
from creatorvault.key_management.findings import Finding, alarm
from creatorvault.key_management.installation import Installation, RunningLock, installation
from creatorvault.key_management.root_rotation import RootRotation
from creatorvault.key_management.rotation_runs import RotationRun
from creatorvault.key_management.schemas import KeyProblem
from creatorvault.key_management.scopes import Scope, size_of
from creatorvault.key_management.statements.keys import FINISH
from creatorvault.key_management.statements.rotations import ADVANCE, REQUESTED, TO_WRAP
from creatorvault.key_management.vault_rotation import Pace
from creatorvault.settings.sections import Settings

KIND: Final = "key_management.rotate"
MOST_PROBLEMS: Final = 20
WAIT_SECONDS: Final = 2.0
"""Between attempts to begin while a command rotates keys."""


class RotationProgress:
    """Counts what a rotation has done since it was begun or went on. Its first findings are stored, and all logged."""

    def __init__(self, operators: Database, rotation_id: int, vaults_total: int, rows_total: int) -> None:
        self._operators = operators
        self._id = rotation_id
        self._vaults_total = vaults_total
        self._rows_total = rows_total
        self._vaults = self._rows = self._findings = 0
        self._problems = list[KeyProblem]()

    def vault_done(self) -> None:
        self._vaults += 1

    def rows_done(self, rows: int) -> None:
        self._rows += rows

    def report(self, finding: Finding) -> None:
        alarm(finding)
        self._findings += 1
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(KeyProblem.of(finding))

    async def store(self) -> None:
        """Raises ServiceUnavailable."""
        problems = msgspec.json.encode(self._problems).decode()
        counts = self._vaults, self._vaults_total, self._rows, self._rows_total, self._findings
        async with self._operators.writing() as session:
            await run(session, ADVANCE, self._id, datetime.now(UTC), *counts, problems)

    async def finish(self) -> None:
        """Raises ServiceUnavailable."""
        await self.store()
        async with self._operators.writing() as session:
            await run(session, FINISH, self._id, datetime.now(UTC))


async def run_rotation(parts: Parts, place: JobPlace) -> None:
    """Does nothing if the rotation is finished. Raises ServiceUnavailable, LockLost and NoOperatorsLogin."""
    rotation_id = place.subject_id.int
    async with installation(parts[Settings], parts[ProtectedData]) as command, AsyncExitStack() as stack:
        lock = await _locked(stack, command)
        async with command.operators.reading() as session:
            rows = await run(session, REQUESTED, rotation_id)
        if rows:
            root, tenant_id, started_at, actor = rows[0]
            of_operator = command.acting_as(actor)
            if root:
                await _rotate_root(of_operator, lock, rotation_id)
            else:
                await _rotate(of_operator, lock, rotation_id, Scope(tenant_id), started_at)


ROTATE: Final = JobKind(name=KIND, run=run_rotation)


async def _locked(stack: AsyncExitStack, place: Installation) -> RunningLock:
    """Waits for a command that rotates keys."""
    while True:
        try:
            return await stack.enter_async_context(RunningLock(place.operators))
        except AlreadyRunning:
            await asyncio.sleep(WAIT_SECONDS)


async def _rotate(place: Installation, lock: RunningLock, rotation_id: int, scope: Scope, started_at: datetime) -> None:
    progress = RotationProgress(place.operators, rotation_id, *await size_of(place.operators, scope))
    rotation = RotationRun(place, Pace(place.rows_per_second), place.grace_seconds, progress.report, progress.rows_done)
    async with storing_progress(progress.store):
        await rotation.rotate_since(started_at, scope, lock, progress.vault_done)
    await progress.finish()


async def _rotate_root(place: Installation, lock: RunningLock, rotation_id: int) -> None:
    async with place.operators.reading() as session:
        [(keys,)] = await run(session, TO_WRAP, place.root_keys.wraps_with)
    progress = RotationProgress(place.operators, rotation_id, 0, keys)
    async with storing_progress(progress.store):
        await RootRotation(place, progress.report, progress.rows_done).rotate(lock)
    await progress.finish()
