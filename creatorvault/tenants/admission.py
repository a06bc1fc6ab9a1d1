"""Checks before a vault is opened: it and its tenant are in use, and its row was not set back."""

from creatorvault.core.identifiers import VaultId, VaultRevision
from creatorvault.settings.sections import TenancySettings
from creatorvault.tenants.errors import TenantErased, TenantSuspended, TenantUnknown, VaultErased, VaultSetBack
from creatorvault.tenants.models import TenantStatus, VaultStatus
from creatorvault.tenants.parts import VaultParts

type Status = TenantStatus | VaultStatus | None
"""The tenant's, or, in a tenant that is active, that of a vault which is not in use. None if there is no tenant yet."""


def admit(parts: VaultParts, vault: VaultId, status: Status) -> None:
    """Raises as `refuse`."""
    try:
        refuse(status, parts.tenancy)
    except (TenantErased, VaultErased):
        parts.forget(vault)  # another process may have erased it
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


def refuse(status: Status, tenancy: TenancySettings) -> None:
    """Raises TenantSuspended, TenantErased, VaultErased, and TenantUnknown if tenants are not provisioned
    automatically.
    """
    match status:
        case None if not tenancy.auto_provision:
            raise TenantUnknown
        case TenantStatus.SUSPENDED:
            raise TenantSuspended
        case TenantStatus.ERASING | TenantStatus.ERASED:
            raise TenantErased
        case VaultStatus.CLOSED | VaultStatus.DESTROYED:
            raise VaultErased
