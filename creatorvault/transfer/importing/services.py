"""Rules of moving in: previews, accepting a file, and what became of it."""

import hashlib
from contextlib import suppress
from datetime import UTC, datetime
from itertools import batched
from typing import Final
from uuid import UUID, uuid4

import msgspec

from creatorvault.core.database.sessions import ReadSession, computing, run
from creatorvault.core.errors import CreatorVaultError, ServiceUnavailable
from creatorvault.core.http.paging import ListQuery
from creatorvault.core.waiting.deadlines import RequestDeadline
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.crypto.cursors import vault_cursors
from creatorvault.ideas.statements.bulk import STORED
from creatorvault.idempotency.services import IdempotencyKey
from creatorvault.jobs.kinds import JobPlace
from creatorvault.tenants.errors import QuotaExceeded
from creatorvault.tenants.opening import LockedVault
from creatorvault.tenants.quotas import Quotas
from creatorvault.tenants.repositories import Counters, VaultRepository
from creatorvault.tenants.services import VaultService
from creatorvault.transfer.formats.imported import FileRefused, Format
from creatorvault.transfer.importing.errors import ANOTHER_FORMAT, FileInvalid, ImportNotFound, TooManyImports, refused
from creatorvault.transfer.importing.plans import Plan, Retention, read_in_slices
from creatorvault.transfer.importing.reports import preview_of, report_of, response_of
from creatorvault.transfer.importing.repositories import AT_ONCE, ImportPlace, ImportReader, ImportRow, ImportWriter
from creatorvault.transfer.importing.schemas import FileFormat, ImportListResponse, ImportPreview, ImportResponse
from creatorvault.transfer.importing.sealing import namespace_of, parts_of, seal_chunk, seal_report
from creatorvault.transfer.importing.uploads import Upload
from creatorvault.transfer.parts import TransferParts

KIND: Final = "transfer.import"
MOST_UNFINISHED: Final = 5
IDS_AT_ONCE: Final = 10_000
NOTHING: Final = Counters(revision=0, idea_count=0, sealed_bytes=0, key_version=0, status=None)  # type: ignore[arg-type]

_places: Final = msgspec.json.Decoder(ImportPlace)


class Accepted(msgspec.Struct, frozen=True):
    """What an idempotency key keeps of a response."""

    id: UUID


