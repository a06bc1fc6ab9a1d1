"""Audit events as they are searched and answered."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

import msgspec
from pydantic import AwareDatetime, Field

from creatorvault.audit.openapi import EVENT, EVENTS, QUERY
from creatorvault.core.schemas import Prose, RequestModel

MOST = 2**31


class AuditEventResponse(msgspec.Struct, frozen=True, kw_only=True):
    """Who did what to which ids, when, from where and with which outcome."""

    described: ClassVar[Prose] = EVENT

    tenant_id: UUID
    sequence: int
    happened_at: Annotated[datetime, msgspec.Meta(tz=True)]
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


class AuditQuery(RequestModel):
    """Which events: all that are given must fit."""

    described = QUERY

    limit: int = Field(default=20, ge=1, le=100)
    offset: int = Field(default=0, ge=0, le=MOST)
    actor: str | None = None
    verb: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
