"""Endpoints of the caller's own tenant, /api/v1/tenant, and of the events in it that concern the caller."""

from litestar import Controller
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide

from creatorvault.audit.schemas import AuditEventList, AuditQuery
from creatorvault.core.http.handlers import get
from creatorvault.core.http.inputs import Query
from creatorvault.core.http.paging import ListQuery
from creatorvault.tenants import openapi
from creatorvault.tenants.dependencies import provide_own_events, provide_own_tenant
from creatorvault.tenants.schemas import MemberList, OwnTenant
from creatorvault.tenants.self_service import OwnEvents, TenantSelfService


class TenantController(Controller):
    path = "/api/v1/tenant"
    tags = ["Tenant"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"own": Provide(provide_own_tenant)}

    @get("/", summary="Read your tenant", **openapi.READ)
    async def get_own_tenant(self, own: NamedDependency[TenantSelfService]) -> OwnTenant:
        """Returns usage and quotas of the organization's tenant. For owners and admins of the organization."""
        return await own.overview()

    @get(
        "/members",
        summary="List your tenant's members",
        **openapi.LIST,
    )
    async def list_members(self, asked: Query[ListQuery], own: NamedDependency[TenantSelfService]) -> MemberList:
        """Returns a page of members with their usage, most recently active first. For owners and admins."""
        return await own.members(asked)

    @get(
        "/audit",
        summary="Search your tenant's audit log",
        **openapi.AUDIT,
    )
    async def search_own_audit(
        self, asked: Query[AuditQuery], own: NamedDependency[TenantSelfService]
    ) -> AuditEventList:
        """Returns a page of audit events of the organization's tenant, newest first. For owners and admins."""
        return await own.events(asked)


class OwnEventsController(Controller):
    path = "/api/v1/users/me/events"
    tags = ["Users"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"events": Provide(provide_own_events)}

    @get("/", summary="List the audit events about you", **openapi.OWN_EVENTS)
    async def list_own_events(self, asked: Query[ListQuery], events: NamedDependency[OwnEvents]) -> AuditEventList:
        """Returns a page of audit events of your tenant that concern you or your vault, newest first.

        An owner of your organization who exports your vault is recorded here.
        """
        return await events.page(asked)
