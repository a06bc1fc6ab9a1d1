"""Response schemas of the tenant endpoints."""

from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from pydantic import Field

from creatorvault.core.http.schemas import Moment, Prose
from creatorvault.tenants import openapi

RetentionDays = Annotated[int, Field(strict=True, ge=0, le=365)]
"""How long a vault keeps earlier versions and deleted ideas. 0 means not at all."""


class OwnTenant(msgspec.Struct, frozen=True, kw_only=True):
    """Usage and quotas of your organization's tenant."""

    described: ClassVar[Prose] = openapi.TENANT

    tenant_id: UUID
    external_id: str
    created_at: Moment
    members: int
    ideas: int
    sealed_bytes: int
    idea_quota: int | None
    byte_quota: int | None
    vault_idea_quota: int | None
    vault_byte_quota: int | None
    retention_days: int


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """Usage of a member; only the member can read their ideas."""

    described: ClassVar[Prose] = openapi.MEMBER

    user_id: str
    ideas: int
    sealed_bytes: int
    created_at: Moment
    last_activity: Moment


class MemberList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of members."""

    described: ClassVar[Prose] = openapi.MEMBERS

    items: list[Member]
    total: int
    limit: int
    offset: int
    has_more: bool
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET
