"""Operators, and erasures that wait for confirmation."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, Column, DateTime, ForeignKey, LargeBinary, Text, Uuid
from sqlmodel import Field, SQLModel


class Operator(SQLModel, table=True):
    """An operator with a key for the admin API. `key_hash` is `sha256:` and the digest of the key in hexadecimal.

    Earlier versions stored argon2id (`$argon2id$…`). Those keys cannot be converted and are no longer accepted.
    """

    __tablename__ = "operators"

    id: UUID = Field(default_factory=uuid4, sa_column=Column(Uuid, primary_key=True))
    name: str = Field(sa_column=Column(Text, nullable=False))
    key_id: str = Field(sa_column=Column(Text, nullable=False, unique=True))
    key_hash: str = Field(repr=False, sa_column=Column(Text, nullable=False))
    scopes: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    expires_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(DateTime(timezone=True), nullable=True))
    created_at: datetime = Field(
        default_factory=lambda: datetime.now(UTC), sa_column=Column(DateTime(timezone=True), nullable=False)
    )


class TenantErasure(SQLModel, table=True):
    """An erasure that waits for its confirmation. `confirmation` is the SHA-256 of the token that confirms it."""

    __tablename__ = "tenant_erasures"

    tenant_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("tenants.tenant_id", ondelete="RESTRICT"), primary_key=True)
    )
    confirmation: bytes = Field(repr=False, sa_column=Column(LargeBinary, nullable=False))
    requested_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    not_before: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
