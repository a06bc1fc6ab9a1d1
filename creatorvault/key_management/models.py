"""Runs of rotations, so that one that was interrupted is resumed and no vault gets two new keys from it."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlmodel import Field, SQLModel

_ZERO: Final = {"server_default": "0"}


class Rotation(SQLModel, table=True):
    """A rotation of the vault keys of one tenant, `scope`, or of all; with `root`, of what root keys wrap.

    `finished_at` is null until it is finished. `requested_by` is the actor who asked for it through the admin API; its
    job counts what it has done, in vaults and rows. `problems` are the first findings.
    """

    __tablename__ = "rotations"
    __table_args__ = {"schema": "keys"}

    rotation_id: int | None = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=True)]
    )
    scope: UUID | None = None
    started_at: datetime
    finished_at: datetime | None = None
    root: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    requested_by: str | None = Field(default=None, sa_type=Text)
    changed_at: datetime | None = None
    vaults_done: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    vaults_total: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    rows_done: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    rows_total: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    findings: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs=_ZERO)
    problems: list[dict[str, Any]] = Field(
        default_factory=list, sa_type=JSONB, sa_column_kwargs={"server_default": text("'[]'::jsonb")}
    )
