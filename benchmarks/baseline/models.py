"""The plaintext table and the request and response models, as the SQLModel documentation builds them."""

from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID, uuid4

from pydantic import field_validator
from sqlalchemy import Column, DateTime, Index
from sqlmodel import Field, SQLModel


class Stage(StrEnum):
    IDEA = "idea"
    OUTLINE = "outline"
    DRAFT = "draft"
    PUBLISHED = "published"


class Priority(StrEnum):
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


def utc_now() -> datetime:
    return datetime.now(UTC)


def moment(*, nullable: bool = False) -> Column[datetime]:
    return Column(DateTime(timezone=True), nullable=nullable)


class Idea(SQLModel, table=True):
    """`tags` are joined by commas."""

    __tablename__ = "ideas"
    __table_args__ = (Index("ix_ideas_user_created", "user_id", "created_at"),)

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    user_id: str = Field(max_length=255)
    title: str = Field(max_length=200)
    notes: str | None = Field(default=None, max_length=5000)
    stage: str = Field(default=Stage.IDEA, max_length=20)
    priority: str = Field(default=Priority.MEDIUM, max_length=20)
    tags: str | None = Field(default=None, max_length=1000)
    due_date: datetime | None = Field(default=None, sa_column=moment(nullable=True))
    created_at: datetime = Field(default_factory=utc_now, sa_column=moment())
    updated_at: datetime = Field(default_factory=utc_now, sa_column=moment())


class IdeaCreate(SQLModel):
    title: str = Field(min_length=1, max_length=200)
    notes: str | None = Field(default=None, max_length=5000)
    stage: Stage = Stage.IDEA
    priority: Priority = Priority.MEDIUM
    tags: list[str] = []
    due_date: datetime | None = None


class IdeaUpdate(SQLModel):
    title: str | None = Field(default=None, min_length=1, max_length=200)
    notes: str | None = Field(default=None, max_length=5000)
    stage: Stage | None = None
    priority: Priority | None = None
    tags: list[str] | None = None
    due_date: datetime | None = None


class IdeaPublic(SQLModel):
    title: str
    notes: str | None
    stage: Stage
    priority: Priority
    tags: list[str]
    due_date: datetime | None
    id: UUID
    user_id: str
    created_at: datetime
    updated_at: datetime

    @field_validator("tags", mode="before")
    @classmethod
    def split_tags(cls, value: object) -> object:
        return value.split(",") if isinstance(value, str) else value or []


class IdeasPublic(SQLModel):
    items: list[IdeaPublic]
    total: int
    limit: int
    offset: int
    has_more: bool
