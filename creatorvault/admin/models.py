"""Operators, erasures that wait for confirmation, and totals of tenants."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import ARRAY, BigInteger, Index, Text
from sqlmodel import Field, SQLModel

HASHED: Final = "sha256:"
"""Prefix of hashes of the current form."""


class OperatorState(StrEnum):
    """State of an operator's key. Only a `valid` one is accepted; `outdated` is one of an earlier form."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    OUTDATED = "outdated"


class Operator(SQLModel, table=True):
    """An operator with a key for the admin API. `key_hash` is `sha256:` and the digest of the key in hexadecimal.

    `appointed_by` is the person who appointed it in the admin API (`Caller.person`); None for one that was created on
    the command line.

    Earlier versions stored argon2id (`$argon2id$…`). Those keys cannot be converted and are no longer accepted.
    """

    __tablename__ = "operators"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    name: str = Field(sa_type=Text)
    key_id: str = Field(unique=True, sa_type=Text)
    key_hash: str = Field(repr=False, sa_type=Text)
    scopes: list[str] = Field(sa_type=ARRAY(Text))
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
    appointed_by: str | None = Field(default=None, sa_type=Text)

    def state(self, now: datetime) -> OperatorState:
        if self.revoked_at is not None:
            return OperatorState.REVOKED
        if not self.key_hash.startswith(HASHED):
            return OperatorState.OUTDATED
        if self.expires_at is not None and self.expires_at.replace(tzinfo=UTC) <= now:
            return OperatorState.EXPIRED
        return OperatorState.VALID


class TenantErasure(SQLModel, table=True):
    """An erasure that waits for its confirmation. `confirmation` is the SHA-256 of the token that confirms it.

    `requested_by` is the person who asked for it (`Caller.person`); None if an earlier version recorded none.
    """

    __tablename__ = "tenant_erasures"

    tenant_id: UUID = Field(primary_key=True, foreign_key="tenants.tenant_id", ondelete="RESTRICT")
    confirmation: bytes = Field(repr=False)
    requested_at: datetime
    not_before: datetime
    requested_by: str | None = Field(default=None, sa_type=Text)


class TotalledVault(SQLModel, table=True):
    """What a vault contributes to the totals of its tenant: its figures as of some time ago (`admin.totals`)."""

    __tablename__ = "totalled_vaults"

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    ideas: int = Field(sa_type=BigInteger)
    sealed_bytes: int = Field(sa_type=BigInteger)
    key_version: int
    last_activity: datetime


class TenantTotals(SQLModel, table=True):
    """Sums over a tenant's `totalled_vaults`.

    `last_activity` is the tenant's creation while it has no vault.
    """

    __tablename__ = "tenant_totals"
    __table_args__ = (
        Index("tenant_totals_by_ideas", "ideas", "tenant_id"),
        Index("tenant_totals_by_sealed_bytes", "sealed_bytes", "tenant_id"),
        Index("tenant_totals_by_last_activity", "last_activity", "tenant_id"),
    )

    tenant_id: UUID = Field(primary_key=True)
    vaults: int = Field(sa_type=BigInteger)
    ideas: int = Field(sa_type=BigInteger)
    sealed_bytes: int = Field(sa_type=BigInteger)
    newest_key_version: int
    last_activity: datetime
