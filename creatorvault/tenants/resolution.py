"""Derives the tenant from a verified identity. It is deterministic, so it needs no look-up and has no race."""

from functools import lru_cache
from typing import Final, NamedTuple
from uuid import UUID, uuid5

from creatorvault.accounts.identity import Identity
from creatorvault.core.identifiers import TenantId
from creatorvault.tenants.models import TenantKind

# A random namespace (RFC 9562 §5.5). Changing it would change the id of every tenant.
NAMESPACE: Final = UUID("6f1c1f0e-6d0b-4e0c-9a4e-2f7b8f3c5d11")


class TenantName(NamedTuple):
    """External name of a tenant: `external_id` is the subject or the organization's id within `realm`."""

    kind: TenantKind
    realm: str
    external_id: str

    @property
    def id(self) -> TenantId:
        return _id_of(self.realm, self.kind.value, self.external_id)


@lru_cache(10_000)
def _id_of(*parts: str) -> TenantId:
    """Prefixes parts with their length, so that two different pairs cannot have the same encoding."""
    return TenantId(uuid5(NAMESPACE, "".join(f"{len(part)}:{part}" for part in parts)))


def tenant_name(identity: Identity) -> TenantName:
    """Returns the organization's tenant if the token names one, else the personal tenant."""
    if identity.org_id is None:
        return TenantName(TenantKind.PERSONAL, identity.realm, identity.subject)
    return TenantName(TenantKind.ORGANIZATION, identity.realm, identity.org_id)


def user_actor(identity: Identity) -> str:
    """Returns the actor of a user in the audit log."""
    return f"user:{identity.realm}/{identity.subject}"


def tenant_id_of(identity: Identity) -> TenantId:
    return tenant_name(identity).id
