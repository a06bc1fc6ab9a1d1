"""Response schemas of erasures."""

from typing import ClassVar, Self
from uuid import UUID

import msgspec

from creatorvault.core.http.schemas import Moment, Prose
from creatorvault.erasure.models import ErasureState, VaultErasure
from creatorvault.erasure.openapi import STATE
from creatorvault.erasure.repositories import TenantRow, is_personal
from creatorvault.tenants.models import Vault


class VaultErasureResponse(msgspec.Struct, frozen=True, kw_only=True):
    """The erasure of one vault: ids and numbers, no content."""

    described: ClassVar[Prose] = STATE

    state: ErasureState
    tenant_id: UUID
    user_id: str
    whole_tenant: bool
    keys: int
    ideas: int
    sealed_bytes: int
    rows: dict[str, int]
    requested_at: Moment
    not_before: Moment
    expires_at: Moment | None
    destroyed_at: Moment | None
    finished_at: Moment | None
    confirmation: str | None
    receipt: str | None

    @classmethod
    def of(
        cls, erasure: VaultErasure, tenant: TenantRow, vault: Vault, keys: int, confirmation: str | None = None
    ) -> Self:
        """`keys` are those that are still stored."""
        return cls(
            state=ErasureState(erasure.state),
            tenant_id=erasure.tenant_id,
            user_id=erasure.user_id,
            whole_tenant=is_personal(tenant),
            keys=keys + len(erasure.keys),
            ideas=vault.idea_count,
            sealed_bytes=vault.sealed_bytes,
            rows=dict(erasure.rows),
            requested_at=erasure.requested_at,
            not_before=erasure.not_before,
            expires_at=erasure.expires_at,
            destroyed_at=erasure.destroyed_at,
            finished_at=erasure.finished_at,
            confirmation=confirmation,
            receipt=erasure.receipt,
        )
