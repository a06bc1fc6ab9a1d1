"""What one request body costs to validate and one answer to encode, with Pydantic and with msgspec.

python benchmarks/micro_schemas.py prints microseconds for each operation: the best of several rounds, on one core.
"""

import json
import timeit
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import uuid4

import msgspec
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from creatorvault.ideas.schemas import IdeaCreate, IdeaListResponse, IdeaResponse, PriorityEnum, StageEnum

ROUNDS = 7
PAGE = 20

BODY = json.dumps(
    {
        "title": "Five breakfasts in five minutes",
        "notes": "Film them all on one morning. " * 20,
        "stage": "outline",
        "priority": "high",
        "tags": ["video", "food", "morning"],
        "due_date": "2026-12-24T18:00:00Z",
    }
).encode()
WRONG = {"title": "x" * 201, "stage": "someday", "tags": "food"}


class CreateStruct(msgspec.Struct):
    """The same fields and lengths as IdeaCreate, without its rules for tags, blank titles and times."""

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    notes: Annotated[str, msgspec.Meta(max_length=5000)] | None = None
    stage: StageEnum = StageEnum.IDEA
    priority: PriorityEnum = PriorityEnum.MEDIUM
    tags: list[str] = []
    due_date: datetime | None = None


class PlainCreate(BaseModel):
    """As CreateStruct, in Pydantic."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    notes: Annotated[str, Field(max_length=5000)] | None = None
    stage: StageEnum = StageEnum.IDEA
    priority: PriorityEnum = PriorityEnum.MEDIUM
    tags: list[str] = []
    due_date: datetime | None = None


class IdeaModel(BaseModel):
    """As IdeaResponse, in Pydantic."""

    title: str
    notes: str | None
    stage: StageEnum
    priority: PriorityEnum
    tags: list[str]
    due_date: datetime | None
    id: Any
    user_id: str
    created_at: datetime
    updated_at: datetime


def ideas() -> list[dict[str, Any]]:
    now = datetime.now(UTC)
    return [
        {
            "title": "Five breakfasts in five minutes",
            "notes": "Film them all on one morning. " * 20,
            "stage": StageEnum.OUTLINE,
            "priority": PriorityEnum.HIGH,
            "tags": ["video", "food", "morning"],
            "due_date": now,
            "id": uuid4(),
            "user_id": "user-1",
            "created_at": now,
            "updated_at": now,
        }
        for _ in range(PAGE)
    ]


def refusal(validate: Callable[[Any], object], error: type[Exception]) -> Callable[[], object]:
    def run() -> object:
        try:
            return validate(WRONG)
        except ValidationError as refused:
            return refused.errors(include_url=False)
        except error as refused:
            return str(refused)

    return run


def microseconds(run: Callable[[], object]) -> float:
    timer = timeit.Timer(run)
    number, _ = timer.autorange()
    return min(timer.repeat(ROUNDS, number)) / number * 1e6


def main() -> None:
    structs = IdeaListResponse(
        items=[IdeaResponse(**idea) for idea in ideas()], total=PAGE, limit=PAGE, offset=0, has_more=False
    )
    models = [IdeaModel(**idea) for idea in ideas()]
    page = TypeAdapter(list[IdeaModel])
    table: list[tuple[str, Callable[[], object]]] = [
        ("request: JSON → IdeaCreate, all rules (ours)", lambda: IdeaCreate.model_validate(json.loads(BODY))),
        ("request: JSON → Pydantic model, lengths only", lambda: PlainCreate.model_validate(json.loads(BODY))),
        ("request: JSON → msgspec struct, lengths only", lambda: msgspec.convert(json.loads(BODY), CreateStruct)),
        ("request: bytes → msgspec struct, lengths only", lambda: msgspec.json.decode(BODY, type=CreateStruct)),
        ("refusal: three wrong fields, Pydantic (three errors)", refusal(IdeaCreate.model_validate, ValidationError)),
        (
            "refusal: three wrong fields, msgspec (first error only)",
            refusal(lambda value: msgspec.convert(value, CreateStruct), msgspec.ValidationError),
        ),
        (f"answer: {PAGE} ideas, msgspec (ours)", lambda: msgspec.json.encode(structs)),
        (f"answer: {PAGE} ideas, Pydantic", lambda: page.dump_json(models)),
        ("answer: making one IdeaResponse (ours)", lambda: IdeaResponse(**ONE)),
        ("answer: making one Pydantic model", lambda: IdeaModel(**ONE)),
    ]
    for name, run in table:
        print(f"{microseconds(run):10.2f} µs  {name}")


ONE = ideas()[0]

if __name__ == "__main__":
    main()
