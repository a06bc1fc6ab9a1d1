"""From a verified identity to the tenant it works in. Deterministic, so it needs no look-up and has no race."""

from typing import Final
from uuid import UUID, uuid5

from creatorvault.accounts.identity import Identity
from creatorvault.core.identifiers import TenantId, VaultId
from creatorvault.tenants.models import TenantKind

# A random namespace (RFC 9562 §5.5). Changing it would re-key every tenant.
NAMESPACE: Final = UUID("6f1c1f0e-6d0b-4e0c-9a4e-2f7b8f3c5d11")


def tenant_kind(identity: Identity) -> TenantKind:
    return TenantKind.PERSONAL if identity.org_id is None else TenantKind.ORGANIZATION


def tenant_id(identity: Identity) -> TenantId:
    """The organization's tenant when the token names one, else the creator's own.

    Parts are prefixed with their length, so that no realm and name run into another pair's.
    """
    name = identity.subject if identity.org_id is None else identity.org_id
    parts = (identity.realm, tenant_kind(identity).value, name)
    return TenantId(uuid5(NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts)))


def vault_id(identity: Identity) -> VaultId:
    return VaultId(tenant_id(identity), identity.subject)
