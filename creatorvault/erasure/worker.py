"""Finishes erasures whose keys are destroyed: deletes rows in batches, then writes the receipt.

Each step is a transaction that does nothing if another process has done it, so any process can go on with what one has
left.
"""

import asyncio
from collections.abc import Mapping, Sequence
from contextvars import Context
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from creatorvault.audit.models import AuditHead
from creatorvault.audit.services import AuditLog
from creatorvault.core.database.sessions import Database, WriteSession
from creatorvault.core.database.tenant_data import Erased, TenantData, TenantTable
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.core.errors import CreatorVaultError
from creatorvault.core.identifiers import VaultId
from creatorvault.core.telemetry.logging import get_logger
from creatorvault.crypto.models import VaultKey
from creatorvault.erasure.errors import StillListed
from creatorvault.erasure.models import ErasureState, VaultErasure
from creatorvault.erasure.receipts import roster_part
from creatorvault.erasure.repositories import (
    Place,
    VaultErasureRepository,
    has_users,
    is_personal,
    living_vaults,
    name_of,
)
from creatorvault.erasure.roster import Leaves, leaf_of, prove_absence
from creatorvault.erasure.signing.receipt_keys import ReceiptKeys
from creatorvault.settings.sections import ErasureSettings

log = get_logger(__name__)

AT_ONCE: Final = 1_000
"""Rows per transaction, a few hundredths of a second."""

ANSWER_SECONDS: Final = 2.0
LEASE: Final = timedelta(seconds=15)
LONG_LEASE: Final = timedelta(minutes=5)
"""For reading the roster of a service with millions of vaults."""

VAULT_KEYS: Final = name_of(VaultKey)
FAULTS: Final = (CreatorVaultError, StillListed, *DRIVER_ERRORS)


