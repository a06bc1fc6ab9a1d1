"""Exports of one vault: entries, a format, and perhaps a content coding or encryption."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Protocol

from creatorvault.core.database.sessions import computing
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.ideas.statements.checkpoints import WITH_CHECKPOINT
from creatorvault.tenants.opening import Snapshot
from creatorvault.tenants.services import VaultService
from creatorvault.transfer.exporting.age import AgeEncryption, for_passphrase, for_recipient
from creatorvault.transfer.exporting.csv import Csv
from creatorvault.transfer.exporting.jsonl import JsonLines
from creatorvault.transfer.exporting.markdown import MarkdownZip
from creatorvault.transfer.exporting.parts import ExportParts
from creatorvault.transfer.exporting.schemas import ExportFormat, ExportRequest
from creatorvault.transfer.exporting.source import VaultSource
from creatorvault.transfer.exporting.writers import Writer

PIECE: Final = 65_536
"""Bytes of a piece of the response, at least."""

WRITERS: Final[dict[ExportFormat, Callable[[], Writer]]] = {
    ExportFormat.JSONL: JsonLines,
    ExportFormat.CSV: Csv,
    ExportFormat.MARKDOWN: MarkdownZip,
}


class Coder(Protocol):
    def update(self, data: bytes) -> bytes: ...

    def finish(self) -> bytes: ...


class Plain:
    def update(self, data: bytes) -> bytes:
        return data

    def finish(self) -> bytes:
        return b""


class Gzip:
    """RFC 1952, without a name and a time."""

    LEVEL: Final = 4
    """A third of the processor time of the default, for a file that is a sixth larger."""

    def __init__(self) -> None:
        self._deflater = zlib.compressobj(self.LEVEL, wbits=zlib.MAX_WBITS | 16)

    def update(self, data: bytes) -> bytes:
        return self._deflater.compress(data)

    def finish(self) -> bytes:
        return self._deflater.flush()


@dataclass(frozen=True, slots=True)
class Export:
    """`caller` is the pseudonym that has the turn."""

    parts: ExportParts
    vault: VaultService
    caller: str
    wanted: ExportRequest
    is_gzipped: bool
    exported_at: datetime

    async def pieces(self) -> AsyncGenerator[bytes]:
        """Yields the bytes of the export.

        Raises ExportUnderWay, TooManyExports, as `VaultService.snapshot`, and as `VaultSource`.
        """
        with self.parts.turns.turn(self.caller):
            coder, writer = await self._coder(), WRITERS[self.wanted.format]()
            time_slice = TimeSlice(self.parts.loop_budget)
            async with self.vault.snapshot(self.parts.database, WITH_CHECKPOINT) as snapshot:
                buffer = bytearray()
                async with aclosing(self._source(snapshot).entries()) as entries:
                    async for entry in entries:
                        for written in writer.write(entry):
                            buffer += coder.update(written)
                            if len(buffer) >= PIECE:
                                yield bytes(buffer)
                                buffer.clear()
                            await time_slice.rest_if_over()
                with computing(snapshot.session):
                    yield bytes(buffer) + coder.finish()

    def _source(self, snapshot: Snapshot) -> VaultSource:
        return VaultSource(snapshot, self.exported_at, self.vault.retention_days)

    async def _coder(self) -> Coder:
        wanted = self.wanted
        if wanted.passphrase is not None:
            async with self.parts.deriving:
                return AgeEncryption([await asyncio.to_thread(for_passphrase, wanted.passphrase)])
        if wanted.recipients:
            return AgeEncryption([for_recipient(recipient) for recipient in wanted.recipients])
        return Gzip() if self.is_gzipped else Plain()


def now() -> datetime:
    return datetime.now(UTC)
