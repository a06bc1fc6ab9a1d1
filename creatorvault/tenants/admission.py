"""Checks before a vault is opened: its tenant is active, and its row was not set back."""

from creatorvault.core.identifiers import VaultId, VaultRevision
from creatorvault.settings.sections import TenancySettings
from creatorvault.tenants.errors import TenantErased, TenantSuspended, TenantUnknown, VaultSetBack
from creatorvault.tenants.models import TenantStatus
from creatorvault.tenants.parts import VaultParts


def admit(parts: VaultParts, vault: VaultId, status: TenantStatus | None) -> None:
    """Raises as `refuse`."""
    try:
        refuse(status, parts.tenancy)
    except TenantErased:
        parts.forget(vault)  # another process may have erased the tenant
        raise


def check_not_set_back(
    parts: VaultParts, vault: VaultId, known: VaultRevision | None, revision: VaultRevision | None
) -> None:
    """Raises VaultSetBack, as `SeenRevisions.check`."""
    try:
        parts.revisions.check(vault, known, revision)
    except VaultSetBack:
        parts.forget(vault)  # a key created since then may have been lost as well
        raise


def refuse(status: TenantStatus | None, tenancy: TenancySettings) -> None:
    """Raises TenantSuspended, TenantErased, and TenantUnknown if tenants are not provisioned automatically."""
    match status:
        case None if not tenancy.auto_provision:
            raise TenantUnknown
        case TenantStatus.SUSPENDED:
            raise TenantSuspended
        case TenantStatus.ERASING | TenantStatus.ERASED:
            raise TenantErased
