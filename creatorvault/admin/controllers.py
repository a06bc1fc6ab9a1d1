"""The admin API, /api/v1/admin."""

from litestar import Controller
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from creatorvault.admin import openapi
from creatorvault.admin.dependencies import AdminRequest, provide_administration, provide_erasure, provide_reads
from creatorvault.admin.erasure import Erasure
from creatorvault.admin.parts import AdminParts
from creatorvault.admin.queries import AdminAuditQuery, TenantQuery, VaultQuery
from creatorvault.admin.reads import OperatorReads
from creatorvault.admin.schemas import (
    ErasureConfirm,
    ErasureDone,
    ErasureRequested,
    Figures,
    RootKeyList,
    TenantCreate,
    TenantList,
    TenantOwnerExport,
    TenantPath,
    TenantQuotas,
    TenantResponse,
    TenantRetention,
    TenantRootKey,
    VaultList,
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
        "reads": Provide(provide_reads),
        "administration": Provide(provide_administration),
        "erasure": Provide(provide_erasure),
    }

    @get(
        "/status",
        summary="The service in figures",
        operator=Scope.READ,
        **openapi.FIGURED,
    )
    async def get_status(self, request: AdminRequest, reads: NamedDependency[OperatorReads]) -> Figures:
        """Returns figures of the service and of the responding process."""
        process = ProcessFigures.of(part_of(request.app, AdminParts))
        return await reads.answer(lambda overview: overview.figures(process))

    @get(
        "/tenants",
        summary="List tenants",
        operator=Scope.READ,
        **openapi.TENANTS,
    )
    async def list_tenants(self, asked: Query[TenantQuery], reads: NamedDependency[OperatorReads]) -> TenantList:
        """Returns a page of tenants: status, quotas, sizes, last activity. Filters combine with AND."""
        return await reads.answer(lambda overview: overview.tenants(asked))

    @post(
        "/tenants",
        summary="Create a tenant",
        operator=Scope.MANAGE,
        **openapi.CREATED,
    )
    async def create_tenant(
        self, given: Body[TenantCreate], administration: NamedDependency[Administration]
    ) -> TenantResponse:
        """Creates a tenant. Required if tenants are not created automatically (`tenancy.auto_provision = false`)."""
        return await administration.create(given)

    @get(
        "/tenants/{tenant_id:str}",
        summary="Read a tenant",
        operator=Scope.READ,
        **openapi.TENANT_READ,
    )
    async def get_tenant(self, path: Path[TenantPath], reads: NamedDependency[OperatorReads]) -> TenantResponse:
        """Returns a tenant: status, quotas, sizes, last activity."""
        return await reads.answer(lambda overview: overview.tenant(TenantId(path.tenant_id)))

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
        """Suspends the tenant: its creators get 403 from now on. Their data is not changed."""
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
        """Restores access for the creators of a suspended tenant."""
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
        """Replaces all four quotas. A quota below the current usage refuses growth and deletes nothing."""
        return await administration.set_quotas(TenantId(path.tenant_id), given)

    @put(
        "/tenants/{tenant_id:str}/root-key",
        summary="Set a tenant's root key",
        operator=Scope.KEYS,
        **openapi.ROOT_KEY_SET,
    )
    async def set_root_key(
        self,
        request: AdminRequest,
        path: Path[TenantPath],
        given: Body[TenantRootKey],
        administration: NamedDependency[Administration],
    ) -> TenantResponse:
        """Sets the root key that wraps the keys of the tenant's vaults from now on, after trying it.

        Keys that are already wrapped stay as they are.
        """
        root_keys = part_of(request.app, AdminParts).root_keys
        return await administration.set_root_key(TenantId(path.tenant_id), given.root_key_id, root_keys)

    @put(
        "/tenants/{tenant_id:str}/retention",
        summary="Set a tenant's retention",
        operator=Scope.MANAGE,
        **openapi.RETAINED,
    )
    async def set_retention(
        self, path: Path[TenantPath], given: Body[TenantRetention], administration: NamedDependency[Administration]
    ) -> TenantResponse:
        """Sets how long vaults that have not chosen keep earlier versions and deleted ideas.

        What is too old is not shown from now on, and is deleted by the next purge.
        """
        return await administration.set_retention(TenantId(path.tenant_id), given)

    @put(
        "/tenants/{tenant_id:str}/owner-export",
        summary="Allow owners to export members' vaults",
        operator=Scope.MANAGE,
        **openapi.OWNER_EXPORT_SET,
    )
    async def set_owner_export(
        self, path: Path[TenantPath], given: Body[TenantOwnerExport], administration: NamedDependency[Administration]
    ) -> TenantResponse:
        """Sets whether owners and admins of the organization may export the vaults of its members.

        Operators themselves cannot export anything.
        """
        return await administration.set_owner_export(TenantId(path.tenant_id), allowed=given.owner_export)

    @post(
        "/tenants/{tenant_id:str}/erasure",
        summary="Ask for a tenant's erasure",
        status_code=HTTP_202_ACCEPTED,
        operator=Scope.MANAGE,
        **openapi.ERASURE_REQUESTED,
    )
    async def request_erasure(self, request: AdminRequest, erasure: NamedDependency[Erasure]) -> ErasureRequested:
        """The first of two steps: the tenant's creators are refused from now on. Nothing is destroyed yet."""
        return await erasure.request(part_of(request.app, AdminParts).settings.erasure_delay_seconds)

    @delete(
        "/tenants/{tenant_id:str}/erasure",
        summary="Withdraw a tenant's erasure",
        status_code=HTTP_200_OK,
        operator=Scope.MANAGE,
        **openapi.CHANGED,
    )
    async def withdraw_erasure(self, erasure: NamedDependency[Erasure]) -> TenantResponse:
        """Withdraws the request for erasure. The tenant is suspended afterwards, with all of its data."""
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
        """The second step: permanently destroys the keys of all its vaults, its ideas and its stored results."""
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
    async def list_vaults(self, asked: Query[VaultQuery], reads: NamedDependency[OperatorReads]) -> VaultList:
        """Returns a page of vaults: sizes, key versions, last activity. Filters combine with AND."""
        return await reads.answer(lambda overview: overview.vaults(asked))

    @get(
        "/root-keys",
        summary="List the root keys in use",
        operator=Scope.KEYS,
        **openapi.ROOT_KEYS,
    )
    async def list_root_keys(self, reads: NamedDependency[OperatorReads]) -> RootKeyList:
        """Returns how many vault keys each root key wraps: ids and numbers, no keys."""
        return await reads.answer(Overview.root_keys)

    @get(
        "/audit",
        summary="Search the audit log",
        operator=Scope.READ,
        **openapi.AUDIT,
    )
    async def search_audit(
        self, asked: Query[AdminAuditQuery], reads: NamedDependency[OperatorReads]
    ) -> AuditEventList:
        """Returns a page of events, newest first. Filters combine with AND."""
        return await reads.answer(lambda overview: overview.events(asked))
