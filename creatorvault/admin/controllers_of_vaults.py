"""Erasing a single vault by operators, /api/v1/admin/tenants/{tenant_id}/vaults/{user_id}/erasure."""

from litestar import Controller, Response
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from creatorvault.admin import openapi
from creatorvault.admin.dependencies import provide_vault_erasure
from creatorvault.admin.schemas import ErasureConfirm, VaultErasureWithdrawn, VaultPath
from creatorvault.admin.scopes import Scope
from creatorvault.core.http.handlers import delete, get, post
from creatorvault.core.http.inputs import Body, Path
from creatorvault.erasure.controllers import answered
from creatorvault.erasure.schemas import VaultErasureResponse
from creatorvault.erasure.services import VaultErasureService


class VaultErasureController(Controller):
    path = "/api/v1/admin/tenants/{tenant_id:str}/vaults/{user_id:str}/erasure"
    tags = ["Admin"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"erasure": Provide(provide_vault_erasure)}

    @get("/", summary="Read a vault's erasure", operator=Scope.READ, **openapi.VAULT_ERASURE_READ)
    async def get_vault_erasure(self, erasure: NamedDependency[VaultErasureService]) -> VaultErasureResponse:
        """Returns the state of the erasure, by whomever it was requested, and the receipt when it is finished."""
        return await erasure.state()

    @post(
        "/",
        summary="Ask for a vault's erasure",
        status_code=HTTP_202_ACCEPTED,
        operator=Scope.MANAGE,
        **openapi.VAULT_ERASURE_REQUESTED,
    )
    async def request_vault_erasure(self, erasure: NamedDependency[VaultErasureService]) -> VaultErasureResponse:
        """The first of two steps: the vault's creator is refused from now on. Nothing is destroyed yet."""
        return await erasure.ask()

    @delete(
        "/",
        summary="Withdraw a vault's erasure",
        status_code=HTTP_200_OK,
        operator=Scope.MANAGE,
        **openapi.VAULT_ERASURE_WITHDRAWN,
    )
    async def withdraw_vault_erasure(
        self, path: Path[VaultPath], erasure: NamedDependency[VaultErasureService]
    ) -> VaultErasureWithdrawn:
        """Withdraws an operator's request. The vault is in use again, with all of its data."""
        await erasure.withdraw()
        return VaultErasureWithdrawn(tenant_id=path.tenant_id, user_id=path.user_id)

    @post(
        "/confirm",
        summary="Confirm a vault's erasure",
        status_code=HTTP_200_OK,
        operator=Scope.KEYS,
        **openapi.VAULT_ERASURE_CONFIRMED,
    )
    async def confirm_vault_erasure(
        self, given: Body[ErasureConfirm], erasure: NamedDependency[VaultErasureService]
    ) -> Response[VaultErasureResponse]:
        """The second step: permanently destroys the vault's keys, then its ideas and its stored results."""
        return answered(await erasure.confirm(given.confirmation))
