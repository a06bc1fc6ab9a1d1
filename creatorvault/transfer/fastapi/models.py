"""What an import remembers."""

from uuid import UUID

from sqlalchemy import BigInteger, ForeignKeyConstraint, Text
from sqlmodel import Field, SQLModel


class ImportedIdea(SQLModel, table=True):
    """An idea that an import has stored, without anything of its content.

    `source` identifies the table that it came from. `stamp` is that of the version which the import has stored: if the
    idea has another one, its creator has changed it since.
    """

    __tablename__ = "imported_ideas"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "user_id"], ["vaults.tenant_id", "vaults.user_id"], ondelete="RESTRICT"),
    )

    tenant_id: UUID = Field(primary_key=True)
    user_id: str = Field(primary_key=True, sa_type=Text)
    id: UUID = Field(primary_key=True)
    source: UUID
    stamp: int = Field(sa_type=BigInteger)
