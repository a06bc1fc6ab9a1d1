"""Applies a change to an idea. Pure functions: no SQL, no keys, and no clock except for the time of a change."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import msgspec
from msgspec.structs import replace

from creatorvault.ideas.schemas import IdeaCreate, IdeaResponse, IdeaUpdate


class StoredIdea(msgspec.Struct, frozen=True):
    """`tag` is the entity tag of this version."""

    idea: IdeaResponse
    tag: str


def drafted(given: IdeaCreate, user_id: str) -> IdeaResponse:
    return created(given, user_id, uuid4(), datetime.now(UTC))


def created(given: IdeaCreate, user_id: str, idea_id: UUID, time: datetime) -> IdeaResponse:
    return IdeaResponse(**given.__dict__, id=idea_id, user_id=user_id, created_at=time, updated_at=time)


def replaced(idea: IdeaResponse, given: IdeaCreate) -> IdeaResponse:
    return _touched(replace(idea, **given.__dict__))


def changed(idea: IdeaResponse, given: IdeaUpdate) -> IdeaResponse:
    """Returns `idea` itself if the change changes nothing."""
    after = replace(idea, **given.changes())
    return idea if after == idea else _touched(after)


def reverted(idea: IdeaResponse, earlier: IdeaResponse) -> IdeaResponse:
    """Returns the idea with the content of an earlier version of it, or `idea` itself if that is the same."""
    after = replace(idea, **{name: getattr(earlier, name) for name in IdeaCreate.model_fields})
    return idea if after == idea else _touched(after)


def retagged(idea: IdeaResponse, tags: list[str]) -> IdeaResponse:
    """Returns `idea` itself if it has these tags."""
    return idea if tags == idea.tags else _touched(replace(idea, tags=tags))


def _touched(idea: IdeaResponse) -> IdeaResponse:
    """The clocks of two machines may disagree; the time of an idea never decreases."""
    return replace(idea, updated_at=max(datetime.now(UTC), idea.updated_at))


def idea_tag(stamp: int, revision: int) -> str:
    """Returns the stamp in hexadecimal. Rows without a stamp use the vault's revision at their last change."""
    return f'"{stamp:016x}"' if stamp else f'"{revision}"'
