"""Seals and opens checkpoints. docs/encryption.md specifies their bytes."""

from typing import Final, NamedTuple, Self

import msgspec

from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import VaultRevision, vault_ids
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
        self._shared = context(DOMAIN, cipher.vault.tenant_id.bytes, cipher.vault.user_id.encode())

    def seal(self, checkpoint: Checkpoint) -> SealedCheckpoint:
        plaintext = _Plaintext(checkpoint.ideas, checkpoint.digest.hex())
        return SealedCheckpoint(checkpoint, self._cipher.seal_json(plaintext, self._context(checkpoint.revision)))

    def open(self, stored: SealedCheckpoint) -> Checkpoint:
        """Raises as `VaultCipher.open_json`, and Tampered if the clear columns differ, with its revision in the ids."""
        stated = stored.stated
        try:
            opened = self._cipher.open_json(stored.sealed, self._context(stated.revision), _decoder)
        except Alert as alert:
            alert.ids["checkpoint"] = str(stated.revision)
            raise
        if (opened.ideas, opened.digest) != (stated.ideas, stated.digest.hex()):
            raise Tampered(**vault_ids(self._vault), checkpoint=str(stated.revision))
        return stated

    def _context(self, revision: VaultRevision) -> bytes:
        return self._shared + context(revision.to_bytes(8, signed=True))
