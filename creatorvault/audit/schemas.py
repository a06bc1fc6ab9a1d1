"""Audit events as they are searched and answered."""

from typing import ClassVar
from uuid import UUID

import msgspec
from pydantic import AwareDatetime

from creatorvault.audit.openapi import EVENT, EVENTS, QUERY
from creatorvault.core.http.paging import PageQuery
from creatorvault.core.http.schemas import Moment, Prose


class AuditEventResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what to which ids, when, from where and with which outcome."""

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


class AuditQuery(PageQuery):
    """Which events: all that are given must fit."""

    described = QUERY

    actor: str | None = None
    verb: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
