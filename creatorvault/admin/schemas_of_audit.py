"""Request and response schemas of verifications and exports of the audit log."""

from collections.abc import Sequence
from typing import Any, ClassVar, Final, Self

import msgspec
from pydantic import AwareDatetime

from creatorvault.admin import openapi_of_audit
from creatorvault.admin.schemas_of_keys import RunNumber, RunState
from creatorvault.audit.schemas import AuditProblem
from creatorvault.core.http.paging import TOTAL, ListQuery
from creatorvault.core.http.schemas import Moment, Prose, RequestModel
from creatorvault.ideas.fields import AnyUuid

_problems: Final = msgspec.json.Decoder(list[AuditProblem])


class AuditExportQuery(RequestModel):
    """Filters of the events, combined with AND. The oldest events come first."""

    described = openapi_of_audit.EXPORT_QUERY

    actor: str | None = None
    verb: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    tenant_id: AnyUuid | None = None


class VerificationPath(RequestModel):
    described = openapi_of_audit.ONE_VERIFICATION

    verification_id: RunNumber


class VerificationQuery(ListQuery):
    """A page of verifications. The newest come first."""


class VerificationResponse(msgspec.Struct, frozen=True, kw_only=True):
    """A verification of the audit log, and how far it is."""

    described: ClassVar[Prose] = openapi_of_audit.VERIFICATION

    verification_id: int
    state: RunState
    job_id: int | None
    requested_by: str
    requested_at: Moment
    changed_at: Moment | None
    finished_at: Moment | None
    events_done: int
    events_total: int
    chains: int
    findings: int
    problems: list[AuditProblem]

    @classmethod
    def of(cls, row: Sequence[Any]) -> Self:
        """The columns are the fields."""
        values = dict(zip(cls.__struct_fields__, row, strict=True))
        return cls(**{**values, "state": RunState(values["state"]), "problems": _problems.decode(values["problems"])})


class VerificationList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of verifications."""

    described: ClassVar[Prose] = {
        "items": (
            "The verifications, newest first.",
            [{name: value for name, (_, value) in openapi_of_audit.VERIFICATION.items()}],
        ),
        **TOTAL,
    }

    items: list[VerificationResponse]
    total: int
    limit: int
    offset: int
    has_more: bool
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET
