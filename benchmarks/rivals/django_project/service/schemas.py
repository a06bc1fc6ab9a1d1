"""What requests and responses contain."""

from datetime import datetime
from typing import Annotated

from ninja import Field, FilterLookup, FilterSchema, ModelSchema, Schema

from service.models import Idea, Priority, Stage


class IdeaIn(Schema):
    title: str = Field(min_length=1, max_length=200)
    notes: str | None = Field(default=None, max_length=5000)
    stage: Stage = Stage.IDEA
    priority: Priority = Priority.MEDIUM
    tags: list[str] = []
    due_date: datetime | None = None


class IdeaOut(ModelSchema):
    class Meta:
        model = Idea
        fields = "__all__"


class IdeaFilter(FilterSchema):
    search: Annotated[str | None, FilterLookup(["title__icontains", "notes__icontains"])] = None
