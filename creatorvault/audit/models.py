"""A chain of events for each tenant, and the head of each chain."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Index, Integer, LargeBinary, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


class AuditEvent(SQLModel, table=True):
    """`targets` are names and ids. `address` is a pseudonym for one day. `digest` covers this event and `previous`."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("audit_events_by_time", "tenant_id", "happened_at"),)

    tenant_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    sequence: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    happened_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    actor: str = Field(sa_column=Column(Text, nullable=False))
    verb: str = Field(sa_column=Column(Text, nullable=False))
    targets: dict[str, str] = Field(sa_column=Column(JSONB, nullable=False))
    address: str | None = Field(sa_column=Column(Text, nullable=True))
    outcome: str = Field(sa_column=Column(Text, nullable=False))
    previous: bytes = Field(repr=False, sa_column=Column(LargeBinary, nullable=False))
    digest: bytes = Field(repr=False, sa_column=Column(LargeBinary, nullable=False))


class AuditHead(SQLModel, table=True):
    """The last event of a tenant; its row lock serialises the writers of the chain."""

    __tablename__ = "audit_heads"

    tenant_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    sequence: int = Field(sa_column=Column(BigInteger, nullable=False))
    digest: bytes = Field(repr=False, sa_column=Column(LargeBinary, nullable=False))


class AuditKey(SQLModel, table=True):
    """The service's key for digests and pseudonyms of addresses, wrapped by a root key. The only version is 1."""

    __tablename__ = "audit_keys"
    __table_args__ = {"schema": "keys"}

    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    root_key_id: str = Field(sa_column=Column(Text, nullable=False))
    wrapped: bytes = Field(repr=False, sa_column=Column(LargeBinary, nullable=False))
    created_at: datetime = Field(
        default_factory=lambda: datetime.now(UTC), sa_column=Column(DateTime(timezone=True), nullable=False)
    )
