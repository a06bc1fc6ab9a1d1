"""Response schemas of the account endpoints."""

from typing import ClassVar

from msgspec import Struct

from creatorvault.accounts.identity import Identity
from creatorvault.accounts.openapi import PROFILE
from creatorvault.core.http.schemas import Moment, Prose
from creatorvault.core.identifiers import TenantId


class UserProfile(Struct, frozen=True, kw_only=True):
    """The caller, as described by the token. The service stores none of it."""

    described: ClassVar[Prose] = PROFILE

    user_id: str
    authenticated: bool = True
    email: str | None = None
    name: str | None = None
    roles: tuple[str, ...] = ()
    tenant_id: TenantId | None = None
    expires_at: Moment | None = None

    @classmethod
    def of(cls, identity: Identity, tenant_id: TenantId) -> "UserProfile":
        return cls(
            user_id=identity.subject,
            email=identity.email,
            name=identity.name,
            roles=identity.roles,
            tenant_id=tenant_id,
            expires_at=identity.expires_at,
        )
