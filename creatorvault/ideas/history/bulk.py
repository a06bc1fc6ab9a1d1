"""Stores many ideas with their earlier versions, and deleted ideas in the trash, as an import gives them."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import xor
from typing import Final, NamedTuple

import msgspec

from creatorvault.core.database.sessions import computing, run
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.envelope import CIPHERTEXT_AT, TAG_BYTES
from creatorvault.crypto.padding import padded_length
from creatorvault.ideas.bulk import segments_of, write_segments
from creatorvault.ideas.history.sealing import previous_until_context, seal_deletion
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import NONE_KEPT, IdeaSealer, Position, SealedRow
from creatorvault.ideas.statements.bulk import COLUMNS, INSERT_WITH_HISTORY, STORED, TRASH_COLUMNS, VERSION_COLUMNS
from creatorvault.tenants.opening import LockedVault
from creatorvault.tenants.statements.changes import UsageDelta, VaultChange

ENVELOPE_BYTES: Final = CIPHERTEXT_AT + TAG_BYTES

_encode: Final = msgspec.json.Encoder().encode


class EarlierVersion(NamedTuple):
    """`idea` as it was until `replaced_at`."""

    idea: IdeaResponse
    number: int
    replaced_at: datetime


class IdeaWithHistory(NamedTuple):
    """`versions` are in ascending order of their numbers, which are lower than `number`. The last of them was replaced
    when the idea was updated. An idea with `deleted_at` belongs in the trash.
    """

    idea: IdeaResponse
    number: int = 1
    versions: Sequence[EarlierVersion] = ()
    deleted_at: datetime | None = None

    def kept_since(self, horizon: datetime | None) -> "IdeaWithHistory | None":
        """Returns what a vault keeps that keeps what was replaced or deleted after `horizon`; nothing at all if that
        is None.
        """
        if self.deleted_at is not None and (horizon is None or self.deleted_at <= horizon):
            return None
        first = len(self.versions)
        while first and horizon is not None and self.versions[first - 1].replaced_at > horizon:
            first -= 1
        return self._replace(versions=self.versions[first:]) if first else self

    @property
    def sealed_bytes(self) -> int:
        """The size of its ciphertexts, which `vaults.sealed_bytes` counts."""
        ideas = (self.idea, *(version.idea for version in self.versions))
        return sum(map(_sealed_bytes, ideas))


class BatchWithHistory(NamedTuple):
    """What became of the first `taken` ideas of a batch: ideas that were stored, those of them in the trash, their
    earlier versions, ideas that were `known`, and `expired` ones and versions that the vault's retention leaves out.
    """

    taken: int
    ideas: int = 0
    trashed: int = 0
    versions: int = 0
    known: int = 0
    expired_ideas: int = 0
    expired_versions: int = 0


def horizon_of(retention_days: int, now: datetime) -> datetime | None:
    """Returns the time since when a vault keeps history and trash; None if it keeps neither."""
    return now - timedelta(days=retention_days) if retention_days else None


async def store_with_history(
    vault: LockedVault, batch: Sequence[IdeaWithHistory], horizon: datetime | None, slices: TimeSlice
) -> BatchWithHistory:
    """Stores the ideas in the transaction that has locked the vault. Their ids and times are kept.

    An idea whose id is in the vault or its trash is left as it is. `taken` is less than the length of the batch if the
    vault needs another key for the rest. Raises QuotaExceeded, and VaultMismatch as `LockedVault.apply`.
    """
    scope = str(vault.id.tenant_id), vault.id.user_id
    known = {row[0] for row in await run(vault.session, STORED, *scope, [given.idea.id for given in batch])}
    room, taken = vault.last_revision - vault.revision, 0
    live, trashed = list[IdeaWithHistory](), list[IdeaWithHistory]()
    repeated = expired_ideas = expired_versions = 0
    for given in batch:
        kept = given.kept_since(horizon)
        if given.idea.id in known:
            repeated += 1
        elif kept is None:
            expired_ideas += 1
            expired_versions += len(given.versions)
        elif len(live) + len(trashed) == room:
            break
        else:
            known.add(given.idea.id)
            expired_versions += len(given.versions) - len(kept.versions)
            (live if kept.deleted_at is None else trashed).append(kept)
        taken += 1
    if live or trashed:
        await _insert(vault, live, trashed, slices)
    versions = sum(len(kept.versions) for kept in (*live, *trashed))
    stored = len(live) + len(trashed)
    return BatchWithHistory(taken, stored, len(trashed), versions, repeated, expired_ideas, expired_versions)


async def _insert(
    vault: LockedVault, live: Sequence[IdeaWithHistory], trashed: Sequence[IdeaWithHistory], slices: TimeSlice
) -> None:
    with computing(vault.session):
        slices.restart()
        rows, versions = list[SealedRow](), list[tuple[object, ...]]()
        sizes = 0
        for place, given in enumerate((*live, *trashed), start=1):
            await slices.rest_if_over()
            *earlier, row = _chain(vault.cipher, given)
            rows.append(row)
            sizes += sum(version.size for version in (*earlier, row))
            for version, times in zip(earlier, _times(given.versions), strict=True):
                versions.append((*version, *times, place))
        segments = await segments_of(vault, [given.idea for given in live], rows[: len(live)], slices)
    in_trash = []
    for row, given in zip(rows[len(live) :], trashed, strict=True):
        assert given.deleted_at is not None  # noqa: S101 - it is what makes them trash
        in_trash.append((*row, given.deleted_at, seal_deletion(vault.cipher, row, given.deleted_at)))
    change = VaultChange(
        INSERT_WITH_HISTORY,
        UsageDelta(len(live), sizes, len(in_trash)),
        reduce(xor, (row.stamp for row in rows[: len(live)]), 0),
        datetime.now(UTC),
        (
            *_columns(rows[: len(live)], len(COLUMNS)),
            *_columns(in_trash, len(TRASH_COLUMNS)),
            *_columns(versions, len(VERSION_COLUMNS) + 1),
        ),
        keeps=True if in_trash or versions else None,
    )
    await vault.apply(change, vault.cipher)
    await write_segments(vault, segments)


def _chain(cipher: VaultCipher, given: IdeaWithHistory) -> Iterator[SealedRow]:
    """Seals the versions, each linked to the one before it, and then the idea."""
    sealer, previous = IdeaSealer.of(cipher), NONE_KEPT
    for version, (previous_until, _) in zip(given.versions, _times(given.versions), strict=True):
        bound_too = previous_until_context(previous_until)
        row = sealer.seal(version.idea, Position(version.number, previous), bound_too=bound_too)
        previous = row.stamp
        yield row
    yield sealer.seal(given.idea, Position(given.number, previous))


def _times(versions: Sequence[EarlierVersion]) -> Iterator[tuple[datetime | None, datetime]]:
    """Yields `previous_until` and `replaced_at` of each: the first is the time at which the one before was replaced,
    if versions between the two were thinned out.
    """
    before: datetime | None = None
    for version in versions:
        yield None if before in (None, version.idea.updated_at) else before, version.replaced_at
        before = version.replaced_at


def _columns(rows: Sequence[Sequence[object]], width: int) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def _sealed_bytes(idea: IdeaResponse) -> int:
    lengths = (len(_encode(value)) for value in (idea.title, idea.notes, idea.tags))
    return sum(ENVELOPE_BYTES + padded_length(length) for length in lengths)
