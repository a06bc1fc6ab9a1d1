"""Identifiers of tenants, users and vaults. A vault holds one creator's ideas in one tenant."""

from typing import NamedTuple, NewType
from uuid import UUID

TenantId = NewType("TenantId", UUID)
UserId = NewType("UserId", str)
IdeaId = NewType("IdeaId", UUID)
VaultRevision = NewType("VaultRevision", int)
KeyVersion = NewType("KeyVersion", int)


class VaultId(NamedTuple):
    """The key of `vaults`; `user_id` is the subject of the token, `tenant_id` is selected by the token's claims."""

    tenant_id: TenantId
    user_id: UserId


class VaultVersion(NamedTuple):
    """How a vault is at one moment. `digest` combines the stamps of its ideas by exclusive or.

    The revision grows by one with every change. After a failover that lost commits it may be given again; the digest is
    another one then.
    """

    revision: VaultRevision
    digest: int
    idea_count: int


def vault_ids(vault: VaultId) -> dict[str, str]:
    """Returns the ids that an alarm reports for a vault."""
    return {"tenant_id": str(vault.tenant_id), "user_id": vault.user_id}
