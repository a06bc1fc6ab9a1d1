"""Gives a vault a new key, seals all of its rows with it, and destroys the keys before it.

Each step can be repeated after the process was killed in it. From the commit of `make_key` on, nothing is sealed with
an earlier key: every statement that stores a sealed value compares the vault's key version. So when no row is left
under an earlier one, none will follow.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text

from creatorvault.core.database.sealed_data import SealedTable
from creatorvault.core.database.sessions import ReadSession, computing, run
from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import KeyVersion, VaultId, vault_ids
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.envelope import CIPHERTEXT_AT
from creatorvault.crypto.errors import LostKey
from creatorvault.key_management.findings import Finding, Report, named, problem_of
from creatorvault.key_management.installation import Installation
from creatorvault.key_management.opening import RowOpener
from creatorvault.key_management.statements.keys import KEY_VERSIONS, RETIRE, TOTAL, TOTAL_OF_TENANT
from creatorvault.key_management.statements.sealed_rows import RowStatements
from creatorvault.tenants.models import TenantStatus, VaultStatus
from creatorvault.tenants.preparation import make_next_key
from creatorvault.tenants.repositories import VaultRepository

BATCH: Final = 64
"""Rows per transaction. A creator's change of one of them waits for it."""

LARGE_BATCH: Final = 16
"""For all tables but that of ideas: their rows may be segments of a hundred kilobytes."""

ATTEMPTS: Final = 3


class Pace:
    """Limits the rows per second; None does not."""

    def __init__(self, rows_per_second: int | None) -> None:
        self._rate = rows_per_second
        self._next = 0.0

    async def wait(self, rows: int) -> None:
        if self._rate is not None:
            now = time.monotonic()
            self._next = max(now, self._next) + rows / self._rate
            await asyncio.sleep(self._next - now)


class VaultRotation:
    """`report` receives each row that cannot be opened, `done` the number of rows of each batch."""

    def __init__(self, place: Installation, pace: Pace, report: Report, done: Callable[[int], None]) -> None:
        self._place = place
        self._parts = place.vaults
        self._tables = [(table, RowStatements.of(table)) for table in place.data.sealed]
        self._pace = pace
        self._report = report
        self._done = done

    async def make_key(self, vault: VaultId, since: datetime) -> KeyVersion | None:
        """Makes the next key, unless the newest one was made `since` then. Returns the version that seals.

        Returns None if the vault was erased. Raises the alert of a key that cannot be used, VaultSetBack, and LostKey
        if nothing of the vault can be seen.
        """
        parts = self._parts
        async with parts.database.writing(vault.tenant_id) as session:
            repository = VaultRepository(session, vault)
            state = await repository.tenant()
            if state.status in {TenantStatus.ERASING, TenantStatus.ERASED}:
                return None
            counters = await repository.locked()
            keys = await run(session, KEY_VERSIONS, *_scope(vault))
            if counters is None:
                raise LostKey(**vault_ids(vault))
            if counters.status == VaultStatus.DESTROYED:
                return None
            cipher = await parts.keyring.cipher_for_sealing(session, vault, counters.key_version)
            for alert in cipher.alerts.values():
                raise alert
            [*_, (_, created_at)] = keys
            if created_at >= since:
                return counters.key_version
            own, recorder = state.root_key_id, self._place.recorder
            return await make_next_key(parts, session, repository, counters, recorder, own, cipher)

    async def reseal(self, vault: VaultId, version: KeyVersion) -> bool:
        """Returns whether every row is sealed with the key of `version` or a later one now."""
        for _ in range(ATTEMPTS):
            cipher = await self._cipher(vault, version)
            bad = 0
            for table, statements in self._tables:
                bad += await self._reseal_table(cipher, table, statements)
            if bad:
                return False
            async with self._parts.database.reading(vault.tenant_id) as session:
                if await self._is_complete(session, cipher):
                    return True
        return False

    async def retire(self, vault: VaultId, version: KeyVersion) -> Sequence[KeyVersion] | None:
        """Destroys the keys before `version`, unless a row is sealed with one of them. Returns their versions.

        Returns None if there is such a row: a change that began before the rows were sealed again has stored it. While
        rows are counted the vault is locked, for which every change waits that copies a row.
        """
        parts = self._parts
        cipher = await self._cipher(vault, version)
        async with parts.database.writing(vault.tenant_id) as session:
            counters = await VaultRepository(session, vault).locked()
            if counters is None or counters.key_version < version:
                raise LostKey(**vault_ids(vault))
            if not await self._is_complete(session, cipher):
                return None
            retired = [KeyVersion(row[0]) for row in await run(session, RETIRE, *_scope(vault), version)]
            if retired:
                versions = ", ".join(map(str, sorted(retired)))
                await self._place.recorder.record(
                    session, vault.tenant_id, "key.retired", user_id=vault.user_id, versions=versions
                )
        parts.forget(vault)
        async with self._place.operators.writing() as session:
            await run(session, TOTAL, *_scope(vault), version)
            await run(session, TOTAL_OF_TENANT, str(vault.tenant_id), version)
        return sorted(retired)

    async def _cipher(self, vault: VaultId, version: KeyVersion) -> VaultCipher:
        async with self._parts.database.reading(vault.tenant_id) as session:
            return await self._parts.keyring.cipher(session, vault, version)

    async def _reseal_table(self, cipher: VaultCipher, table: SealedTable, statements: RowStatements) -> int:
        """Returns the number of rows that cannot be opened."""
        vault, opener, header = cipher.vault, RowOpener(table, cipher), cipher.sealing.header
        size = LARGE_BATCH if table.tally is None else BATCH
        bad, after = 0, None
        while True:
            async with self._parts.database.writing(vault.tenant_id) as session:
                if table.first is not None:
                    await session.execute(text(table.first))
                statement = statements.first_old if after is None else statements.next_old
                rows = await run(session, statement, *_scope(vault), header, size, *(after or ()))
                resealed, outdated = list[Sequence[Any]](), list[Sequence[Any]]()
                with computing(session):
                    for row in rows:
                        place = *row[: len(table.key)], row[len(table.key) + len(table.bound)][:CIPHERTEXT_AT]
                        if table.is_outdated(row[: len(table.key) + len(table.bound)]):
                            outdated.append(place)
                            continue
                        try:
                            resealed.append((*place, *opener.reseal(row)))
                        except Alert as alert:
                            bad += 1
                            self._report(Finding(vault, table.name, named(table.key, row), problem_of(alert)))
                if resealed:
                    await run(session, statements.replace, *_scope(vault), *map(list, zip(*resealed, strict=True)))
                if outdated:
                    await run(session, statements.delete, *_scope(vault), *map(list, zip(*outdated, strict=True)))
            self._done(0 if table.tally is None else len(rows))
            if len(rows) < size or not table.key:
                return bad
            after = rows[-1][: len(table.key)]
            await self._pace.wait(len(rows))

    async def _is_complete(self, session: ReadSession, cipher: VaultCipher) -> bool:
        vault, header = cipher.vault, cipher.sealing.header
        for _, statements in self._tables:
            [(old,)] = await run(session, statements.old, *_scope(vault), header)
            if old:
                return False
        return True


def _scope(vault: VaultId) -> tuple[str, str]:
    return str(vault.tenant_id), vault.user_id
