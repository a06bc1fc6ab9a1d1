"""How long a vault keeps earlier versions and deleted ideas, and what goes when it keeps nothing any more."""

from datetime import UTC, datetime
from typing import Final

from creatorvault.core.database.sessions import run
from creatorvault.history.schemas import RetentionSource, VaultSettings
from creatorvault.history.statements.retention import (
    CHOOSE,
    CHOSEN,
    FORGET_TRASH,
    FORGET_VERSIONS,
    OWN_CHOICE,
    PRUNE,
    SHRINK,
    TENANTS_CHOICE,
)
from creatorvault.ideas.history.sealing import PruningSealer
from creatorvault.tenants.opening import LockedVault, VaultView

NOTHING: Final = 0


async def read_settings(retention_days: int, vault: VaultView) -> VaultSettings:
    """`retention_days` is the settings' default."""
    seen = await vault.look(CHOSEN)
    own, tenants = seen.rows[0][OWN_CHOICE], seen.rows[0][TENANTS_CHOICE]
    if own is not None:
        effective, source = own, RetentionSource.VAULT
    elif tenants is not None:
        effective, source = tenants, RetentionSource.TENANT
    else:
        effective, source = retention_days, RetentionSource.SERVICE
    return VaultSettings(retention_days=own, effective_retention_days=effective, retention_chosen_by=source)


async def choose_retention(chosen: int | None, default: int, vault: LockedVault) -> VaultSettings:
    """Deletes all versions and the trash if nothing is kept from now on. `default` is that of the settings."""
    await run(vault.session, CHOOSE, str(vault.id.tenant_id), vault.id.user_id, chosen, datetime.now(UTC))
    settings = await read_settings(default, vault)
    if settings.effective_retention_days == NOTHING:
        await _forget_everything(vault)
    return settings


async def _forget_everything(vault: LockedVault) -> None:
    scope = str(vault.id.tenant_id), vault.id.user_id
    [(versions, version_bytes, last_replaced)] = await run(vault.session, FORGET_VERSIONS, *scope)
    [(trashed, trash_bytes)] = await run(vault.session, FORGET_TRASH, *scope)
    if versions or trashed:
        await run(vault.session, SHRINK, *scope, version_bytes + trash_bytes, trashed)
    if versions:
        # The clock of the process that has replaced the last one may be ahead.
        until = max(datetime.now(UTC), last_replaced)
        await run(vault.session, PRUNE, *scope, until, PruningSealer.of(vault.cipher).seal(until))
