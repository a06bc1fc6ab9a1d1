"""The tables of pgqueuer, with the ids that row-level security and erasure need. Neither holds content."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import ENUM, JSONB
from sqlmodel import Field, SQLModel

SCHEMA: Final = "jobs"
STATES: Final = ("queued", "picked", "successful", "exception", "canceled", "deleted", "failed")
"""The names are pgqueuer's."""

_STATUS: Final = ENUM(*STATES, name="queue_status", schema=SCHEMA, create_type=False)
_NOW: Final = {"server_default": text("now()")}


class QueuedJob(SQLModel, table=True):
    """A job that waits, runs or has failed. `headers` are ids, from which a trigger fills the columns of ids.

    `entrypoint` is its kind, `queue_manager_id` the process that runs it, `heartbeat` the last sign of life of that.
    """

    __tablename__ = "queue"
    __table_args__ = (
        Index("queue_by_id", "id"),
        Index("queue_by_user", "tenant_id", "user_id"),
        Index(
            "queue_waiting",
            "entrypoint",
            text("priority DESC"),
            "id",
            postgresql_where=text("status = 'queued'::jobs.queue_status"),
        ),
        Index("queue_running", "heartbeat", postgresql_where=text("status = 'picked'::jobs.queue_status")),
        {"schema": SCHEMA},
    )

    tenant_id: UUID = Field(primary_key=True)
    id: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    user_id: str | None = Field(default=None, sa_type=Text)
    subject_id: UUID
    priority: int
    queue_manager_id: UUID | None = None
    created: datetime = Field(sa_column_kwargs=_NOW)
    updated: datetime = Field(sa_column_kwargs=_NOW)
    heartbeat: datetime = Field(sa_column_kwargs=_NOW)
    execute_after: datetime = Field(sa_column_kwargs=_NOW)
    status: str = Field(sa_type=_STATUS)
    entrypoint: str = Field(sa_type=Text)
    dedupe_key: str | None = Field(default=None, sa_type=Text)
    payload: bytes | None = Field(default=None, sa_type=LargeBinary)
    headers: dict[str, Any] = Field(sa_type=JSONB)
    attempts: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    slot: int | None = Field(default=None, sa_type=BigInteger)


class LoggedJob(SQLModel, table=True):
    """A change of a job's state. A trigger adds the ids of the job."""

    __tablename__ = "queue_log"
    __table_args__ = (
        Index("queue_log_by_job", "job_id", "id"),
        Index("queue_log_by_time", "created"),
        Index("queue_log_by_user", "tenant_id", "user_id"),
        {"schema": SCHEMA},
    )

    tenant_id: UUID = Field(primary_key=True)
    id: int = Field(sa_column=Column(BigInteger, Identity(), primary_key=True))
    user_id: str | None = Field(default=None, sa_type=Text)
    created: datetime = Field(sa_column_kwargs=_NOW)
    job_id: int = Field(sa_type=BigInteger)
    status: str = Field(sa_type=_STATUS)
    priority: int
    entrypoint: str = Field(sa_type=Text)
    traceback: dict[str, Any] | None = Field(default=None, sa_type=JSONB)
