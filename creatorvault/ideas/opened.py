"""Ideas that this process has opened lately, so that the first page of a creator is not decrypted for each request."""

from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

import msgspec

from creatorvault.core.identifiers import VaultId, vault_ids
from creatorvault.core.lru import LRU
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import REVISION, IdeaColumns, IdeaSealer
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.tenants.opening import OpenVault

MOST_VAULTS: Final = 10_000
SHARE_OF_A_VAULT: Final = 8
"""One vault gets at most this part of the memory."""

BYTES_PER_IDEA: Final = 1200
"""Memory of an idea's objects beside the ciphertexts, the texts and the JSON, each about as large as the others."""

_encode: Final = msgspec.json.Encoder().encode


def opened(vault: OpenVault, row: Sequence[Any]) -> IdeaResponse:
    """`row` has the columns of IdeaColumns. Raises the alerts of `IdeaSealer.open`, and VaultMismatch.

    The database assigns an idea the revision of its vault. If the vault's row has a lower one, it was set back.
    """
    idea = IdeaSealer.of(vault.cipher).open(row)
    _check_revision(vault, row)
    return idea


def _check_revision(vault: OpenVault, row: Sequence[Any]) -> None:
    if row[REVISION] > vault.version.revision:
        raise VaultMismatch(**vault_ids(vault.id), idea_id=str(row[0]))


class _Opened:
    __slots__ = ("_json", "idea", "row", "size")

    def __init__(self, row: tuple[Any, ...], idea: IdeaResponse) -> None:
        self.row = row
        self.idea = idea
        self.size = BYTES_PER_IDEA + 3 * IdeaColumns(*row).size
        self._json: msgspec.Raw | None = None

    @property
    def json(self) -> msgspec.Raw:
        """Encoded when a list needs it first: reading or changing one idea does not."""
        if self._json is None:
            self._json = msgspec.Raw(_encode(self.idea))
        return self._json


class _Vault:
    __slots__ = ("cipher", "ideas", "size")

    def __init__(self, cipher: VaultCipher) -> None:
        self.cipher = cipher
        self.size = 0
        self.ideas: dict[UUID, _Opened] = {}


class OpenedIdeas:
    """One per process, of at most `most_bytes`; 0 remembers nothing. `bytes` is what is remembered now.

    A row is opened again unless each of its columns, ciphertexts included, equals those of the row that was opened by
    the same cipher. So an answer never differs from one that is decrypted, and an edited row raises the same alert.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._vaults = LRU[VaultId, _Vault](MOST_VAULTS)
        self.bytes = 0

    def idea(self, vault: OpenVault, row: tuple[Any, ...]) -> IdeaResponse:
        """Raises as `opened`."""
        return self._opened(vault, row).idea

    def json(self, vault: OpenVault, row: tuple[Any, ...]) -> msgspec.Raw:
        """Raises as `opened`."""
        return self._opened(vault, row).json

    def vaults(self) -> Iterable[VaultId]:
        return self._vaults

    def forget(self, vault: VaultId) -> None:
        if gone := self._vaults.pop(vault):
            self.bytes -= gone.size

    def _opened(self, vault: OpenVault, row: tuple[Any, ...]) -> _Opened:
        ours = self._vaults.use(vault.id)
        if ours is not None and ours.cipher is vault.cipher:
            known = ours.ideas.get(row[0])
            if known is not None and known.row == row:
                _check_revision(vault, row)
                return known
        found = _Opened(row, opened(vault, row))
        self._remember(vault, found)
        return found

    def _remember(self, vault: OpenVault, found: _Opened) -> None:
        if found.size * SHARE_OF_A_VAULT > self._most:
            return
        ours = self._vaults.peek(vault.id)
        if ours is None or ours.cipher is not vault.cipher:
            self.forget(vault.id)
            if len(self._vaults) >= MOST_VAULTS:
                self.forget(next(iter(self._vaults)))
            ours = _Vault(vault.cipher)
            self._vaults.put(vault.id, ours)
        self._drop(ours, found.row[0])
        ours.ideas[found.row[0]] = found
        ours.size += found.size
        self.bytes += found.size
        while ours.size * SHARE_OF_A_VAULT > self._most:
            self._drop(ours, next(iter(ours.ideas)))
        while self.bytes > self._most:
            self.forget(next(iter(self._vaults)))

    def _drop(self, vault: _Vault, idea_id: UUID) -> None:
        if gone := vault.ideas.pop(idea_id, None):
            vault.size -= gone.size
            self.bytes -= gone.size
