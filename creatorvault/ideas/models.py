"""The ideas table: content is ciphertext, all other columns are in clear text so that they can be indexed."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Column,
    Computed,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    Text,
    TypeDecorator,
)
from sqlmodel import Field, SQLModel

VAULT_HASH: Final = "hashtextextended({user_id}, uuid_hash_extended({tenant_id}, 0))"
"""SQL: 64 bits in place of the tenant's and the user's ids, which would be half of each index entry."""


class DueDate(TypeDecorator[datetime]):
    """A time set by a creator, which may be the minimum or maximum datetime.

    The driver stores these two as `-infinity` and `infinity` and reads them back as naive times.
    """

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Idea(SQLModel, table=True):
    """`stage` and `priority` are ranks (`ideas.ranks`), so that an index has their order.

    `stamp` is a new random number from 1 to 2^63 - 1 for each change of the row. It is 0 in rows that were last changed
    before stamps were introduced. `number` and `previous` are its `sealing.Position`. `revision` is the vault's
    revision at the row's last change, and `first_revision` the lowest at which a device may have learned of the id;
    null means 0, of ideas from before there were tombstones. The database computes `vault_hash`, for the indexes.
    Vaults may share a hash, so statements compare tenant and user as well.
    """

    __tablename__ = "ideas"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["vaults.tenant_id", "vaults.user_id"], ondelete="RESTRICT"),
        Index("ideas_by_hash_and_creation", "vault_hash", "created_at", "id"),
        Index("ideas_by_hash_and_update", "vault_hash", "updated_at", "id"),
        Index("ideas_by_hash_and_revision", "vault_hash", "revision"),
    )

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    id: UUID = Field(primary_key=True)
    title: bytes = Field(repr=False)
    notes: bytes = Field(repr=False)
    tags: bytes = Field(repr=False)
    stage: int = Field(sa_type=SmallInteger)
    priority: int = Field(sa_type=SmallInteger)
    due_date: datetime | None = Field(sa_type=DueDate)
    # SQLModel's own type for times converts each value in Python, and a cold search reads every row of the vault.
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
    stamp: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    number: int = Field(default=1, sa_column_kwargs={"server_default": "1"})
    previous: int | None = Field(default=None, sa_type=BigInteger)
    revision: int = Field(sa_type=BigInteger)
    first_revision: int | None = Field(default=None, sa_type=BigInteger)
    vault_hash: int | None = Field(
        default=None,
        exclude=True,
        sa_column=Column(
            BigInteger,
            Computed(VAULT_HASH.format(user_id="user_id", tenant_id="tenant_id"), persisted=True),
            nullable=False,
        ),
    )


class IdeaSegment(SQLModel, table=True):
    """Ideas of one vault sealed as one value (`ideas.segments`): all with a revision from its first to its last.

    A copy, created after the rows were read one by one. A trigger on `ideas` deletes it when one of them changes.
    """

    __tablename__ = "idea_segments"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["vaults.tenant_id", "vaults.user_id"], ondelete="RESTRICT"),
    )

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    first_revision: int = Field(primary_key=True, sa_type=BigInteger)
    last_revision: int = Field(primary_key=True, sa_type=BigInteger)
    ideas: int
    folding: str = Field(sa_type=Text)
    sealed: bytes = Field(repr=False)


class VaultCheckpoint(SQLModel, table=True):
    """What one vault held at one revision (`ideas.checkpoints`), the newest that was written.

    `sealed` is the statement that counts; `revision`, `ideas` and `digest` are the same in clear text.
    """

    __tablename__ = "vault_checkpoints"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["vaults.tenant_id", "vaults.user_id"], ondelete="RESTRICT"),
    )

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    revision: int = Field(sa_type=BigInteger)
    ideas: int = Field(sa_type=BigInteger)
    digest: bytes
    sealed: bytes = Field(repr=False)
    written_at: datetime = Field(sa_type=DateTime(timezone=True))


class _KeptRow(SQLModel):
    """The columns of an idea's row, as they were when it was replaced or deleted."""

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    id: UUID = Field(primary_key=True)
    title: bytes = Field(repr=False)
    notes: bytes = Field(repr=False)
    tags: bytes = Field(repr=False)
    stage: int = Field(sa_type=SmallInteger)
    priority: int = Field(sa_type=SmallInteger)
    due_date: datetime | None = Field(sa_type=DueDate)
    created_at: datetime = Field(sa_type=DateTime(timezone=True))
    updated_at: datetime = Field(sa_type=DateTime(timezone=True))
    stamp: int = Field(sa_type=BigInteger)
    number: int
    previous: int | None = Field(sa_type=BigInteger)
    revision: int = Field(sa_type=BigInteger)


class IdeaVersion(_KeptRow, table=True):
    """An earlier version of an idea that exists or is in the trash (`ideas.history`).

    `replaced_at` is when the next version took its place. `previous_until` is the same time of the version that
    `previous` names, if versions between the two were thinned out; else null, and it is `updated_at`.
    """

    __tablename__ = "idea_versions"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["vaults.tenant_id", "vaults.user_id"], ondelete="RESTRICT"),
        # A few bytes for many rows, which are stored in the order of this time: no write pays for it.
        Index("idea_versions_by_replacement", "replaced_at", postgresql_using="brin"),
    )

    number: int = Field(primary_key=True)
    previous_until: datetime | None = Field(default=None, sa_type=DateTime(timezone=True))
    replaced_at: datetime = Field(sa_type=DateTime(timezone=True))


class TrashedIdea(_KeptRow, table=True):
    """A deleted idea. `deletion` is sealed, bound to the version and to `deleted_at`; its plaintext says nothing.

    `first_revision` is as in `ideas`.
    """

    __tablename__ = "trashed_ideas"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["vaults.tenant_id", "vaults.user_id"], ondelete="RESTRICT"),
        Index("trashed_ideas_by_deletion", "tenant_id", "user_id", "deleted_at", "id"),
        Index("trashed_ideas_by_time", "deleted_at"),
    )

    deleted_at: datetime = Field(sa_type=DateTime(timezone=True))
    deletion: bytes = Field(repr=False)
    first_revision: int | None = Field(default=None, sa_type=BigInteger)


class IdeaTombstone(SQLModel, table=True):
    """A deletion, for devices that have the idea (`creatorvault.sync`). It outlives the idea in the trash.

    `revision` is the vault's at the deletion. A device that has not seen `first_revision` does not know the id. A
    living idea has no tombstone. Those up to `vaults.pruned_revision` may be gone.
    """

    __tablename__ = "idea_tombstones"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["vaults.tenant_id", "vaults.user_id"], ondelete="RESTRICT"),
        Index("idea_tombstones_by_revision", "tenant_id", "user_id", "revision"),
        Index("idea_tombstones_by_time", "deleted_at", postgresql_using="brin"),
    )

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    id: UUID = Field(primary_key=True)
    revision: int = Field(sa_type=BigInteger)
    first_revision: int = Field(sa_type=BigInteger)
    deleted_at: datetime = Field(sa_type=DateTime(timezone=True))


class HistoryPruning(SQLModel, table=True):
    """Until when one vault's history is gone: versions replaced until `pruned_until` may be missing. Sealed as well."""

    __tablename__ = "history_prunings"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["vaults.tenant_id", "vaults.user_id"], ondelete="RESTRICT"),
    )

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    pruned_until: datetime = Field(sa_type=DateTime(timezone=True))
    sealed: bytes = Field(repr=False)
