"""Thins out the versions of a vault: seals the version after a gap again, bound to the one before it."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from itertools import batched, groupby
from typing import Any, Final, NamedTuple
from uuid import UUID

from creatorvault.core.database.sessions import WriteSession, run
from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import VaultId, vault_ids
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.history.standing import BEGINNING, PurgeParts, locked, sealing_cipher
from creatorvault.history.statements.purging import DUE_IDEAS, HEAD, RELINK, THIN_OUT, TIMES
from creatorvault.history.statements.retention import SHRINK
from creatorvault.history.statements.versions import LINKS, SOME
from creatorvault.history.thinning import ALL_KEPT, HOURLY, Replaced, thinned
from creatorvault.history.versions import TABLE, opened_version, pruned_until, version_columns
from creatorvault.ideas.history.chain import End, Link, is_unbroken
from creatorvault.ideas.history.sealing import relink_version
from creatorvault.ideas.sealing import NONE_KEPT
from creatorvault.tenants.errors import VaultMismatch

IDEAS_AT_ONCE: Final = 100
"""Read together. None is locked."""

VERSIONS_AT_ONCE: Final = 200
"""In one transaction, which opens them, in some hundredths of a second."""


class Gap(NamedTuple):
    """Versions that go, newest first, between `after` and `before`. `before` is None if they are the oldest."""

    after: Link
    gone: Sequence[Link]
    before: Link | None


async def thin_out(parts: PurgeParts, vault: VaultId, now: datetime, since: datetime | None) -> AsyncGenerator[int]:
    """Yields the number of versions that are gone after each transaction.

    Raises VaultMismatch if a chain is broken, and the alerts of versions that do not open: a version that is missing
    must not be covered up.
    """
    ages = (ALL_KEPT, HOURLY)
    windows = [(BEGINNING, now)] if since is None else [(since - age, now - age) for age in ages]
    scope, due = (str(vault.tenant_id), vault.user_id), list[UUID]()
    async with parts.vaults.database.reading(vault.tenant_id) as session:
        ids = {row[0] for window in windows for row in await run(session, DUE_IDEAS, *scope, *window)}
        for some in batched(sorted(ids), IDEAS_AT_ONCE, strict=False):
            rows = await run(session, TIMES, *scope, list(some))
            for idea_id, versions in groupby(rows, key=lambda row: row[0]):
                if thinned([Replaced(number, time) for _, number, time in versions], now):
                    due.append(idea_id)
    for idea_id in due:
        while gone := await _step(parts, vault, idea_id, now):
            yield gone


async def _step(parts: PurgeParts, vault: VaultId, idea_id: UUID, now: datetime) -> int:
    """Removes some versions of an idea. Returns their number, 0 if none is left to be removed."""
    async with parts.vaults.database.writing(vault.tenant_id) as session:
        standing = await locked(parts, session, vault)
        if standing is None or not standing.is_active:
            return 0
        scope = str(vault.tenant_id), vault.user_id
        cipher = await sealing_cipher(parts, session, vault, standing)
        links = [Link(*row) for row in await run(session, LINKS, *scope, idea_id)]
        ends = [End(*row) for row in await run(session, HEAD, *scope, idea_id)]
        until = await pruned_until(session, cipher)
        if len(ends) != 1 or not is_unbroken(ends[0], links, until):
            raise VaultMismatch(**vault_ids(vault), idea_id=str(idea_id), table=TABLE)
        unneeded = thinned([Replaced(link.number, link.replaced_at) for link in reversed(links)], now)
        gap = first_gap(links, unneeded)
        if gap is None:
            return 0
        freed = await _close(session, cipher, idea_id, gap)
        await run(session, SHRINK, *scope, freed, 0)
    return len(gap.gone)


def first_gap(links: Sequence[Link], unneeded: set[int]) -> Gap | None:
    """`links` are newest first; the newest is always needed. Returns None if all are."""
    begin = next((place for place, link in enumerate(links) if link.number in unneeded), None)
    if begin is None:
        return None
    end = begin
    while end < len(links) and end - begin < VERSIONS_AT_ONCE and links[end].number in unneeded:
        end += 1
    return Gap(links[begin - 1], links[begin:end], links[end] if end < len(links) else None)


async def _close(session: WriteSession, cipher: VaultCipher, idea_id: UUID, gap: Gap) -> int:
    """Returns by how many bytes the vault shrinks."""
    scope = str(cipher.vault.tenant_id), cipher.vault.user_id, idea_id
    numbers = [gap.after.number, *(link.number for link in gap.gone)]
    rows: Sequence[Sequence[Any]] = await run(session, SOME, *scope, numbers)
    after, *gone = map(version_columns, rows)
    for version in gone:
        opened_version(cipher, version)
    previous, until = (NONE_KEPT, None) if gap.before is None else (gap.before.name, gap.before.replaced_at)
    try:
        row = relink_version(cipher, after, previous, until)
    except Alert as alert:
        alert.ids["table"] = TABLE
        raise
    await run(session, RELINK, *scope, row.number, row.title, row.notes, row.tags, previous, until)
    [(freed,)] = await run(session, THIN_OUT, *scope, numbers[1:])
    return int(freed) + after.row.size - row.size