class ErasureWorker:
    """One per process. Works in the background, in the tenant's context, as the runtime login."""

    def __init__(
        self,
        database: Database,
        operators: Database | None,
        audit: AuditLog,
        keys: ReceiptKeys,
        data: TenantData,
        settings: ErasureSettings,
    ) -> None:
        """`operators` reads all vaults for the roster; without it, the roster has only those of the tenant."""
        self._database = database
        self._operators = operators
        self._audit = audit
        self._keys = keys
        self._data = data
        self._settings = settings
        self._tasks: dict[VaultId, asyncio.Task[None]] = {}

    def start(self, vault: VaultId) -> asyncio.Task[None]:
        """Goes on with the erasure of a vault, if it is not finished."""
        task = self._tasks.get(vault)
        if task is None:
            # In a new context: it belongs to no request.
            task = asyncio.create_task(self._erase(vault), context=Context())
            self._tasks[vault] = task
            task.add_done_callback(lambda _: self._tasks.pop(vault))
        return task

    async def work(self, vault: VaultId, seconds: float = ANSWER_SECONDS) -> None:
        """Returns when the erasure is finished, has failed, or takes longer."""
        await asyncio.wait([self.start(vault)], timeout=seconds)

    async def aclose(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _erase(self, vault: VaultId) -> None:
        try:
            for table in await self._tables(vault):
                await self._erase_rows(vault, table)
            await self._finish(vault, await self._absence(vault))
        except FAULTS as error:
            log.warning("erasure.interrupted", error=type(error).__name__, tenant_id=str(vault.tenant_id))

    async def _tables(self, vault: VaultId) -> Sequence[TenantTable]:
        """Those of vaults, and in a personal tenant those of the tenant, unless only operators may change them.

        Not that of keys, which were destroyed first.
        """
        async with self._database.reading(vault.tenant_id) as session:
            tenant = await VaultErasureRepository(session, vault).tenant()
        whole_tenant = tenant is not None and is_personal(tenant)
        return [
            table
            for table in self._data.tables
            if has_users(table) or (whole_tenant and isinstance(table, Erased))
            if not (isinstance(table, Erased) and (table.only_operators or table.model is VaultKey))
        ]

    async def _erase_rows(self, vault: VaultId, table: TenantTable) -> None:
        after: Place | None = None
        while True:
            async with self._database.writing(vault.tenant_id) as session:
                repository = VaultErasureRepository(session, vault)
                erasure = await _being_erased(repository)
                if erasure is None:
                    return
                batch = await repository.erase_batch(table, after, AT_ONCE)
                name, lease = name_of(table.model), datetime.now(UTC) + LEASE
                rows = erasure.rows
                if isinstance(table, Erased):
                    rows = rows | {name: rows.get(name, 0) + batch.deleted}
                await repository.change(erasure, rows=rows, leased_until=lease)
            if batch.after is None:
                return
            after = batch.after

    async def _absence(self, vault: VaultId) -> Mapping[str, Any]:
        """Returns the roster's part of the receipt."""
        async with self._database.writing(vault.tenant_id) as session:
            repository = VaultErasureRepository(session, vault)
            if (erasure := await _being_erased(repository)) is not None:
                await repository.change(erasure, leased_until=datetime.now(UTC) + LONG_LEASE)
            key = await self._audit.keys.roster(session)
        target, leaves, taken_at = leaf_of(key, vault), Leaves(), datetime.now(UTC)
        database = self._operators or self._database
        tenant_id = vault.tenant_id if self._operators is None else None
        async with database.reading(tenant_id) as session:
            async for vaults in living_vaults(session, tenant_id):
                for living in vaults:
                    leaves.add(leaf_of(key, living))
                await asyncio.sleep(0)
        proof = await asyncio.to_thread(prove_absence, leaves, target)
        scope = "service" if tenant_id is None else "tenant"
        return roster_part(proof, target, scope=scope, taken_at=_text(taken_at))

    async def _finish(self, vault: VaultId, roster: Mapping[str, Any]) -> None:
        async with self._database.writing(vault.tenant_id) as session:
            repository = VaultErasureRepository(session, vault)
            tenant, erasure = await repository.tenant(), await _being_erased(repository)
            if erasure is None or tenant is None:
                return
            now, whole_tenant = datetime.now(UTC), is_personal(tenant)
            head = await self._record(session, vault, erasure, whole_tenant=whole_tenant)
            receipt = self._receipt(erasure, head, now, whole_tenant=whole_tenant) | {"roster": roster}
            await repository.change(
                erasure,
                state=ErasureState.ERASED.value,
                finished_at=now,
                receipt=await self._keys.signed(session, receipt),
            )
            await repository.mark_finished()

    async def _record(
        self, session: WriteSession, vault: VaultId, erasure: VaultErasure, *, whole_tenant: bool
    ) -> AuditHead:
        recorder, counts = self._audit.recorder(erasure.actor), {name: str(rows) for name, rows in erasure.rows.items()}
        head = await recorder.record(session, vault.tenant_id, "vault.erased", user_id=vault.user_id, **counts)
        return await recorder.record(session, vault.tenant_id, "tenant.erased") if whole_tenant else head

    def _receipt(self, erasure: VaultErasure, head: AuditHead, now: datetime, *, whole_tenant: bool) -> dict[str, Any]:
        destroyed_at, days = erasure.destroyed_at or now, self._settings.key_backup_days
        return {
            "jti": str(erasure.id),
            "iat": int(now.timestamp()),
            **({} if self._settings.issuer is None else {"iss": self._settings.issuer}),
            "tenant_id": str(erasure.tenant_id),
            "user_id": erasure.user_id,
            "whole_tenant": whole_tenant,
            "requested_at": _text(erasure.requested_at),
            "destroyed_at": _text(destroyed_at),
            "finished_at": _text(now),
            "key_backups_expire_at": None if days is None else _text(destroyed_at + timedelta(days=days)),
            "keys": erasure.keys,
            "rows": erasure.rows,
            "audit": {"tenant_id": str(head.tenant_id), "sequence": head.sequence, "digest": head.digest.hex()},
        }


async def _being_erased(repository: VaultErasureRepository[WriteSession]) -> VaultErasure | None:
    """Locks the vault and its erasure, so that of several processes one works at a time. None if it is finished."""
    await repository.locked_vault()
    erasure = await repository.locked()
    return None if erasure is None or erasure.state != ErasureState.ERASING else erasure


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
