"""Tenants and vaults. `tenant_id` leads every key, so that tables can be distributed by tenant without re-keying."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Column, DateTime, ForeignKey, Integer, Text, Uuid, false
from sqlmodel import Field, SQLModel


class TenantKind(StrEnum):
    """The tenant of one creator, or of an organization."""

    PERSONAL = "personal"
    ORGANIZATION = "organization"


def _now() -> datetime:
    return datetime.now(UTC)


class TenantStatus(StrEnum):
    """`suspended` is refused and can be resumed, `erasing` waits for confirmation, `erased` is final."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ERASING = "erasing"
    ERASED = "erased"


class Tenant(SQLModel, table=True):
    """A personal tenant of one creator, or an organization's.

    `external_id` is the subject or the organization's id within `realm`. A null quota means the settings' default.
    """

    __tablename__ = "tenants"

    tenant_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    kind: str = Field(sa_column=Column(Text, nullable=False))
    realm: str = Field(sa_column=Column(Text, nullable=False))
    external_id: str = Field(sa_column=Column(Text, nullable=False))
    status: str = Field(default=TenantStatus.ACTIVE.value, sa_column=Column(Text, nullable=False))
    idea_quota: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    byte_quota: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    vault_idea_quota: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    vault_byte_quota: int | None = Field(default=None, sa_column=Column(BigInteger, nullable=True))
    created_at: datetime = Field(default_factory=_now, sa_column=Column(DateTime(timezone=True), nullable=False))


class Vault(SQLModel, table=True):
    """One creator's ideas in one tenant.

    `revision` grows by one with every committed change to the vault's ideas, under this row's lock. `digest` combines
    the stamps of its ideas by exclusive or. `idea_count` and `sealed_bytes`, the size of their ciphertexts, are exact.
    `key_version` is the newest vault key, 0 while there is none. `segmented` is true once the vault has had a segment
    (`ideas.segments`).
    """

    __tablename__ = "vaults"

    tenant_id: UUID = Field(
        sa_column=Column(Uuid, ForeignKey("tenants.tenant_id", ondelete="RESTRICT"), primary_key=True)
    )
    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    revision: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    digest: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    idea_count: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    sealed_bytes: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    key_version: int = Field(default=0, sa_column=Column(Integer, nullable=False))
    segmented: bool = Field(default=False, sa_column=Column(Boolean, nullable=False, server_default=false()))
    created_at: datetime = Field(default_factory=_now, sa_column=Column(DateTime(timezone=True), nullable=False))
    changed_at: datetime = Field(default_factory=_now, sa_column=Column(DateTime(timezone=True), nullable=False))
