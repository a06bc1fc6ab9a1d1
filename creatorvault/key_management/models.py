"""Runs of rotations, so that one that was interrupted is resumed and no vault gets two new keys from it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity
from sqlmodel import Field, SQLModel


class Rotation(SQLModel, table=True):
    """A rotation of the vault keys of one tenant, `scope`, or of all. `finished_at` is null until it is finished."""

    __tablename__ = "rotations"
    __table_args__ = {"schema": "keys"}

    rotation_id: int | None = Field(
        default=None, primary_key=True, sa_type=BigInteger, sa_column_args=[Identity(always=True)]
    )
    scope: UUID | None = None
    started_at: datetime
    finished_at: datetime | None = None
