"""Query parameters of the lists of the admin API."""

from typing import Final, Literal

from pydantic import Field

from creatorvault.admin import prose
from creatorvault.audit.schemas import AuditQuery, EventFilters
from creatorvault.core.http.paging import ListQuery, PageQuery
from creatorvault.ideas.fields import AnyUuid
from creatorvault.tenants.models import TenantKind, TenantStatus
from creatorvault.tenants.openapi import TENANT_ID

HIGHEST_VERSION: Final = 2**31 - 1  # of an integer column


class TenantFilters(PageQuery):
    status: TenantStatus | None = None
    kind: TenantKind | None = None
    realm: str | None = None
    external_id: str | None = None
    sort: Literal["created_at", "ideas", "sealed_bytes", "last_activity"] = "created_at"
    order: Literal["asc", "desc"] = "desc"


class TenantQuery(ListQuery, TenantFilters):
    """Filters of the tenant list, combined with AND."""

    described = prose.TENANT_QUERY

    q: str | None = None


class VaultFilters(PageQuery):
    tenant_id: AnyUuid | None = None
    user_id: str | None = None
    key_version: int | None = Field(default=None, ge=0, le=HIGHEST_VERSION)


class VaultQuery(ListQuery, VaultFilters):
    """Filters of the vault list, combined with AND. The most recently changed come first."""

    described = prose.VAULT_QUERY

    q: str | None = None


class AdminEventFilters(EventFilters):
    tenant_id: AnyUuid | None = None


class AdminAuditQuery(AuditQuery, AdminEventFilters):
    """Filters of the audit log, combined with AND. The newest events come first."""

    described = {**AuditQuery.described, "tenant_id": ("Only events of this tenant.", str(TENANT_ID))}
