"""Erasures of vaults with their receipts, the vaults that caches forget, and the keys that sign receipts."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel


def _now() -> datetime:
    return datetime.now(UTC)


class ErasureState(StrEnum):
    """`requested` waits for its confirmation, `erasing` has destroyed the keys, `erased` has a receipt."""

    REQUESTED = "requested"
    ERASING = "erasing"
    ERASED = "erased"


class VaultErasure(SQLModel, table=True):
    """The erasure of one vault. `confirmation` is the SHA-256 of the token that confirms it.

    `requested_by` is the person who asked for it as an operator; None for a creator's own, or if an earlier version
    recorded none. `keys` are the destroyed keys as the receipt shows them, `rows` the numbers of deleted rows by table.
    While a process works on it, no other one begins before `leased_until`.
    """

    __tablename__ = "vault_erasures"

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    id: UUID = Field(default_factory=uuid4)
    state: str = Field(default=ErasureState.REQUESTED.value, sa_type=Text)
    by_operator: bool
    actor: str = Field(sa_type=Text)
    requested_by: str | None = Field(default=None, sa_type=Text)
    confirmation: bytes = Field(repr=False)
    requested_at: datetime = Field(default_factory=_now)
    not_before: datetime
    expires_at: datetime | None = None
    destroyed_at: datetime | None = None
    finished_at: datetime | None = None
    leased_until: datetime | None = None
    keys: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSONB)
    rows: dict[str, int] = Field(default_factory=dict, sa_type=JSONB)
    receipt: str | None = Field(default=None, sa_type=Text)


class ErasedVault(SQLModel, table=True):
    """A vault without keys, by a hash of its id (`repositories.hash_of`), and whether its erasure must be finished."""

    __tablename__ = "erased_vaults"
    __table_args__ = (
        Index("erased_vaults_by_time", "erased_at"),
        Index("erased_vaults_unfinished", "erased_at", postgresql_where=text("unfinished")),
    )

    vault: bytes = Field(primary_key=True)
    tenant: UUID
    erased_at: datetime
    unfinished: bool


class ReceiptKey(SQLModel, table=True):
    """An Ed25519 key that signs receipts: the private key wrapped by a root key, the public key in clear.

    `kid` is the thumbprint of the public key (RFC 7638). A retired key signs no more; its public key stays published.
    """

    __tablename__ = "receipt_keys"
    __table_args__ = {"schema": "keys"}

    kid: str = Field(primary_key=True, sa_type=Text)
    public_key: bytes
    root_key_id: str = Field(sa_type=Text)
    wrapped: bytes = Field(repr=False)
    created_at: datetime = Field(default_factory=_now)
    retired_at: datetime | None = None
