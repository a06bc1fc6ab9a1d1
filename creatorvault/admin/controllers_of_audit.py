"""Verifications and exports of the audit log, /api/v1/admin/audit."""

from datetime import UTC, datetime

from litestar import Controller
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency, Provide
from litestar.status_codes import HTTP_202_ACCEPTED

from creatorvault.admin import openapi_of_audit
from creatorvault.admin.dependencies import AdminRequest, provide_audit_administration, provide_reads
from creatorvault.admin.reads import OperatorReads
from creatorvault.admin.schemas_of_audit import (
    AuditExportQuery,
    VerificationList,
    VerificationPath,
    VerificationQuery,
    VerificationResponse,
)
from creatorvault.admin.scopes import Scope
from creatorvault.admin.services_of_audit import (
    AuditAdministration,
    exported_lines,
    one_verification,
    verification_page,
)
from creatorvault.core.http.handlers import get, post
from creatorvault.core.http.inputs import Path, Query
from creatorvault.core.http.streaming import StreamedResponse, StreamLimits
from creatorvault.core.parts import part_of
from creatorvault.settings.sections import Settings


class AuditController(Controller):
    path = "/api/v1/admin/audit"
    tags = ["Admin"]
    cache_control = CacheControlHeader(no_store=True)
    dependencies = {"reads": Provide(provide_reads), "audit": Provide(provide_audit_administration)}

    @get("/export", summary="Export the audit log", operator=Scope.READ, **openapi_of_audit.EXPORTED)
    async def export_audit(
        self,
        request: AdminRequest,
        asked: Query[AuditExportQuery],
        reads: NamedDependency[OperatorReads],
        audit: NamedDependency[AuditAdministration],
    ) -> StreamedResponse:
        """Streams events until now as JSON lines, oldest first. Filters combine with AND. The log says who exported."""
        now = datetime.now(UTC)
        await audit.record_export(asked)
        headers = {"Content-Disposition": f'attachment; filename="creatorvault-audit-{now:%Y-%m-%d}.jsonl"'}
        transfer = part_of(request.app, Settings).transfer
        limits = StreamLimits(transfer.export_stalled_seconds, transfer.export_seconds)
        return StreamedResponse(exported_lines(reads, asked, now), "application/jsonl", headers, limits)

    @get("/verifications", summary="List verifications", operator=Scope.READ, **openapi_of_audit.VERIFICATIONS)
    async def list_verifications(
        self, asked: Query[VerificationQuery], reads: NamedDependency[OperatorReads]
    ) -> VerificationList:
        """Returns a page of verifications of the audit log, newest first, with what they have found."""
        return await reads.read(lambda session, keys: verification_page(session, keys, asked))

    @get(
        "/verifications/{verification_id:str}",
        summary="Read a verification",
        operator=Scope.READ,
        **openapi_of_audit.VERIFICATION_READ,
    )
    async def get_verification(
        self, path: Path[VerificationPath], reads: NamedDependency[OperatorReads]
    ) -> VerificationResponse:
        """Returns a verification of the audit log, how far it is, and what it has found."""
        return await reads.read(lambda session, _: one_verification(session, path.verification_id))

    @post(
        "/verifications",
        summary="Verify the audit log",
        status_code=HTTP_202_ACCEPTED,
        operator=Scope.READ,
        **openapi_of_audit.VERIFICATION_REQUESTED,
    )
    async def verify_audit(self, audit: NamedDependency[AuditAdministration]) -> VerificationResponse:
        """Asks for a verification of every chain: finds events that were edited, removed, added or reordered.

        A job does it. Chains that were set back as a whole are found by `creatorvault audit verify --heads` only.
        """
        return await audit.verify()
