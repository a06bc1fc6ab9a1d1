"""What creators are told of their imports."""

from typing import Final

from creatorvault.crypto.cipher import VaultCipher
from creatorvault.tenants.errors import QuotaExceeded
from creatorvault.transfer.formats.imported import Format
from creatorvault.transfer.formats.survey import Survey
from creatorvault.transfer.importing.plans import Growth, Plan
from creatorvault.transfer.importing.repositories import ImportRow
from creatorvault.transfer.importing.schemas import (
    ImportAllowance,
    ImportLoss,
    ImportMapping,
    ImportPreview,
    ImportProblem,
    ImportResponse,
)
from creatorvault.transfer.importing.sealing import ImportReport, open_report

QUOTA_EXCEEDED: Final = "quota_exceeded"
VAULT_CLOSED: Final = "vault_closed"
TAMPERED: Final = "tampered"
ABANDONED: Final = "abandoned"
MESSAGES: Final = {
    QUOTA_EXCEEDED: "A quota is used up",
    VAULT_CLOSED: "The vault or its tenant was suspended or erased",
    TAMPERED: "The stored file does not verify; the operators have been told. Send it again",
    ABANDONED: "The import made no progress for a day. Send the file again",
}
OTHERWISE: Final = "The file could not be read again"


def response_of(row: ImportRow, cipher: VaultCipher) -> ImportResponse:
    """Raises as `open_report`."""
    report = open_report(cipher, row.id, row.format, row.created_at, row.sealed)
    problem = None
    if row.error is not None:
        message = report.message or MESSAGES.get(row.error, OTHERWISE)
        problem = ImportProblem(code=row.error, message=message, where=report.where)
    return ImportResponse(
        id=row.id,
        state=row.state.value,
        format=row.format,
        file_bytes=row.file_bytes,
        total=row.total,
        done=row.done,
        stored=row.stored,
        trashed=row.trashed,
        versions=row.versions,
        known=row.known,
        expired=row.expired,
        error=problem,
        created_at=row.created_at,
        finished_at=row.finished_at,
        mappings=[ImportMapping.of(mapping) for mapping in report.mappings],
        losses=[ImportLoss.of(loss) for loss in report.losses],
    )


def preview_of(found: Format, plan: Plan, growth: Growth, full: QuotaExceeded | None) -> ImportPreview:
    survey = plan.survey(found)
    quotas = ImportAllowance(allowed=True)
    if full is not None:
        quotas = ImportAllowance(allowed=False, quota=full.quota, limit=full.limit)
    return ImportPreview(
        format=found.value,
        ideas=survey.ideas,
        trashed=survey.trashed,
        versions=survey.versions,
        new=growth.new,
        known=growth.known,
        expired=growth.expired,
        sealed_bytes=growth.usage.sealed_bytes,
        retention_days=plan.retention.days,
        quotas=quotas,
        mappings=[ImportMapping.of(mapping) for mapping in survey.mappings],
        losses=[ImportLoss.of(loss) for loss in survey.losses],
    )


def report_of(name: str, survey: Survey) -> ImportReport:
    return ImportReport(name=name, mappings=survey.mappings, losses=survey.losses, settings=survey.settings)