class ImportService:
    """The imports of one vault, for one request.

    Every method raises ServiceUnavailable and the errors of opening the vault, as `IdeaService` does.
    """

    def __init__(self, vault: VaultService, parts: TransferParts, idempotency_key: IdempotencyKey | None) -> None:
        self._vault = vault
        self._parts = parts
        self._key = idempotency_key
        self._claim = None if idempotency_key is None else idempotency_key.claim
        self._slices = TimeSlice(parts.budget)

    async def preview(self, upload: Upload, asked: FileFormat) -> ImportPreview:
        """Raises FileInvalid. Stores nothing."""
        async with self._vault.snapshot() as seen:
            retention = await self._retention(seen.session, None if seen.vault is None else seen.vault.retention_days)
            namespace = uuid4() if seen.cipher is None else namespace_of(seen.cipher)
        found, plan = await self._plan(upload, asked, retention, namespace, datetime.now(UTC))
        with RequestDeadline():
            async with self._vault.snapshot() as seen:
                growth = await plan.growth(await self._known(seen.session, plan), self._slices)
                repository, full = VaultRepository(seen.session, self._vault.id), None
                quotas = Quotas(await repository.tenant(), self._parts.tenancy)
                try:
                    await quotas.check_growth(await repository.counters() or NOTHING, repository, growth.usage)
                except QuotaExceeded as error:
                    full = error
        return preview_of(found, plan, growth, full)

    async def accept(self, upload: Upload, asked: FileFormat) -> ImportResponse:
        """Stores the file, sealed, and enqueues its job. Raises FileInvalid, QuotaExceeded and TooManyImports.

        A repeated request with the same idempotency key is accepted once.
        """
        request = hashlib.sha256(upload.digest + asked.encode()).digest()
        async with self._vault.transaction(self._claim) as vault:
            if (earlier := await self._earlier(vault, request)) is not None:
                return earlier
            retention = await self._retention(vault.session, (await vault.look()).vault.retention_days)  # type: ignore[union-attr]  # a locked vault exists
            namespace = namespace_of(vault.cipher)
        import_id, now = uuid4(), datetime.now(UTC)
        found, plan = await self._plan(upload, asked, retention, namespace, now)
        try:
            await self._announce(import_id, upload, found, plan, now)
            count = await self._store(import_id, upload)
            return await self._complete(import_id, count, request)
        except CreatorVaultError:
            with suppress(CreatorVaultError):  # purged later
                await self._forget(import_id)
            raise

    async def page(self, query: ListQuery) -> ImportListResponse:
        """Returns a page of imports, the newest first. Raises CursorInvalid."""
        async with self._vault.snapshot() as seen:
            cursors = vault_cursors(seen.cipher, query, _places, "imports")
            found = await ImportReader(seen.session, self._vault.id).page(query, cursors.place())
            page = cursors.page(*found, lambda row: ImportPlace(row.created_at, row.id))
            items = [response_of(row, seen.cipher) for row in page.rows if seen.cipher is not None]
        return ImportListResponse(
            items=items,
            **page.fields(query),
        )

    async def get(self, import_id: UUID) -> ImportResponse:
        """Raises ImportNotFound."""
        async with self._vault.snapshot() as seen:
            row = await ImportReader(seen.session, self._vault.id).find(import_id)
            if row is None or seen.cipher is None:
                raise ImportNotFound(import_id)
            return response_of(row, seen.cipher)

    async def cancel(self, import_id: UUID) -> None:
        """Its job stops before the next batch; what was stored stays. Raises ImportNotFound."""
        if not await self._forget(import_id):
            raise ImportNotFound(import_id)

    async def _plan(
        self, upload: Upload, asked: FileFormat, retention: Retention, namespace: UUID, now: datetime
    ) -> tuple[Format, Plan]:
        plan = Plan(self._vault.id.user_id, retention, now)
        try:
            found, items = await read_in_slices(upload.file, upload.name, now, namespace, self._slices)
            if asked not in (FileFormat.AUTO, found):
                raise FileInvalid(ANOTHER_FORMAT, f"The file is {found.value}, not {asked.value}")
            async for item in items:
                plan.add(item)
        except FileRefused as error:
            raise refused(error) from None
        return found, plan

    async def _retention(self, session: ReadSession, chosen: int | None) -> Retention:
        """`chosen` is the vault's or its tenant's."""
        own, is_empty = await ImportReader(session, self._vault.id).chosen()
        return Retention(own, self._parts.tenancy.retention_days if chosen is None else chosen, is_empty)

    async def _known(self, session: ReadSession, plan: Plan) -> set[UUID]:
        known, scope = set[UUID](), (str(self._vault.id.tenant_id), self._vault.id.user_id)
        for first in range(0, plan.total, IDS_AT_ONCE):
            rows = await run(session, STORED, *scope, plan.ids(first, IDS_AT_ONCE))
            known.update(row[0] for row in rows)
        return known

    async def _announce(self, import_id: UUID, upload: Upload, found: Format, plan: Plan, now: datetime) -> None:
        with RequestDeadline():
            async with self._vault.transaction() as vault:
                imports = ImportWriter(vault.session, vault.id)
                if await imports.unfinished() >= MOST_UNFINISHED:
                    raise TooManyImports(MOST_UNFINISHED)
                known = await self._known(vault.session, plan)
                with computing(vault.session):
                    growth = await plan.growth(known, self._slices)
                await vault.check_growth(growth.usage)
                report = report_of(upload.name, plan.survey(found))
                sealed = seal_report(vault.cipher, import_id, found, now, report)
                await imports.create(import_id, found.value, upload.size, plan.total, now, sealed)

    async def _store(self, import_id: UUID, upload: Upload) -> int:
        """Stores the file in several transactions, each with its own deadline. Returns the number of chunks."""
        count = 0
        for parts in batched(parts_of(upload.file), AT_ONCE, strict=False):
            await self._slices.rest()
            with RequestDeadline():
                async with self._vault.transaction() as vault:
                    with computing(vault.session):
                        chunks = [seal_chunk(vault.cipher, import_id, *part) for part in parts]
                    await ImportWriter(vault.session, vault.id).add(import_id, chunks)
            count += len(chunks)
        return count

    async def _complete(self, import_id: UUID, count: int, request: bytes) -> ImportResponse:
        with RequestDeadline():
            async with self._vault.transaction(self._claim) as vault:
                if (earlier := await self._earlier(vault, request)) is not None:
                    await ImportWriter(vault.session, vault.id).forget(import_id)
                    return earlier
                row = await ImportWriter(vault.session, vault.id).complete(import_id, count)
                if row is None:
                    raise ServiceUnavailable  # it took so long that it was purged
                place = JobPlace(vault.id.tenant_id, vault.id.user_id, import_id)
                await self._parts.queue.enqueue(vault.session, KIND, place)
                if self._key is not None:
                    await self._key.store(vault.session, vault.cipher, request, Accepted(import_id))
                return response_of(row, vault.cipher)

    async def _earlier(self, vault: LockedVault, request: bytes) -> ImportResponse | None:
        """Returns the import of an earlier request with the same key. Raises ImportNotFound if it was cancelled."""
        if self._key is None:
            return None
        accepted = await self._key.replay(vault.session, vault.cipher, request, Accepted)
        if accepted is None:
            return None
        row: ImportRow | None = await ImportReader(vault.session, vault.id).find(accepted.id)
        if row is None:
            raise ImportNotFound(accepted.id)
        return response_of(row, vault.cipher)

    async def _forget(self, import_id: UUID) -> bool:
        with RequestDeadline():
            async with self._vault.transaction() as vault:
                return await ImportWriter(vault.session, vault.id).forget(import_id)
