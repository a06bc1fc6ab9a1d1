"""The imports of one vault."""

from collections.abc import Sequence
from datetime import UTC, datetime
from io import BytesIO
from typing import NamedTuple
from uuid import UUID

from creatorvault.core.database.sessions import ReadSession, WriteSession, run
from creatorvault.core.http.paging import ListQuery
from creatorvault.core.identifiers import VaultId
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.transfer.importing import statements as sql
from creatorvault.transfer.importing.sealing import SealedChunk, chunk_missing, open_chunk
from creatorvault.transfer.models import ImportState


class ImportRow(NamedTuple):
    """The columns of `imports` that a reader needs."""

    id: UUID
    state: ImportState
    format: str
    file_bytes: int
    chunks: int
    total: int
    done: int
    stored: int
    trashed: int
    versions: int
    known: int
    expired: int
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    sealed: bytes


class ImportPlace(NamedTuple):
    """Where an import stands in a list."""

    created_at: datetime
    id: UUID


class Progress(NamedTuple):
    """What a batch adds to the counts."""

    done: int
    stored: int
    trashed: int
    versions: int
    known: int
    expired: int


AT_ONCE = 8
"""Chunks in one statement, two MiB."""


class ImportReader[SessionT: ReadSession = ReadSession]:
    def __init__(self, session: SessionT, vault: VaultId) -> None:
        self._session = session
        self._vault = vault
        self._scope = str(vault.tenant_id), vault.user_id

    async def page(self, query: ListQuery, after: ImportPlace | None) -> tuple[Sequence[ImportRow], int]:
        """Returns a page, the newest first, and the number of all imports."""
        place = after or (None, None)
        rows = await run(self._session, sql.PAGE, *self._scope, query.rows_wanted, query.offset, *place)
        [(total,)] = await run(self._session, sql.TOTAL, *self._scope)
        return [_row(row) for row in rows], total

    async def find(self, import_id: UUID) -> ImportRow | None:
        return _first(await run(self._session, sql.FIND, *self._scope, import_id))

    async def chosen(self) -> tuple[int | None, bool]:
        """Returns the retention that the vault has chosen, in days, and whether the vault and its trash are empty."""
        rows = await run(self._session, sql.CHOSEN, *self._scope)
        return (rows[0][0], rows[0][1] == 0) if rows else (None, True)

    async def file(self, cipher: VaultCipher, import_id: UUID, first: int, count: int, into: BytesIO) -> int:
        """Opens some chunks and appends them to `into`. Returns the number of the next one, `count` after the last.

        Raises Tampered if one is missing, and as `open_chunk`.
        """
        rows = await run(self._session, sql.CHUNKS, *self._scope, import_id, first, AT_ONCE)
        for expected, (number, last, sealed) in enumerate(rows, start=first):
            if number != expected or last != (number == count - 1):
                raise chunk_missing(self._vault, import_id)
            into.write(open_chunk(cipher, import_id, SealedChunk(number, last, sealed)))
        if not rows:
            raise chunk_missing(self._vault, import_id)
        return first + len(rows)


class ImportWriter(ImportReader[WriteSession]):
    async def unfinished(self) -> int:
        [(count,)] = await run(self._session, sql.UNFINISHED, *self._scope)
        return int(count)

    async def create(
        self, import_id: UUID, found: str, file_bytes: int, total: int, created_at: datetime, sealed: bytes
    ) -> None:
        await run(self._session, sql.CREATE, *self._scope, import_id, found, file_bytes, total, created_at, sealed)

    async def add(self, import_id: UUID, chunks: Sequence[SealedChunk]) -> None:
        await run(self._session, sql.ADD_CHUNKS, *self._scope, import_id, *map(list, zip(*chunks, strict=True)))

    async def complete(self, import_id: UUID, chunks: int) -> ImportRow | None:
        return _first(await run(self._session, sql.COMPLETE, *self._scope, import_id, chunks, datetime.now(UTC)))

    async def start(self, import_id: UUID) -> ImportRow | None:
        """Returns None if the import has ended, or was cancelled."""
        return _first(await run(self._session, sql.START, *self._scope, import_id, datetime.now(UTC)))

    async def progress(self, import_id: UUID, done: int, made: Progress) -> bool:
        """Returns False if the import is not at `done` any more, or was cancelled."""
        now = datetime.now(UTC)
        return bool(await run(self._session, sql.PROGRESS, *self._scope, import_id, done, *made, now))

    async def choose_retention(self, days: int) -> None:
        await run(self._session, sql.CHOOSE, *self._scope, days)

    async def end(self, import_id: UUID, state: ImportState, error: str | None, sealed: bytes | None) -> bool:
        """Also deletes the file. `sealed` is a new report, if there is one. Returns False if it had ended already."""
        await run(self._session, sql.DROP_CHUNKS, *self._scope, import_id)
        now = datetime.now(UTC)
        return bool(await run(self._session, sql.END, *self._scope, import_id, state, error, sealed, now))

    async def forget(self, import_id: UUID) -> bool:
        """Deletes the import and its file. Returns False if there was none."""
        await run(self._session, sql.DROP_CHUNKS, *self._scope, import_id)
        return bool(await run(self._session, sql.FORGET, *self._scope, import_id))


def _row(row: Sequence[object]) -> ImportRow:
    found = ImportRow(*row)  # type: ignore[arg-type]  # the columns, in the same order
    return found._replace(state=ImportState(found.state))


def _first(rows: Sequence[Sequence[object]]) -> ImportRow | None:
    return _row(rows[0]) if rows else None
