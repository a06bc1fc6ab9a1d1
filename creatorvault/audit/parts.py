"""Process-wide objects of the audit app."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from creatorvault.audit.auth_failures import REFUSED, AuthFailures
from creatorvault.audit.services import AuditLog
from creatorvault.core.database.sessions import Database
from creatorvault.core.parts import Parts, part_of
from creatorvault.core.telemetry.request_context import RequestContext
from creatorvault.crypto.parts import CryptoParts
from creatorvault.settings.sections import Settings


@dataclass(slots=True)
class AuditParts:
    log: AuditLog
    auth_failures: AuthFailures


@asynccontextmanager
async def audit_parts(parts: Parts) -> AsyncGenerator[AuditParts]:
    settings = parts[Settings]
    log = AuditLog(parts[CryptoParts].root_keys, settings.limits)
    failures = AuthFailures(settings, parts[Database], log)
    try:
        yield AuditParts(log, failures)
    finally:
        await failures.aclose()


def count_auth_failures(context: RequestContext) -> None:
    """A completion hook of the application."""
    if context.status in REFUSED:
        part_of(context.scope["litestar_app"], AuditParts).auth_failures.saw(context)
