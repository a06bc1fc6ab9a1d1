"""Descriptions and examples of verifications and exports of the audit log for the OpenAPI document."""

from http import HTTPStatus
from typing import Any, Final

from creatorvault.admin.errors import VerificationNotFound, VerificationUnderWay
from creatorvault.admin.openapi import admin
from creatorvault.admin.openapi_of_keys import JOB_ID, REQUESTED_BY, invalid_number
from creatorvault.admin.scopes import Scope
from creatorvault.audit.openapi import FILTERS, OPERATOR
from creatorvault.core.errors import RequestInvalid
from creatorvault.core.http.paging import LIMIT_TOO_HIGH, CursorInvalid
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.headers import CONTENT_DISPOSITION
from creatorvault.core.openapi.responses import DocumentedResponse
from creatorvault.tenants.openapi import TENANT_ID

EXPORT_QUERY: Final[Prose] = {**FILTERS, "tenant_id": ("Only events of this tenant.", str(TENANT_ID))}
ONE_VERIFICATION: Final[Prose] = {"verification_id": ("Number of the verification.", 2)}
VERIFICATION: Final[Prose] = {
    **ONE_VERIFICATION,
    "state": (
        "`waiting`, `running`, `finished`, `failed`: its job is not run again unless it is retried, or `unattended`: "
        "its job was cancelled.",
        "finished",
    ),
    "job_id": JOB_ID,
    "requested_by": (f"{REQUESTED_BY}.", OPERATOR),
    "requested_at": ("Time at which it was asked for, UTC.", "2026-11-30T10:00:00Z"),
    "changed_at": ("Time at which the figures were stored, UTC; null before it runs.", "2026-11-30T10:00:02Z"),
    "finished_at": ("Time at which it was finished, UTC.", "2026-11-30T10:00:02Z"),
    "events_done": ("Number of events that were read.", 5400),
    "events_total": ("Number of events when it was begun.", 5400),
    "chains": ("Number of chains that were read: one for each tenant with events, and that of the service.", 41),
    "findings": ("Number of events that were edited, removed, added or reordered outside of the service.", 0),
    "problems": ("The first of them, at most 20.", []),
}
_LINE: Final = (
    '{"tenant_id":"5b0d7a36-51d5-5f63-9c3e-7d1f0d0a4b10","sequence":3,"happened_at":"2026-11-22T21:10:00.123456Z",'
    f'"actor":"{OPERATOR}","verb":"tenant.suspended","targets":{{}},"address":"9f86d081884c7d65","outcome":"done"}}\n'
)
CONTENT: Final[dict[str, Any]] = {
    "application/jsonl": {"schema": {"type": "string"}, "examples": {"An event": {"value": _LINE}}}
}
WRONG_TIME: Final = RequestInvalid(
    [
        {
            "type": "timezone_aware",
            "loc": ("query", "since"),
            "msg": "Input should have timezone info",
            "input": "2026-11-22T00:00:00",
        }
    ]
)
VERIFICATIONS: Final = admin(
    Scope.READ, DocumentedResponse(description="A page of verifications."), LIMIT_TOO_HIGH, CursorInvalid()
)
VERIFICATION_READ: Final = admin(
    Scope.READ,
    DocumentedResponse(description="The verification."),
    VerificationNotFound(2),
    invalid_number("verification_id"),
)
VERIFICATION_REQUESTED: Final = admin(
    Scope.READ,
    DocumentedResponse(description="The verification, which a job does.", status=HTTPStatus.ACCEPTED),
    VerificationUnderWay(),
)
EXPORTED: Final = admin(
    Scope.READ,
    DocumentedResponse(
        description="The events as JSON lines. A response that was cut off ends with a reset of the connection.",
        headers=(CONTENT_DISPOSITION,),
        content=CONTENT,
    ),
    WRONG_TIME,
)
