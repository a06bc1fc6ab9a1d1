"""Endpoints of the caller's own tenant, /api/v1/tenant."""

from litestar import Controller
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency

from creatorvault.audit.schemas import AuditEventList, AuditQuery
from creatorvault.core.http.handlers import get
from creatorvault.core.http.inputs import Received, accepts
from creatorvault.core.http.paging import PageQuery
from creatorvault.tenants import openapi
from creatorvault.tenants.dependencies import provide_own_tenant
from creatorvault.tenants.schemas import MemberList, OwnTenant
from creatorvault.tenants.self_service import TenantSelfService


class TenantController(Controller):
    path = "/api/v1/tenant"
    tags = ["Tenant"]
    cache_control = CacheControlHeader(no_store=True)

    @get("/", summary="Read your tenant", **accepts(own=provide_own_tenant), **openapi.READ)
    async def get_own_tenant(self, own: NamedDependency[TenantSelfService]) -> OwnTenant:
        """For owners and admins of an organization: usage and quotas of its tenant."""
        return await own.overview()

    @get(
        "/members",
        summary="List your tenant's members",
        **accepts(query=PageQuery, own=provide_own_tenant),
        **openapi.LIST,
    )
    async def list_members(
        self, received: NamedDependency[Received], own: NamedDependency[TenantSelfService]
    ) -> MemberList:
        """For owners and admins of an organization: usage of each member, most recently active first."""
        return await own.members(received.query(PageQuery))

    @get(
        "/audit",
        summary="Search your tenant's audit log",
        **accepts(query=AuditQuery, own=provide_own_tenant),
        **openapi.AUDIT,
    )
    async def search_own_audit(
        self, received: NamedDependency[Received], own: NamedDependency[TenantSelfService]
    ) -> AuditEventList:
        """For owners and admins of an organization: audit events of its tenant, newest first."""
        return await own.events(received.query(AuditQuery))
