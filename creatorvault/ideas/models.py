"""The ideas table: content is ciphertext, everything else is clear so that it can be indexed."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Text,
    TypeDecorator,
    Uuid,
)
from sqlmodel import Field, SQLModel


class DueDate(TypeDecorator[datetime]):
    """A creator's own time, which may be the first or the last moment there is.

    The driver sends those two as `-infinity` and `infinity` and reads them back as naive times.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Idea(SQLModel, table=True):
    """`stage` and `priority` are ranks (`ideas.ranks`), so that their order is the order of an index.

    `stamp` is a random number from 1 to 2^63 - 1 that each change of the row draws anew. It is 0 in rows that were last
    changed before there were stamps. `revision` is the vault's revision at the row's last change.
    """

    __tablename__ = "ideas"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["vaults.tenant_id", "vaults.user_id"], ondelete="RESTRICT"),
        Index("ideas_by_creation", "tenant_id", "user_id", "created_at", "id"),
        Index("ideas_by_update", "tenant_id", "user_id", "updated_at", "id"),
        Index("ideas_by_revision", "tenant_id", "user_id", "revision"),
    )

    tenant_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    title: bytes = Field(repr=False, sa_column=Column(LargeBinary, nullable=False))
    notes: bytes = Field(repr=False, sa_column=Column(LargeBinary, nullable=False))
    tags: bytes = Field(repr=False, sa_column=Column(LargeBinary, nullable=False))
    stage: int = Field(sa_column=Column(SmallInteger, nullable=False))
    priority: int = Field(sa_column=Column(SmallInteger, nullable=False))
    due_date: datetime | None = Field(sa_column=Column(DueDate, nullable=True))
    created_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    updated_at: datetime = Field(sa_column=Column(DateTime(timezone=True), nullable=False))
    stamp: int = Field(default=0, sa_column=Column(BigInteger, nullable=False, server_default="0"))
    revision: int = Field(sa_column=Column(BigInteger, nullable=False))


class IdeaSegment(SQLModel, table=True):
    """Ideas of one vault sealed as one (`ideas.segments`): all whose revision lies between its first and its last.

    A copy, made by who has read them one by one. A trigger on `ideas` deletes it with the first change of one of them.
    """

    __tablename__ = "idea_segments"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["vaults.tenant_id", "vaults.user_id"], ondelete="RESTRICT"),
    )

    tenant_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    first_revision: int = Field(sa_column=Column(BigInteger, primary_key=True))
    last_revision: int = Field(sa_column=Column(BigInteger, primary_key=True))
    ideas: int = Field(sa_column=Column(Integer, nullable=False))
    folding: str = Field(sa_column=Column(Text, nullable=False))
    sealed: bytes = Field(repr=False, sa_column=Column(LargeBinary, nullable=False))
