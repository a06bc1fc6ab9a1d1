"""Tables of files that creators move in. Everything that a file says is sealed."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKeyConstraint, Index, Text
from sqlmodel import Field, SQLModel


class ImportState(StrEnum):
    """An import is `receiving` until all chunks of its file are stored, then `waiting` for its job."""

    RECEIVING = "receiving"
    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"


class Import(SQLModel, table=True):
    """One file, and what became of it. `total`, `done` and the counts are ideas, except `versions`.

    `done` ideas of the file have been dealt with: `stored` (those in the trash and their earlier versions are counted
    as `trashed` and `versions` too), `known` because the vault has them, or `expired` for its retention.
    `error` is a stable code. `touched_at` is the time of the last progress. `sealed` is an `ImportReport`.
    """

    __tablename__ = "imports"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["vaults.tenant_id", "vaults.user_id"], ondelete="RESTRICT"),
        Index("imports_by_touch", "touched_at"),
    )

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    id: UUID = Field(primary_key=True)
    state: str = Field(sa_type=Text)
    format: str = Field(sa_type=Text)
    file_bytes: int = Field(sa_type=BigInteger)
    chunks: int
    total: int
    done: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    stored: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    trashed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    versions: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    known: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    expired: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    error: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    touched_at: datetime = Field(sa_type=DateTime(timezone=True))
    finished_at: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    sealed: bytes = Field(repr=False)


class ImportChunk(SQLModel, table=True):
    """A part of an import's file. Deleted when its job has ended."""

    __tablename__ = "import_chunks"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["vaults.tenant_id", "vaults.user_id"], ondelete="RESTRICT"),
    )

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    import_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    last: bool
    sealed: bytes = Field(repr=False)
