"""Tokens: how far a client has read the changes of a vault, and a sample of what the vault held then.

A token is sealed with the vault's key and bound to the vault. docs/encryption.md specifies the format.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Self
from uuid import UUID

import msgspec

from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import VaultId, VaultRevision
from creatorvault.crypto.cipher import CURSORS, VaultCipher
from creatorvault.crypto.envelope import Malformed, context, key_version_of
from creatorvault.crypto.errors import LostKey
from creatorvault.crypto.opaque import read, written
from creatorvault.sync.changes.errors import ResyncRequired, SinceInvalid

DOMAIN: Final = b"creatorvault/changes/v1"
MOST_WITNESSES: Final = 4


class Witness(NamedTuple):
    """A row of the vault: an idea with its stamp, or a tombstone.

    The stamp of a tombstone is below 0: -1 minus its first revision.
    """

    revision: int
    id: UUID
    stamp: int


class Position(NamedTuple):
    """How far a client has read: all rows up to `revision`.

    A pull may take several pages. `known` is the revision up to which the client had read when it began, and `until`
    the vault's at that time. Tombstones up to `unread` are not read: the client began without any idea.

    `seen` is the vault's revision at the last page. `witnesses` are all rows that the vault had then between `floor`,
    which is not included, and `seen`. If the database lost commits since, and the vault gave their revisions to other
    changes, rows differ from these.
    """

    revision: int
    known: int
    until: int
    unread: int
    seen: int
    floor: int
    witnesses: Sequence[Witness]

    @property
    def is_complete(self) -> bool:
        """Whether a pull has ended here, so that the next page begins another."""
        return self.known == self.revision

    @property
    def tombstones_after(self) -> int:
        return max(self.revision, self.unread)

    def pulling(self, revision: VaultRevision) -> Self:
        """`revision` is the vault's now."""
        return self._replace(known=self.revision, until=revision) if self.is_complete else self

    def knows(self, revision: int, first_revision: int) -> bool:
        """Whether the client may know an idea that was created at `first_revision` and deleted at `revision`.

        What was deleted before the pull began was on none of its pages.
        """
        return first_revision <= (self.known if revision <= self.until else self.seen)

    def after(self, revision: int, seen: VaultRevision, latest: Sequence[Witness]) -> Self:
        """The place after a page up to `revision`. `seen` is the vault's, and `latest` its last rows, in their order,
        one more than become witnesses if there are as many.
        """
        floor = latest[-MOST_WITNESSES - 1].revision if len(latest) > MOST_WITNESSES else 0
        known = revision if revision == seen else self.known
        return self._replace(revision=revision, known=known, seen=seen, floor=floor, witnesses=latest[-MOST_WITNESSES:])


BEFORE_ALL: Final = Position(0, 0, 0, unread=2**63 - 1, seen=0, floor=0, witnesses=())
"""Of a client that has no idea yet, and so reads no tombstones."""


def beginning(revision: VaultRevision) -> Position:
    """`revision` is the vault's now: what is deleted until then need not be read."""
    return BEFORE_ALL._replace(until=revision, unread=revision, seen=revision)


_decoder: Final = msgspec.json.Decoder(Position)


def token_of(position: Position, cipher: VaultCipher) -> str:
    return written(cipher.for_purpose(CURSORS).seal_json(position, _context(cipher.vault)))


def position_of(token: str, cipher: VaultCipher | None) -> Position | None:
    """Returns None for an empty token. `cipher` is None if the vault has no key.

    Raises SinceInvalid, and ResyncRequired if the key that the token names is gone.
    """
    if not token:
        return None
    try:
        sealed = read(token)
        key_version_of(sealed)
    except (ValueError, Malformed):
        raise SinceInvalid from None
    if cipher is None:
        raise ResyncRequired
    try:
        return cipher.for_purpose(CURSORS).open_json(sealed, _context(cipher.vault), _decoder)
    except LostKey:
        raise ResyncRequired from None
    except Alert:
        # For a stored value this would be an alert. Here it is only invalid input, and is not logged.
        raise SinceInvalid from None


def columns_of(witnesses: Iterable[Witness]) -> tuple[list[int], list[UUID], list[int]]:
    revisions, ids, stamps = list[int](), list[UUID](), list[int]()
    for witness in witnesses:
        revisions.append(witness.revision)
        ids.append(witness.id)
        stamps.append(witness.stamp)
    return revisions, ids, stamps


def _context(vault: VaultId) -> bytes:
    return context(DOMAIN, vault.tenant_id.bytes, vault.user_id.encode())
