"""Registration of the audit app."""

from typing import Final

from creatorvault.audit.admin import AUDIT
from creatorvault.audit.audit_key import WRAP_CONTEXT
from creatorvault.audit.checks import audit_log_check
from creatorvault.audit.commands import audit
from creatorvault.audit.job import VERIFY
from creatorvault.audit.models import AuditEvent, AuditHead, AuditKey
from creatorvault.audit.parts import audit_parts
from creatorvault.audit.upgrade import prepare_audit_log
from creatorvault.core.database.sealed_data import WrappedTable
from creatorvault.core.database.tenant_data import Tombstone
from creatorvault.management.apps import App

CHAINED: Final = "The log proves what was done to the tenant, its erasure included; it holds ids and no content."

APP: Final = App(
    name="audit",
    database_checks=[audit_log_check],
    upgrade_steps=[prepare_audit_log],
    commands=[audit],
    parts=[audit_parts],
    jobs=[VERIFY],
    wrapped=[WrappedTable(model=AuditKey, key=("version",), context=lambda _: WRAP_CONTEXT)],
    erases=[Tombstone(model=AuditEvent, reason=CHAINED), Tombstone(model=AuditHead, reason=CHAINED)],
    console=[AUDIT],
)
