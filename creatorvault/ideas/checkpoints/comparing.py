"""Compares what was read of a whole vault with its checkpoint."""

from collections.abc import Sequence
from typing import Any

from creatorvault.core.identifiers import VaultVersion, vault_ids
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.crypto.envelope import Sealed
from creatorvault.ideas.checkpoints.digests import ContentDigest, DigestedPart
from creatorvault.ideas.checkpoints.sealing import Checkpoint, CheckpointSealer, SealedCheckpoint
from creatorvault.ideas.checkpoints.writer import CheckpointWriter, PendingCheckpoint
from creatorvault.ideas.search.blocks import Block
from creatorvault.tenants.errors import VaultMismatch, VaultSetBack
from creatorvault.tenants.opening import OpenVault

TABLE = "vault_checkpoints"


def stored_checkpoint(columns: Sequence[Any]) -> SealedCheckpoint | None:
    """`columns` are those of WITH_CHECKPOINT beyond VAULT: revision, ideas, digest, seal; NULL without a checkpoint."""
    revision, ideas, digest, sealed = columns
    return None if revision is None else SealedCheckpoint(Checkpoint(revision, ideas, digest), Sealed(sealed))


def opened_checkpoint(vault: OpenVault, stored: SealedCheckpoint | None) -> Checkpoint | None:
    """Raises as `CheckpointSealer.open`, and VaultSetBack if the vault's revision is lower than the checkpoint's."""
    if stored is None:
        return None
    checkpoint = CheckpointSealer.of(vault.cipher).open(stored)
    if checkpoint.revision > vault.version.revision:
        numbers = {"checkpoint": str(checkpoint.revision), "stored": str(vault.version.revision)}
        raise VaultSetBack(**vault_ids(vault.id), **numbers)
    return checkpoint


def compare(vault: OpenVault, checkpoint: Checkpoint | None, found: Checkpoint) -> bool:
    """Returns whether `found`, the vault at its current revision, is newer than the checkpoint and may replace it.

    Raises VaultMismatch if both are of the same revision and differ.
    """
    if checkpoint is None or checkpoint.revision < found.revision:
        return True
    if checkpoint != found:
        raise VaultMismatch(**vault_ids(vault.id), table=TABLE)
    return False


class ComparedRead:
    """One full read of a vault: `restart`, `add` for every block, `finish`. After `finish`, later reads do nothing."""

    def __init__(self, vault: OpenVault, stored: SealedCheckpoint | None, writer: CheckpointWriter) -> None:
        self._vault = vault
        self._stored = stored
        self._writer = writer
        self._checkpoint: Checkpoint | None = None
        self._found: ContentDigest | None = None
        self._stamps = 0
        self._is_done = False

    def restart(self) -> None:
        """Raises as `opened_checkpoint`."""
        if not self._is_done:
            self._checkpoint = opened_checkpoint(self._vault, self._stored)
            self._found, self._stamps = ContentDigest(), 0

    def add(self, block: Block) -> None:
        if self._found is not None:
            ids, stamps, *_ = block.packed_columns
            self._found.add(DigestedPart(block.revisions[0], ids, stamps))
            self._stamps ^= block.digest

    async def finish(self, time_slice: TimeSlice) -> None:
        """Has a new checkpoint written if the vault has changed since the stored one. Raises as `compare`.

        Does nothing if the ideas are not those that the vault's row counts: the caller raises VaultMismatch.
        """
        found, version = self._found, self._vault.version
        if found is None or VaultVersion(version.revision, self._stamps, found.ideas) != version:
            return
        self._is_done, self._found = True, None
        read = Checkpoint(version.revision, version.idea_count, await found.value_in_slices(time_slice))
        if compare(self._vault, self._checkpoint, read):
            self._writer.write(PendingCheckpoint(read, version.digest, self._vault.cipher))
