"""Seals and opens deletions and prunings, and opens earlier versions. docs/encryption.md specifies their bytes.

An earlier version is the row of the idea as it was: its ciphertexts are bound to its number and to the version before
it. A deletion is a value of its own, so that no other version of the idea can take the place of the deleted one.
"""

import struct
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import VaultId, vault_ids
from creatorvault.crypto.cipher import CHECKPOINTS, VaultCipher
from creatorvault.crypto.envelope import Sealed, context, time_part
from creatorvault.crypto.errors import Tampered
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import IdeaColumns, IdeaSealer, Position, SealedRow

DELETION: Final = b"creatorvault/deletion/v1"
PRUNING: Final = b"creatorvault/pruning/v1"
NOTHING: Final = b"null"
"""The plaintext: everything that is said is in what it is bound to."""

_NUMBERS: Final = struct.Struct(">IiIq")
"""Two parts of a context (`envelope.context`): the number and the stamp of a version."""


class VersionColumns(NamedTuple):
    """The columns of `idea_versions` that a reader needs."""

    row: IdeaColumns
    previous_until: datetime | None
    replaced_at: datetime

    @property
    def linked_until(self) -> datetime:
        """When the version that `previous` names was replaced."""
        return self.previous_until or self.row.updated_at


def previous_until_context(previous_until: datetime | None) -> bytes:
    """What a version is bound to besides its row. Empty unless versions before it were thinned out."""
    return b"" if previous_until is None else context(time_part(previous_until))


def open_version(cipher: VaultCipher, version: VersionColumns) -> IdeaResponse:
    """Raises as `IdeaSealer.open`."""
    return IdeaSealer.of(cipher).open(version.row, previous_until_context(version.previous_until))


def relink_version(
    cipher: VaultCipher, version: VersionColumns, previous: int, previous_until: datetime | None
) -> SealedRow:
    """Seals the version again, with the newest key and another version before it. Raises as `open_version`."""
    idea, row = open_version(cipher, version), version.row
    bound_too = previous_until_context(previous_until)
    return IdeaSealer.of(cipher).seal(idea, Position(row.number, previous), row.stamp, bound_too)


def deletion_context(vault: VaultId, idea_id: UUID, number: int, stamp: int, deleted_at: datetime) -> bytes:
    """Raises TypeError, OverflowError or struct.error for values that are never sealed."""
    bound = context(DELETION, vault.tenant_id.bytes, vault.user_id.encode(), idea_id.bytes)
    return bound + _NUMBERS.pack(4, number, 8, stamp) + context(time_part(deleted_at))


def seal_deletion(cipher: VaultCipher, deleted: IdeaColumns | SealedRow, deleted_at: datetime) -> Sealed:
    bound = deletion_context(cipher.vault, deleted.id, deleted.number, deleted.stamp, deleted_at)
    return cipher.seal(NOTHING, bound)


def open_trashed(cipher: VaultCipher, row: IdeaColumns, deleted_at: datetime, deletion: bytes) -> IdeaResponse:
    """Returns the idea as it was deleted. Raises as `IdeaSealer.open`, also if another version was deleted, or at
    another time.
    """
    idea = IdeaSealer.of(cipher).open(row)
    ids = {"idea_id": str(row.id)}
    try:
        cipher.open(deletion, deletion_context(cipher.vault, row.id, row.number, row.stamp, deleted_at))
    except Alert as alert:
        alert.ids.update(ids)
        raise
    except (TypeError, OverflowError, struct.error):
        raise Tampered(**vault_ids(cipher.vault), **ids) from None
    return idea


def pruning_context(vault: VaultId, pruned_until: datetime) -> bytes:
    """Raises TypeError or OverflowError for a time that is never sealed."""
    return context(PRUNING, vault.tenant_id.bytes, vault.user_id.encode(), time_part(pruned_until))


class PruningSealer:
    """Seals and opens the prunings of one vault."""

    @classmethod
    def of(cls, cipher: VaultCipher) -> Self:
        return cipher.derived(cls)

    def __init__(self, cipher: VaultCipher) -> None:
        self._vault = cipher.vault
        self._cipher = cipher.for_purpose(CHECKPOINTS)

    def seal(self, pruned_until: datetime) -> Sealed:
        return self._cipher.seal(NOTHING, pruning_context(self._vault, pruned_until))

    def check(self, pruned_until: datetime, sealed: bytes) -> None:
        """Raises as `VaultCipher.open`."""
        try:
            self._cipher.open(sealed, pruning_context(self._vault, pruned_until))
        except (TypeError, OverflowError):
            raise Tampered(**vault_ids(self._vault)) from None


def is_nothing(_: Sequence[Any], plaintexts: Sequence[bytes]) -> bool:
    return plaintexts[0].strip() == NOTHING
