"""Stored results of requests. The result is sealed and the key's name is a keyed hash, so neither reveals anything."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field, SQLModel


class StoredResultRow(SQLModel, table=True):
    """`name` is `VaultCipher.name_of` the key. `answer` is the sealed part of the response that the request lacks."""

    __tablename__ = "idempotency_answers"
    __table_args__ = (Index("idempotency_answers_by_expiry", "tenant_id", "user_id", "expires_at"),)

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    name: bytes = Field(primary_key=True)
    answer: bytes = Field(repr=False)
    expires_at: datetime
