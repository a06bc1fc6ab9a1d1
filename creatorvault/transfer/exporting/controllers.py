"""Endpoints of exports."""

from litestar import Controller
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_200_OK

from creatorvault.core.http.dispatch import directly
from creatorvault.core.http.handlers import get, post
from creatorvault.core.http.inputs import Body, Query
from creatorvault.core.http.streaming import StreamedResponse
from creatorvault.transfer.exporting import openapi
from creatorvault.transfer.exporting.dependencies import provide_member_exports, provide_own_exports
from creatorvault.transfer.exporting.members import MemberExports
from creatorvault.transfer.exporting.schemas import ExportQuery, ExportRequest
from creatorvault.transfer.exporting.vaults import VaultExports


class ExportController(Controller):
    path = "/api/v1/{user_id:str}/export"
    tags = ["Export"]
    cache_control = CacheControlHeader(no_store=True)
    middleware = [directly]
    dependencies = {"exports": Provide(provide_own_exports)}

    @get("/", summary="Export your vault", **openapi.EXPORT)
    async def export_vault(self, asked: Query[ExportQuery], exports: NamedDependency[VaultExports]) -> StreamedResponse:
        """Streams everything that you have stored: ideas, their earlier versions, the trash, and settings.

        All of it is of one moment. JSON lines and CSV are compressed if `Accept-Encoding` allows gzip. With
        `recipient`, the file is encrypted in the age format.
        """
        return exports.response(asked.request())

    @post("/", summary="Export your vault, encrypted", status_code=HTTP_200_OK, **openapi.EXPORT_BY_POST)
    async def export_vault_encrypted(
        self, given: Body[ExportRequest], exports: NamedDependency[VaultExports]
    ) -> StreamedResponse:
        """Streams the same as GET. A passphrase, which must not be in a URL, encrypts the file in the age format."""
        return exports.response(given)


class MemberExportController(Controller):
    path = "/api/v1/tenant/members/{user_id:str}/export"
    tags = ["Tenant"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"exports": Provide(provide_member_exports)}

    @get("/", summary="Export a member's vault", **openapi.EXPORT_MEMBER)
    async def export_member(
        self, asked: Query[ExportQuery], exports: NamedDependency[MemberExports]
    ) -> StreamedResponse:
        """Streams everything that a member has stored in the organization's tenant. For owners and admins.

        Only if an operator has allowed it for the tenant. The audit log says who exported which vault, and the member
        can see that at `/api/v1/users/me/events`.
        """
        return await exports.response(asked.request())
