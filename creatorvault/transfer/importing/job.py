"""The job of an import: opens the file, reads it again, and stores its ideas batch by batch.

Each batch and the progress of the import are one transaction, which only commits if nobody else has gone on from the
same place. So a job that is run again, or by two processes, stores nothing twice and counts nothing twice.
"""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from io import BytesIO
from typing import Final, NamedTuple
from uuid import UUID

from msgspec.structs import replace

from creatorvault.core.database.sessions import run
from creatorvault.core.errors import Alert, Forbidden
from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.alerts import raise_alert
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.crypto.errors import Tampered
from creatorvault.ideas.history.bulk import IdeaWithHistory, horizon_of, store_with_history
from creatorvault.jobs.kinds import JobFailed, JobKind, JobPlace
from creatorvault.tenants.errors import QuotaExceeded
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.opening import LockedVault
from creatorvault.tenants.resolution import TenantName
from creatorvault.tenants.services import VaultService
from creatorvault.transfer.formats.imported import FileRefused, Format, ImportedIdea
from creatorvault.transfer.importing import statements as sql
from creatorvault.transfer.importing.plans import Retention, read_in_slices, with_history
from creatorvault.transfer.importing.reports import QUOTA_EXCEEDED, TAMPERED, VAULT_CLOSED
from creatorvault.transfer.importing.repositories import ImportReader, ImportRow, ImportWriter, Progress
from creatorvault.transfer.importing.sealing import ImportReport, namespace_of, open_report, seal_report
from creatorvault.transfer.importing.services import KIND
from creatorvault.transfer.models import ImportState
from creatorvault.transfer.parts import TransferParts

ACTOR: Final = "service"
AT_ONCE: Final = 500
"""Ideas and earlier versions in a batch: changes of the vault wait for it, for about 40 ms."""


class Superseded(Exception):
    """Another process has gone on with the import."""


class _Cancelled(Exception):
    pass


class _Work(NamedTuple):
    """An import that has begun, with its file. `namespace` is the vault's."""

    row: ImportRow
    report: ImportReport
    file: BytesIO
    namespace: UUID


async def run_import(parts: Parts, place: JobPlace) -> None:
    """Raises JobFailed if the import has failed, and whatever may be better later."""
    transfer = parts[TransferParts]
    async with transfer.working:
        vault = await _vault(transfer, place)
        if vault is not None:
            await _ImportRun(vault, transfer, place.subject_id).finish()


IMPORTS: Final = JobKind(name=KIND, run=run_import)


async def _vault(transfer: TransferParts, place: JobPlace) -> VaultService | None:
    """Returns None if the tenant is gone."""
    async with transfer.database.reading(place.tenant_id) as session:
        rows = await run(session, sql.OWNER, str(place.tenant_id))
    if not rows or place.user_id is None:
        return None
    kind, realm, external_id = rows[0]
    tenant = TenantName(TenantKind(kind), realm, external_id)
    recorder = transfer.audit.recorder(ACTOR)
    return VaultService(transfer.vaults, tenant, VaultId(place.tenant_id, UserId(place.user_id)), lambda: recorder)


