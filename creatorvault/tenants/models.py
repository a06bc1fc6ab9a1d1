"""Tenants and vaults. `tenant_id` leads every key, so that tables can be distributed by tenant without re-keying."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, Computed, DateTime, Index, SmallInteger, Text, false
from sqlmodel import Field, SQLModel

CHANGED_HOUR: Final = "date_bin('01:00:00'::interval, changed_at, '2000-01-01 00:00:00+00'::timestamptz)"


class TenantKind(StrEnum):
    """The tenant of one creator, or of an organization."""

    PERSONAL = "personal"
    ORGANIZATION = "organization"


def hour_of(changed_at: datetime) -> datetime:
    """Returns the `Vault.changed_hour` that the database computes."""
    return changed_at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _now() -> datetime:
    return datetime.now(UTC)


class TenantStatus(StrEnum):
    """`suspended` is refused and can be resumed, `erasing` waits for confirmation, `erased` is final."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ERASING = "erasing"
    ERASED = "erased"


class VaultStatus(StrEnum):
    """Of a vault that is refused: `closed` waits for an operator's confirmation, `destroyed` has no keys any more."""

    CLOSED = "closed"
    DESTROYED = "destroyed"


class Tenant(SQLModel, table=True):
    """A personal tenant of one creator, or an organization's.

    `external_id` is the subject or the organization's id within `realm`. A null quota means the settings' default.
    `root_key_id` wraps new keys of its vaults, and `retention_days` is for those that have not chosen; null means the
    settings' default. `owner_export` allows owners of the organization to export the vaults of its members.
    """

    __tablename__ = "tenants"
    __table_args__ = (
        Index("tenants_by_creation", "created_at", "tenant_id"),
        Index("tenants_by_external_id_prefix", "external_id", postgresql_ops={"external_id": "text_pattern_ops"}),
        Index("tenants_by_status", "status", "kind", "realm"),
    )

    tenant_id: UUID = Field(primary_key=True)
    kind: str = Field(sa_type=Text)
    realm: str = Field(sa_type=Text)
    external_id: str = Field(sa_type=Text)
    status: str = Field(default=TenantStatus.ACTIVE.value, sa_type=Text)
    idea_quota: int | None = Field(default=None, sa_type=BigInteger)
    byte_quota: int | None = Field(default=None, sa_type=BigInteger)
    vault_idea_quota: int | None = Field(default=None, sa_type=BigInteger)
    vault_byte_quota: int | None = Field(default=None, sa_type=BigInteger)
    root_key_id: str | None = Field(default=None, sa_type=Text)
    retention_days: int | None = Field(default=None, sa_type=SmallInteger)
    owner_export: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    created_at: datetime = Field(default_factory=_now)


class Vault(SQLModel, table=True):
    """One creator's ideas in one tenant.

    `revision` grows by one with every committed change to the vault's ideas, under this row's lock. `digest` combines
    the stamps of its ideas by exclusive or. `idea_count`, `trash_count` and `sealed_bytes`, the size of the ciphertexts
    of ideas, their earlier versions and the trash, are exact. `retention_days` is how long it keeps earlier versions
    and deleted ideas, 0 for not at all; null means the tenant's, or else the settings' default.
    Tombstones of deletions up to `pruned_revision` may be gone.
    A vault that is in use has no `status`; the others have a `VaultStatus`.
    `key_version` is the newest vault key, 0 while there is none. `segmented` is true once the vault has had a segment
    (`ideas.segments`). The database computes `changed_hour`, which is `changed_at` rounded down to an hour: an index on
    `changed_at` itself would be written by every change.
    """

    __tablename__ = "vaults"
    __table_args__ = (
        Index("vaults_by_hour", "changed_hour", "tenant_id"),
        Index("vaults_by_user_prefix", "user_id", postgresql_ops={"user_id": "text_pattern_ops"}),
    )

    tenant_id: UUID = Field(primary_key=True, foreign_key="tenants.tenant_id", ondelete="RESTRICT")
    user_id: str = Field(primary_key=True, sa_type=Text)
    revision: int = Field(default=0, sa_type=BigInteger)
    digest: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    idea_count: int = Field(default=0, sa_type=BigInteger)
    sealed_bytes: int = Field(default=0, sa_type=BigInteger)
    trash_count: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    retention_days: int | None = Field(default=None, sa_type=SmallInteger)
    pruned_revision: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    key_version: int = 0
    status: str | None = Field(default=None, sa_type=Text)
    segmented: bool = Field(default=False, sa_column_kwargs={"server_default": false()})
    created_at: datetime = Field(default_factory=_now)
    changed_at: datetime = Field(default_factory=_now)
    changed_hour: datetime | None = Field(
        default=None,
        exclude=True,
        sa_column=Column(DateTime(timezone=True), Computed(CHANGED_HOUR, persisted=True), nullable=False),
    )
