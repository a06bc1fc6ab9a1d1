"""Request and response schemas of audit events."""

from typing import ClassVar
from uuid import UUID

import msgspec
from pydantic import AwareDatetime

from creatorvault.audit.openapi import EVENT, EVENTS, PROBLEM, QUERY
from creatorvault.core.http.paging import ListQuery, PageQuery
from creatorvault.core.http.schemas import Moment, Prose


class AuditEventResponse(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the audit log."""

    described: ClassVar[Prose] = EVENT

    tenant_id: UUID
    sequence: int
    happened_at: Moment
    actor: str
    verb: str
    targets: dict[str, str]
    address: str | None
    outcome: str


class AuditEventList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of events."""

    described: ClassVar[Prose] = EVENTS

    items: list[AuditEventResponse]
    total: int
    limit: int
    offset: int
    has_more: bool
    next_cursor: str | msgspec.UnsetType | None = msgspec.UNSET


class AuditProblem(msgspec.Struct, frozen=True, kw_only=True):
    """An event that is wrong, or the end of a chain."""

    described: ClassVar[Prose] = PROBLEM

    tenant_id: UUID
    sequence: int
    problem: str


class EventFilters(PageQuery):
    actor: str | None = None
    verb: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class AuditQuery(ListQuery, EventFilters):
    """Filters of the audit log, combined with AND."""

    described = QUERY
