"""Makes ideas of the rows of the FastAPI service. A row is accepted if the API would accept its values."""

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from pydantic import ValidationError

from creatorvault.accounts.claims import MAX_ID_LENGTH
from creatorvault.ideas.schemas import IdeaCreate, IdeaResponse
from creatorvault.settings.printable import is_one_line
from creatorvault.transfer.fastapi.table import SourceTable

SPELLING: Final = re.compile(
    "[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}|[0-9A-F]{32}"
)
SHOWN: Final = 100
"""Characters of an id that is none."""


class Columns(NamedTuple):
    """A row, as `SourceTable.select` reads it. A time is None if it is missing, infinite or outside of Python's."""

    id: UUID | str | None
    user_id: str | None
    title: str | None
    notes: str | None
    stage: str | None
    priority: str | None
    tags: str | None
    created_at: datetime | None
    updated_at: datetime | None
    due_date: datetime | None
    has_due_date: bool


class BrokenRow(NamedTuple):
    """A row that cannot be an idea. `reasons` are names of fields and of rules, and contain nothing of the row."""

    user_id: str
    id: str
    reasons: Sequence[str]


class RowReader:
    """Titles are trimmed and tags split, as the API does it. Naive times are UTC."""

    def __init__(self, table: SourceTable) -> None:
        self._stages = table.stages
        self._priorities = table.priorities

    def read(self, row: Sequence[Any]) -> IdeaResponse | BrokenRow:
        columns = Columns(*row)
        idea_id, user_id = uuid_of(columns.id), columns.user_id
        created_at, updated_at = _utc(columns.created_at), _utc(columns.updated_at)
        problems = list[str]()
        given = None
        try:
            given = IdeaCreate.model_validate(self._fields(columns))
        except ValidationError as error:
            # Without the text of errors, which repeats the input.
            details = error.errors(include_url=False, include_context=False, include_input=False)
            problems += dict.fromkeys(f"{detail['loc'][0]}: {detail['type']}" for detail in details)
        if (
            given is not None
            and idea_id is not None
            and user_id
            and len(user_id) <= MAX_ID_LENGTH
            and created_at is not None
            and updated_at is not None
            and (given.due_date is not None or not columns.has_due_date)
        ):
            return IdeaResponse(
                title=given.title,
                notes=given.notes,
                stage=given.stage,
                priority=given.priority,
                tags=given.tags,
                due_date=given.due_date,
                id=idea_id,
                user_id=user_id,
                created_at=created_at,
                updated_at=updated_at,
            )
        return BrokenRow(user_id or "", _shown(columns.id), [*_problems(columns), *problems])

    def _fields(self, columns: Columns) -> dict[str, object]:
        stage, priority, tags = columns.stage, columns.priority, columns.tags
        return {
            "title": columns.title,
            "notes": columns.notes,
            "stage": self._stages.get(stage, stage) if stage is not None else None,
            "priority": self._priorities.get(priority, priority) if priority is not None else None,
            "tags": [] if tags is None else [tags],
            "due_date": columns.due_date,
        }


def uuid_of(value: UUID | str | None) -> UUID | None:
    """Accepts of a text only the forms that Python writes, so that `spellings` finds each of them again."""
    if isinstance(value, UUID):
        return value
    return UUID(value) if value is not None and SPELLING.fullmatch(value) else None


def spellings(idea_id: UUID) -> tuple[str, ...]:
    text, plain = str(idea_id), idea_id.hex
    return text, plain, text.upper(), plain.upper()


def _problems(columns: Columns) -> Iterator[str]:
    if uuid_of(columns.id) is None:
        yield "id: not_a_uuid"
    if not columns.user_id:
        yield "user_id: missing"
    elif len(columns.user_id) > MAX_ID_LENGTH:
        yield "user_id: string_too_long"
    for name in ("created_at", "updated_at"):
        if getattr(columns, name) is None:
            yield f"{name}: no_time"
    if columns.has_due_date and columns.due_date is None:
        yield "due_date: no_time"


def _utc(time: datetime | None) -> datetime | None:
    return time.replace(tzinfo=UTC) if time is not None and time.tzinfo is None else time


def _shown(value: object) -> str:
    text = "" if value is None else str(value)
    return text[:SHOWN] if is_one_line(text[:SHOWN]) else ascii(text[:SHOWN])
