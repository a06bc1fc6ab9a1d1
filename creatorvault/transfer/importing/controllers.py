"""The imports API, /api/v1/{user_id}/imports."""

from http import HTTPStatus
from typing import Final, cast
from urllib.parse import quote

from litestar import Controller, Response
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_200_OK, HTTP_202_ACCEPTED

from creatorvault.core.http.handlers import delete, get, post
from creatorvault.core.http.inputs import Path, Query
from creatorvault.core.http.paging import ListQuery
from creatorvault.core.http.responses import StructResponse
from creatorvault.core.identifiers import VaultId
from creatorvault.core.openapi.responses import DocumentedResponse, documents
from creatorvault.core.parts import part_of
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.tenants.resolution import tenant_id_of
from creatorvault.transfer.importing import openapi
from creatorvault.transfer.importing.dependencies import ImportsRequest, provide_imports
from creatorvault.transfer.importing.schemas import (
    ImportListResponse,
    ImportPath,
    ImportPreview,
    ImportQuery,
    ImportResponse,
)
from creatorvault.transfer.importing.services import ImportService
from creatorvault.transfer.importing.uploads import received
from creatorvault.transfer.parts import TransferParts

PREVIEWED: Final = DocumentedResponse(
    description="With `preview=true`: what the import would do. Nothing is stored.",
    status=HTTPStatus.OK,
    model=ImportPreview,
)


class ImportController(Controller):
    path = "/api/v1/{user_id:str}/imports"
    tags = ["Imports"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"imports": Provide(provide_imports)}

    @post(
        "/",
        summary="Move ideas in from a file",
        status_code=HTTP_202_ACCEPTED,
        **documents(openapi.ACCEPTED, PREVIEWED, *openapi.REFUSALS, file=openapi.FILE),
    )
    async def create_import(
        self, request: ImportsRequest, asked: Query[ImportQuery], imports: NamedDependency[ImportService]
    ) -> Response[ImportResponse]:
        """Takes an export of CreatorVault, Markdown pages, a Notion export, a Trello board or a CSV file.

        Send the file as the body, or as the field `file` of a form. It is read as a whole: a file that is broken or
        hostile is refused, and nothing is stored. Otherwise it is stored, sealed, until a job has imported it; read its
        progress at `Location`. Ideas that the vault has already are left as they are, so a file may be sent again.

        With an `Idempotency-Key` header, a repeated request is accepted once.
        """
        parts = part_of(request.app, TransferParts)
        with parts.uploads.taken(VaultId(tenant_id_of(request.user), request.user.subject)):
            slices = TimeSlice(parts.budget)
            upload = await received(request, parts.settings.import_bytes, parts.body_seconds, slices)
            upload = upload.said_to_be(asked.format)
            if asked.preview:
                return _previewed(await imports.preview(upload, asked.format))
            accepted = await imports.accept(upload, asked.format)
        own = f"/api/v1/{quote(request.user.subject, safe='')}/imports"
        return StructResponse(accepted, {"Location": f"{own}/{accepted.id}"})

    @get("/", summary="List your imports", **openapi.LIST)
    async def list_imports(
        self, asked: Query[ListQuery], imports: NamedDependency[ImportService]
    ) -> Response[ImportListResponse]:
        """Returns a page of imports, the newest first. Those that have ended are forgotten after 30 days."""
        return StructResponse(await imports.page(asked), {})

    @get("/{import_id:str}", summary="Read an import", **openapi.READ)
    async def get_import(
        self, path: Path[ImportPath], imports: NamedDependency[ImportService]
    ) -> Response[ImportResponse]:
        """Returns the progress of an import, or how it ended, with all mapped fields and losses."""
        return StructResponse(await imports.get(path.import_id), {})

    @delete("/{import_id:str}", summary="Cancel and forget an import", **openapi.CANCEL)
    async def delete_import(self, path: Path[ImportPath], imports: NamedDependency[ImportService]) -> None:
        """Cancels the import if it has not ended, and deletes what is stored of it. Ideas that it has stored stay."""
        await imports.cancel(path.import_id)


def _previewed(preview: ImportPreview) -> Response[ImportResponse]:
    response = StructResponse(preview, {})
    response.status_code = HTTP_200_OK
    return cast("Response[ImportResponse]", response)
