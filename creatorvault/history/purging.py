"""Purges what is too old to be kept: deleted ideas, and earlier versions, which are thinned out before that.

Each step is a short transaction that has locked the vault, and can be repeated: a purge that was interrupted is
continued by the next one. Nothing that creators see changes, as what is too old is not shown anyway.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched
from typing import Final, NamedTuple

from creatorvault.admin.statements.totals import ADD_UP, POSITION_LOCKED
from creatorvault.core.database.sessions import Database, run
from creatorvault.core.errors import Alert, ServiceUnavailable
from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.core.telemetry.alerts import raise_alert
from creatorvault.crypto.errors import RootKeyUnavailable
from creatorvault.history.standing import BEGINNING, PurgeParts, locked, sealing_cipher, standing_of
from creatorvault.history.statements.purging import DUE_TRASH, DUE_VERSIONS, PRUNE_TRASH, PRUNE_VERSIONS, TOTAL
from creatorvault.history.statements.retention import PRUNE, SHRINK
from creatorvault.history.thinning import ALL_KEPT, HOURLY
from creatorvault.history.thinning_out import thin_out
from creatorvault.ideas.history.sealing import PruningSealer
from creatorvault.key_management.findings import problem_of

IDEAS_AT_ONCE: Final = 100
VERSIONS_AT_ONCE: Final = 500
"""In one transaction, which takes some hundredths of a second."""

TOTALS_AT_ONCE: Final = 500
MOST_UNANSWERED: Final = 5
"""A vault may be locked for too long; if so many are, the database is away."""

UNANSWERED: Final = "the database did not answer in time"


class Failure(NamedTuple):
    """A vault that could not be purged, and why. Never contains content."""

    vault: VaultId
    problem: str


@dataclass(slots=True)
class Purged:
    """Of all vaults. `ideas` and `versions` were too old, and `thinned` versions were not needed any more."""

    vaults: int = 0
    ideas: int = 0
    versions: int = 0
    thinned: int = 0
    failures: list[Failure] = field(default_factory=list)

    @property
    def rows(self) -> int:
        return self.ideas + self.versions + self.thinned


async def purge(parts: PurgeParts, now: datetime, since: datetime | None = None) -> Purged:
    """Purges all vaults.

    With `since`, the time of an earlier purge, only vaults in which a version has come into the age of thinning since
    then, or a version or deleted idea has come to the end of the default retention. Vaults that cannot be purged now
    are reported, and left for the next time.

    Raises ServiceUnavailable if the database cannot be used, and RootKeyUnavailable if no key can.
    """
    purged, changed, unanswered = Purged(), list[VaultId](), 0
    for vault in await _due(parts, now, since):
        before = purged.rows
        try:
            await _purge_vault(parts, vault, now, since, purged)
        except (Alert, RootKeyUnavailable) as error:
            purged.failures.append(Failure(vault, problem_of(error)))
            if isinstance(error, Alert):
                raise_alert(error.alarm, **error.ids)
        except ServiceUnavailable:
            unanswered += 1
            if unanswered == MOST_UNANSWERED:
                raise
            purged.failures.append(Failure(vault, UNANSWERED))
        if purged.rows != before:
            changed.append(vault)
    for some in batched(changed, TOTALS_AT_ONCE, strict=False):
        await _total(parts.operators, some)
    purged.vaults = len(changed)
    return purged


async def _due(parts: PurgeParts, now: datetime, since: datetime | None) -> Sequence[VaultId]:
    ages = ALL_KEPT, HOURLY, timedelta(days=parts.vaults.tenancy.retention_days)
    windows = [(BEGINNING, now)] if since is None else [(since - age, now - age) for age in ages]
    found: set[VaultId] = set()
    async with parts.operators.reading() as session:
        for window in windows:
            for statement in (DUE_VERSIONS, DUE_TRASH):
                rows = await run(session, statement, *window)
                found.update(VaultId(TenantId(tenant), UserId(user)) for tenant, user in rows)
    return sorted(found)


async def _purge_vault(
    parts: PurgeParts, vault: VaultId, now: datetime, since: datetime | None, purged: Purged
) -> None:
    standing = await standing_of(parts, vault)
    if standing is None:
        return
    async with parts.vaults.database.reading(vault.tenant_id) as session:  # before the vault is locked
        await parts.vaults.keyring.cipher(session, vault, standing.key_version)
    while await _prune_trash(parts, vault, now, purged):
        pass
    while await _prune_versions(parts, vault, now, purged):
        pass
    if standing.is_active:
        async for versions in thin_out(parts, vault, now, since):
            purged.thinned += versions


async def _prune_trash(parts: PurgeParts, vault: VaultId, now: datetime, purged: Purged) -> bool:
    """Returns whether there may be more."""
    async with parts.vaults.database.writing(vault.tenant_id) as session:
        standing = await locked(parts, session, vault)
        if standing is None:
            return False
        scope = str(vault.tenant_id), vault.user_id
        [(ideas, size)] = await run(session, PRUNE_TRASH, *scope, now - standing.retention, IDEAS_AT_ONCE)
        if ideas:
            await run(session, SHRINK, *scope, size, ideas)
    purged.ideas += ideas
    return bool(ideas == IDEAS_AT_ONCE)


async def _prune_versions(parts: PurgeParts, vault: VaultId, now: datetime, purged: Purged) -> bool:
    """Returns whether there may be more. That versions are missing from now on is stored with the first of them."""
    async with parts.vaults.database.writing(vault.tenant_id) as session:
        standing = await locked(parts, session, vault)
        if standing is None:
            return False
        scope, until = (str(vault.tenant_id), vault.user_id), now - standing.retention
        [(versions, size)] = await run(session, PRUNE_VERSIONS, *scope, until, VERSIONS_AT_ONCE)
        if versions:
            cipher = await sealing_cipher(parts, session, vault, standing)
            await run(session, SHRINK, *scope, size, 0)
            await run(session, PRUNE, *scope, until, PruningSealer.of(cipher).seal(until))
    purged.versions += versions
    return bool(versions == VERSIONS_AT_ONCE)


async def _total(operators: Database, vaults: Iterable[VaultId]) -> None:
    """Has the lists of operators show the new sizes."""
    tenants, users = map(list, zip(*vaults, strict=True))
    async with operators.writing() as session:
        await run(session, POSITION_LOCKED)
        totalled = {row[0] for row in await run(session, TOTAL, tenants, users)}
        await run(session, ADD_UP, sorted(totalled))
