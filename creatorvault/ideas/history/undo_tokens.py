"""Tokens that undo a deletion: sealed, so that nobody can make one, and bound to the vault and to the deletion itself.

docs/encryption.md specifies the format.
"""

import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import VaultId
from creatorvault.crypto.cipher import CURSORS, VaultCipher
from creatorvault.crypto.envelope import context, microseconds
from creatorvault.crypto.opaque import read, written
from creatorvault.ideas.errors import UndoInvalid

DOMAIN: Final = b"creatorvault/undo/v1"
VALID: Final = timedelta(minutes=10)
"""From the time of the deletion."""

MOST_LISTED: Final = 16
"""Versions in a token, which then has about 800 characters. Servers and proxies accept headers of 4 KiB in all."""

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_DELETED: Final = struct.Struct(">16sQ")
_decoder: Final = msgspec.json.Decoder(tuple[int, bytes])


class DeletedVersion(NamedTuple):
    """`stamp` is that of the deleted version; 0 if it has none."""

    id: UUID
    stamp: int


class Undo(NamedTuple):
    """What one request has deleted, all at the same time. `versions` is empty if they are too many to be listed: then
    it is everything that was deleted at this time.
    """

    deleted_at: datetime
    versions: Sequence[DeletedVersion]

    def is_expired(self, now: datetime) -> bool:
        return now >= self.deleted_at + VALID


def undo_token(cipher: VaultCipher, undo: Undo) -> str:
    """Returns base64url without padding (RFC 4648 §5). It is short enough for a header, whatever was deleted."""
    listed = undo.versions if len(undo.versions) <= MOST_LISTED else ()
    packed = b"".join(_DELETED.pack(deleted.id.bytes, deleted.stamp) for deleted in listed)
    given = microseconds(undo.deleted_at), packed
    return written(cipher.for_purpose(CURSORS).seal_json(given, _context(cipher.vault)))


def read_undo_token(cipher: VaultCipher | None, token: str) -> Undo:
    """`cipher` is None if the vault has no key. Raises UndoInvalid."""
    if cipher is None:
        raise UndoInvalid
    try:
        deleted_at, packed = cipher.for_purpose(CURSORS).open_json(read(token), _context(cipher.vault), _decoder)
    except (Alert, ValueError):
        # For a stored value this would be an alert. Here it is only invalid input, and is not logged.
        raise UndoInvalid from None
    versions = [DeletedVersion(UUID(bytes=idea_id), stamp) for idea_id, stamp in _DELETED.iter_unpack(packed)]
    return Undo(EPOCH + timedelta(microseconds=deleted_at), versions)


def _context(vault: VaultId) -> bytes:
    return context(DOMAIN, vault.tenant_id.bytes, vault.user_id.encode())
