"""Wrapped vault keys, in a separate schema so that they can be backed up separately from the data."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel


class VaultKey(SQLModel, table=True):
    """One version of one vault's key. Destroying every row of a vault, here and in backups, erases its ideas.

    `carried` is what the key takes over from versions before it, sealed (`crypto.carried`).
    """

    __tablename__ = "vault_keys"
    __table_args__ = (Index("vault_keys_by_root_key", "root_key_id", "created_at"), {"schema": "keys"})

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    version: int = Field(primary_key=True)
    root_key_id: str = Field(sa_type=Text)
    wrapped: bytes = Field(repr=False)
    first_revision: int = Field(sa_type=BigInteger)
    carried: bytes | None = Field(default=None, repr=False)
    created_at: datetime = Field(default_factory=lambda: datetime.now(UTC))
