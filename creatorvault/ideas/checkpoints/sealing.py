"""Seals and opens checkpoints. docs/encryption.md specifies their bytes."""

from typing import Final, NamedTuple, Self

import msgspec

from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import VaultId, VaultRevision, vault_ids
from creatorvault.crypto.cipher import CHECKPOINTS, VaultCipher
from creatorvault.crypto.envelope import Sealed, context
from creatorvault.crypto.errors import Tampered

DOMAIN: Final = b"creatorvault/checkpoint/v1"


class Checkpoint(NamedTuple):
    """What a vault held at `revision`: this many ideas, with this digest (`ContentDigest`)."""

    revision: VaultRevision
    ideas: int
    digest: bytes


class SealedCheckpoint(NamedTuple):
    """The columns of `vault_checkpoints` that are sealed, in clear text, and their seal."""

    stated: Checkpoint
    sealed: Sealed


class _Plaintext(msgspec.Struct, frozen=True):
    ideas: int
    digest: str


_decoder: Final = msgspec.json.Decoder(_Plaintext)


class CheckpointSealer:
    """Seals and opens the checkpoints of one vault."""

    @classmethod
    def of(cls, cipher: VaultCipher) -> Self:
        return cipher.derived(cls)

    def __init__(self, cipher: VaultCipher) -> None:
        self._vault = cipher.vault
        self._cipher = cipher.for_purpose(CHECKPOINTS)

    def seal(self, checkpoint: Checkpoint) -> SealedCheckpoint:
        plaintext = _Plaintext(checkpoint.ideas, checkpoint.digest.hex())
        return SealedCheckpoint(
            checkpoint, self._cipher.seal_json(plaintext, checkpoint_context(self._vault, checkpoint.revision))
        )

    def open(self, stored: SealedCheckpoint) -> Checkpoint:
        """Raises as `VaultCipher.open_json`, and Tampered if the clear columns differ, with its revision in the ids."""
        stated = stored.stated
        try:
            bound = checkpoint_context(self._vault, stated.revision)
            opened = self._cipher.open_json(stored.sealed, bound, _decoder)
        except Alert as alert:
            alert.ids["checkpoint"] = str(stated.revision)
            raise
        if not _states(opened, stated):
            raise Tampered(**vault_ids(self._vault), checkpoint=str(stated.revision))
        return stated


def checkpoint_context(vault: VaultId, revision: int) -> bytes:
    return context(DOMAIN, vault.tenant_id.bytes, vault.user_id.encode(), revision.to_bytes(8, signed=True))


def is_checkpoint(stated: Checkpoint, plaintext: bytes) -> bool:
    """Whether a plaintext with its padding states the clear columns."""
    try:
        return _states(_decoder.decode(plaintext), stated)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False


def _states(opened: _Plaintext, stated: Checkpoint) -> bool:
    return (opened.ideas, opened.digest) == (stated.ideas, stated.digest.hex())
