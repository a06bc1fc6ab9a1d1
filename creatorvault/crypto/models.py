"""Wrapped vault keys, in a separate schema so that they can be backed up separately from the data."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Column, DateTime, Integer, LargeBinary, Text, Uuid
from sqlmodel import Field, SQLModel


class VaultKey(SQLModel, table=True):
    """One version of one vault's key. Destroying every row of a vault, here and in backups, erases its ideas."""

    __tablename__ = "vault_keys"
    __table_args__ = {"schema": "keys"}

    tenant_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    version: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    root_key_id: str = Field(sa_column=Column(Text, nullable=False))
    wrapped: bytes = Field(repr=False, sa_column=Column(LargeBinary, nullable=False))
    first_revision: int = Field(sa_column=Column(BigInteger, nullable=False))
    created_at: datetime = Field(
        default_factory=lambda: datetime.now(UTC), sa_column=Column(DateTime(timezone=True), nullable=False)
    )