class _ImportRun:
    def __init__(self, vault: VaultService, parts: TransferParts, import_id: UUID) -> None:
        self._vault = vault
        self._parts = parts
        self._id = import_id
        self._slices = TimeSlice(parts.budget)

    async def finish(self) -> None:
        try:
            work = await self._begun()
            if work is not None:
                await self._store_all(work)
                await self._end(ImportState.FINISHED)
        except _Cancelled:
            return
        except QuotaExceeded as error:
            await self._fail(QUOTA_EXCEEDED, error)
        except Forbidden as error:  # suspended or erased
            await self._fail(VAULT_CLOSED, error)
        except FileRefused as error:
            await self._refuse(error)
        except Alert as alert:
            raise_alert(alert.alarm, **alert.ids)
            if not isinstance(alert, Tampered):
                raise  # an operator may bring back what is missing
            await self._fail(TAMPERED, alert)

    async def _begun(self) -> _Work | None:
        """Returns None if there is nothing to do any more."""
        async with self._vault.transaction() as vault:
            row = await ImportWriter(vault.session, vault.id).start(self._id)
            if row is None:
                return None
            report = open_report(vault.cipher, row.id, row.format, row.created_at, row.sealed)
            namespace = namespace_of(vault.cipher)
        file, chunk = BytesIO(), 0
        while chunk < row.chunks:
            await self._slices.rest()
            async with self._vault.snapshot() as seen:
                if seen.cipher is None:
                    raise _Cancelled
                chunk = await ImportReader(seen.session, self._vault.id).file(
                    seen.cipher, row.id, chunk, row.chunks, file
                )
        return _Work(row, report, file, namespace)

    async def _store_all(self, work: _Work) -> None:
        await self._take_settings(work)
        done = 0
        async with aclosing(_batches(work, self._vault.id.user_id, self._slices)) as batches:
            async for batch in batches:
                left = batch[max(0, work.row.done - done) :]  # of a job that was interrupted
                done += len(batch)
                if left:
                    await self._store(left, done - len(left))

    async def _store(self, batch: Sequence[IdeaWithHistory], done: int) -> None:
        """The rest of a batch follows under the vault's next key, which another transaction makes."""
        while batch:
            async with self._vault.transaction() as vault:
                days = await self._retention_days(vault)
                made = await store_with_history(vault, batch, horizon_of(days, datetime.now(UTC)), self._slices)
                progress = Progress(made.taken, made.ideas, made.trashed, made.versions, made.known, made.expired_ideas)
                await self._go_on(vault, done, progress)
            batch, done = batch[made.taken :], done + made.taken

    async def _go_on(self, vault: LockedVault, done: int, progress: Progress) -> None:
        imports = ImportWriter(vault.session, vault.id)
        if not await imports.progress(self._id, done, progress):
            raise _Cancelled if await imports.find(self._id) is None else Superseded

    async def _take_settings(self, work: _Work) -> None:
        """The vault takes its retention from our own export if it has not chosen, before any history is stored."""
        settings = work.report.settings
        if settings is None or settings.retention_days is None:
            return
        async with self._vault.transaction() as vault:
            imports = ImportWriter(vault.session, vault.id)
            own, is_empty = await imports.chosen()
            if Retention(own, await self._retention_days(vault), is_empty).takes_over(settings):
                await imports.choose_retention(settings.retention_days)

    async def _retention_days(self, vault: LockedVault) -> int:
        opened = (await vault.look()).vault
        chosen = None if opened is None else opened.retention_days
        return self._parts.tenancy.retention_days if chosen is None else chosen

    async def _end(self, state: ImportState) -> None:
        async with self._vault.transaction() as vault:
            await ImportWriter(vault.session, vault.id).end(self._id, state, None, None)

    async def _refuse(self, error: FileRefused) -> None:
        """A new version of the service may refuse what an earlier one has accepted."""
        async with self._vault.transaction() as vault:
            imports = ImportWriter(vault.session, vault.id)
            row = await imports.find(self._id)
            if row is not None:
                report = open_report(vault.cipher, row.id, row.format, row.created_at, row.sealed)
                report = replace(report, message=error.message, where=error.where)
                sealed = seal_report(vault.cipher, row.id, Format(row.format), row.created_at, report)
                await imports.end(self._id, ImportState.FAILED, error.code, sealed)
        raise JobFailed(error.code) from None

    async def _fail(self, code: str, error: Exception) -> None:
        """Also for a vault that is closed. Its rows may be gone already."""
        async with self._parts.database.writing(self._vault.id.tenant_id) as session:
            await ImportWriter(session, self._vault.id).end(self._id, ImportState.FAILED, code, None)
        raise JobFailed(code) from error


async def _batches(work: _Work, user_id: str, slices: TimeSlice) -> AsyncGenerator[Sequence[IdeaWithHistory]]:
    """Raises FileRefused."""
    batch, size = list[IdeaWithHistory](), 0
    row, name = work.row, work.report.name
    _, items = await read_in_slices(work.file, name, row.created_at, work.namespace, slices)
    async for item in items:
        if isinstance(item, ImportedIdea):
            batch.append(with_history(item, user_id))
            size += 1 + len(item.versions)
            if size >= AT_ONCE:
                yield batch
                batch, size = [], 0
    if batch:
        yield batch
