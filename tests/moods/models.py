"""The moods table."""

from uuid import UUID, uuid4

from sqlalchemy import Column, Text, Uuid
from sqlmodel import Field, SQLModel


class Mood(SQLModel, table=True):
    __tablename__ = "moods"

    tenant_id: UUID = Field(sa_column=Column(Uuid, primary_key=True))
    user_id: str = Field(sa_column=Column(Text, primary_key=True))
    id: UUID = Field(default_factory=uuid4, sa_column=Column(Uuid, primary_key=True))
    mood: str = Field(sa_column=Column(Text, nullable=False))
