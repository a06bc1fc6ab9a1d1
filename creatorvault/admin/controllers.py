"""The admin API, /api/v1/admin."""

from litestar import Controller
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from creatorvault.admin import openapi
from creatorvault.admin.dependencies import AdminRequest, provide_administration, provide_erasure, provide_overview
from creatorvault.admin.erasure import Erasure
from creatorvault.admin.parts import AdminParts
from creatorvault.admin.schemas import (
    AdminAuditQuery,
    ErasureConfirm,
    ErasureDone,
    ErasureRequested,
    Figures,
    RootKeyList,
    TenantCreate,
    TenantList,
    TenantPath,
    TenantQuery,
    TenantQuotas,
    TenantResponse,
    VaultList,
    VaultQuery,
)
from creatorvault.admin.scopes import Scope
from creatorvault.admin.services import Administration, Overview, ProcessFigures
from creatorvault.audit.schemas import AuditEventList
from creatorvault.core.http.handlers import delete, get, post, put
from creatorvault.core.http.inputs import Body, Path, Query
from creatorvault.core.identifiers import TenantId
from creatorvault.core.parts import part_of


class AdminController(Controller):
    path = "/api/v1/admin"
    tags = ["Admin"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {
        "overview": Provide(provide_overview),
        "administration": Provide(provide_administration),
        "erasure": Provide(provide_erasure),
    }

    @get(
        "/status",
        summary="The service in figures",
        operator=Scope.READ,
        **openapi.FIGURED,
    )
    async def get_status(self, request: AdminRequest, overview: NamedDependency[Overview]) -> Figures:
        """How much there is, and what the answering process holds of it."""
        return await overview.figures(ProcessFigures.of(part_of(request.app, AdminParts)))

    @get(
        "/tenants",
        summary="List tenants",
        operator=Scope.READ,
        **openapi.TENANTS,
    )
    async def list_tenants(self, asked: Query[TenantQuery], overview: NamedDependency[Overview]) -> TenantList:
        """One page of the tenants: status, quotas, sizes, last activity. Filters combine with AND."""
        return await overview.tenants(asked)

    @post(
        "/tenants",
        summary="Create a tenant",
        operator=Scope.MANAGE,
        **openapi.CREATED,
    )
    async def create_tenant(
        self, given: Body[TenantCreate], administration: NamedDependency[Administration]
    ) -> TenantResponse:
        """Needed where tenants do not come to be by themselves (`tenancy.auto_provision = false`)."""
        return await administration.create(given)

    @get(
        "/tenants/{tenant_id:str}",
        summary="Read a tenant",
        operator=Scope.READ,
        **openapi.TENANT_READ,
    )
    async def get_tenant(self, path: Path[TenantPath], overview: NamedDependency[Overview]) -> TenantResponse:
        """One tenant: status, quotas, sizes, last activity."""
        return await overview.tenant(TenantId(path.tenant_id))

    @post(
        "/tenants/{tenant_id:str}/suspend",
        summary="Suspend a tenant",
        status_code=HTTP_200_OK,
        operator=Scope.MANAGE,
        **openapi.CHANGED,
    )
    async def suspend_tenant(
        self, path: Path[TenantPath], administration: NamedDependency[Administration]
    ) -> TenantResponse:
        """From now on its creators are answered 403; nothing of theirs is changed."""
        return await administration.suspend(TenantId(path.tenant_id))

    @post(
        "/tenants/{tenant_id:str}/resume",
        summary="Resume a tenant",
        status_code=HTTP_200_OK,
        operator=Scope.MANAGE,
        **openapi.CHANGED,
    )
    async def resume_tenant(
        self, path: Path[TenantPath], administration: NamedDependency[Administration]
    ) -> TenantResponse:
        """Lets the creators of a suspended tenant in again."""
        return await administration.resume(TenantId(path.tenant_id))

    @put(
        "/tenants/{tenant_id:str}/quotas",
        summary="Set a tenant's quotas",
        operator=Scope.MANAGE,
        **openapi.LIMITED,
    )
    async def set_quotas(
        self, path: Path[TenantPath], given: Body[TenantQuotas], administration: NamedDependency[Administration]
    ) -> TenantResponse:
        """Replaces all four. One that is lower than what is there refuses growth and deletes nothing."""
        return await administration.set_quotas(TenantId(path.tenant_id), given)

    @post(
        "/tenants/{tenant_id:str}/erasure",
        summary="Ask for a tenant's erasure",
        status_code=HTTP_202_ACCEPTED,
        operator=Scope.MANAGE,
        **openapi.ERASURE_REQUESTED,
    )
    async def request_erasure(self, request: AdminRequest, erasure: NamedDependency[Erasure]) -> ErasureRequested:
        """The first of two steps: its creators are refused from now on, and nothing is destroyed yet."""
        return await erasure.request(part_of(request.app, AdminParts).settings.erasure_delay_seconds)

    @delete(
        "/tenants/{tenant_id:str}/erasure",
        summary="Withdraw a tenant's erasure",
        status_code=HTTP_200_OK,
        operator=Scope.MANAGE,
        **openapi.CHANGED,
    )
    async def withdraw_erasure(self, erasure: NamedDependency[Erasure]) -> TenantResponse:
        """The tenant is suspended afterwards, with everything that it had."""
        return await erasure.withdraw()

    @post(
        "/tenants/{tenant_id:str}/erasure/confirm",
        summary="Confirm a tenant's erasure",
        status_code=HTTP_200_OK,
        operator=Scope.KEYS,
        **openapi.ERASURE_CONFIRMED,
    )
    async def confirm_erasure(
        self, request: AdminRequest, given: Body[ErasureConfirm], erasure: NamedDependency[Erasure]
    ) -> ErasureDone:
        """The second step: destroys the keys of all its vaults, its ideas and what was kept for retries, for good."""
        done, vaults = await erasure.confirm(given.confirmation)
        parts = part_of(request.app, AdminParts)
        for vault in vaults:
            parts.vaults.forget(vault)
        return done

    @get(
        "/vaults",
        summary="List vaults",
        operator=Scope.READ,
        **openapi.VAULTS,
    )
    async def list_vaults(self, asked: Query[VaultQuery], overview: NamedDependency[Overview]) -> VaultList:
        """One page of the vaults: sizes, key versions, last activity. Filters combine with AND."""
        return await overview.vaults(asked)

    @get(
        "/root-keys",
        summary="List the root keys in use",
        operator=Scope.KEYS,
        **openapi.ROOT_KEYS,
    )
    async def list_root_keys(self, overview: NamedDependency[Overview]) -> RootKeyList:
        """Which root keys wrap how many vault keys: ids and numbers, no keys."""
        return await overview.root_keys()

    @get(
        "/audit",
        summary="Search the audit log",
        operator=Scope.READ,
        **openapi.AUDIT,
    )
    async def search_audit(self, asked: Query[AdminAuditQuery], overview: NamedDependency[Overview]) -> AuditEventList:
        """One page of events, the newest first. Filters combine with AND."""
        return await overview.events(asked)
