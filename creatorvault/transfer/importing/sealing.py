"""Seals what an import stores: the chunks of its file, and the report of what was mapped and lost.

docs/encryption.md specifies the bytes.
"""

from collections.abc import Iterator
from datetime import datetime
from struct import Struct
from typing import BinaryIO, Final, NamedTuple
from uuid import UUID

import msgspec

from creatorvault.core.identifiers import VaultId, vault_ids
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.envelope import Sealed, context, time_part
from creatorvault.crypto.errors import Tampered
from creatorvault.transfer.formats.imported import Format, ImportedSettings, Mapping
from creatorvault.transfer.formats.survey import LossGroup

PURPOSE: Final = "imports"
CHUNK: Final = b"creatorvault/import-chunk/v1"
REPORT: Final = b"creatorvault/import-report/v1"
NAMESPACE: Final = "namespace of imports"
"""No client's name for anything is the same: an idempotency key contains no blank."""

_LENGTH: Final = Struct(">I")
CHUNK_BYTES: Final = 2**18 - _LENGTH.size
"""Of the file. With its length in front, a full chunk needs no padding."""


class ImportReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a file. `name` is the file's, `message` and `where` say why it could not be imported."""

    name: str
    mappings: list[Mapping]
    losses: list[LossGroup]
    settings: ImportedSettings | None = None
    message: str | None = None
    where: str | None = None


class SealedChunk(NamedTuple):
    number: int
    last: bool
    sealed: Sealed


_reports: Final = msgspec.json.Decoder(ImportReport)


def namespace_of(cipher: VaultCipher) -> UUID:
    """Returns the secret from which the ids of ideas from foreign formats are made. It survives rotations of keys.

    Raises as `VaultCipher.name_of`.
    """
    return UUID(bytes=cipher.name_of(NAMESPACE)[:16])


def chunk_context(vault: VaultId, import_id: UUID, number: int, last: bool) -> bytes:  # noqa: FBT001 - a column
    bound = context(CHUNK, vault.tenant_id.bytes, vault.user_id.encode(), import_id.bytes)
    return bound + context(number.to_bytes(4), bytes([last]))


def report_context(vault: VaultId, import_id: UUID, found: str, created_at: datetime) -> bytes:
    bound = context(REPORT, vault.tenant_id.bytes, vault.user_id.encode(), import_id.bytes)
    return bound + context(found.encode(), time_part(created_at))


def parts_of(file: BinaryIO) -> Iterator[tuple[int, bool, bytes]]:
    """Yields number, whether it is the last, and content of each part of a file. An empty file has one."""
    file.seek(0)
    number, part = 0, file.read(CHUNK_BYTES)
    while True:
        following = file.read(CHUNK_BYTES)
        yield number, not following, part
        if not following:
            return
        number, part = number + 1, following


def seal_chunk(cipher: VaultCipher, import_id: UUID, number: int, last: bool, part: bytes) -> SealedChunk:  # noqa: FBT001 - a column
    bound = chunk_context(cipher.vault, import_id, number, last)
    return SealedChunk(number, last, cipher.for_purpose(PURPOSE).seal(_LENGTH.pack(len(part)) + part, bound))


def open_chunk(cipher: VaultCipher, import_id: UUID, chunk: SealedChunk) -> bytes:
    """Raises as `VaultCipher.open`, naming the import."""
    bound = chunk_context(cipher.vault, import_id, chunk.number, chunk.last)
    try:
        padded = cipher.for_purpose(PURPOSE).open_padded(chunk.sealed, bound)
    except Tampered as alert:
        alert.ids["import_id"] = str(import_id)
        raise
    return padded[_LENGTH.size : _LENGTH.size + _LENGTH.unpack_from(padded)[0]]


def chunk_missing(vault: VaultId, import_id: UUID) -> Tampered:
    return Tampered(**vault_ids(vault), import_id=str(import_id))


def seal_report(
    cipher: VaultCipher, import_id: UUID, found: Format, created_at: datetime, report: ImportReport
) -> Sealed:
    bound = report_context(cipher.vault, import_id, found, created_at)
    return cipher.for_purpose(PURPOSE).seal_json(report, bound)


def open_report(cipher: VaultCipher, import_id: UUID, found: str, created_at: datetime, sealed: bytes) -> ImportReport:
    """Raises as `VaultCipher.open_json`."""
    bound = report_context(cipher.vault, import_id, found, created_at)
    return cipher.for_purpose(PURPOSE).open_json(sealed, bound, _reports)


def is_chunk(padded: bytes) -> bool:
    return len(padded) >= _LENGTH.size and _LENGTH.unpack_from(padded)[0] <= len(padded) - _LENGTH.size


def is_report(padded: bytes) -> bool:
    try:
        _reports.decode(padded)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
    return True
