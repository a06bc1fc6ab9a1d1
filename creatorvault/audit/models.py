"""A chain of events for each tenant, the head of each chain, and verifications of all chains."""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_ZERO: Final = {"server_default": "0"}


class AuditEvent(SQLModel, table=True):
    """`targets` are names and ids. `address` is a pseudonym for one day. `digest` covers this event and `previous`."""

    __tablename__ = "audit_events"
    __table_args__ = (
        Index("audit_events_by_time", "tenant_id", "happened_at"),
        Index("audit_events_of_all_by_time", "happened_at", "tenant_id", "sequence"),
        Index("audit_events_by_verb", "verb"),
        Index("audit_events_by_actor", "actor"),
        Index("audit_events_by_user", "tenant_id", text("(targets ->> 'user_id'::text)"), "happened_at"),
    )

    tenant_id: UUID = Field(primary_key=True)
    sequence: int = Field(primary_key=True, sa_type=BigInteger)
    happened_at: datetime
    actor: str = Field(sa_type=Text)
    verb: str = Field(sa_type=Text)
    targets: dict[str, str] = Field(sa_type=JSONB)
    address: str | None = Field(sa_type=Text)
    outcome: str = Field(sa_type=Text)
    previous: bytes = Field(repr=False)
    digest: bytes = Field(repr=False)


class AuditHead(SQLModel, table=True):
    """The last event of a tenant; its row lock serialises the writers of the chain."""

    __tablename__ = "audit_heads"

    tenant_id: UUID = Field(primary_key=True)
    sequence: int = Field(sa_type=BigInteger)
    digest: bytes = Field(repr=False)


class AuditKey(SQLModel, table=True):
    """The service's key for digests and pseudonyms of addresses, wrapped by a root key. The only version is 1."""

    __tablename__ = "audit_keys"
    __table_args__ = {"schema": "keys"}

    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    root_key_id: str = Field(sa_type=Text)
    wrapped: bytes = Field(repr=False)
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))


class AuditVerification(SQLModel, table=True):
    """A verification that the actor `requested_by` has asked for. Its job counts what it has read.

    `findings` is the number of events that are wrong, `problems` the first of them.
    """

    __tablename__ = "audit_verifications"

    verification_id: int | None = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=True)]
    )
    requested_by: str = Field(sa_type=Text)
    requested_at: datetime
    changed_at: datetime | None = None
    finished_at: datetime | None = None
    events_done: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    events_total: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    chains: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    findings: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    problems: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'::jsonb")}
    )
