"""Request and response schemas of renaming a tag."""

from typing import Annotated, ClassVar, Final

import msgspec
from pydantic import AfterValidator, Field

from creatorvault.core.http.schemas import Prose, RequestModel
from creatorvault.ideas.fields import TAGS_LENGTH
from creatorvault.ideas.many.prose import RENAME, RENAMED

MOST_NAMES: Final = 50


def _one_tag(name: str) -> str:
    """Returns the name as it is stored."""
    if not (trimmed := name.strip()):
        raise ValueError("A tag must not be blank")
    if "," in trimmed:
        raise ValueError("A tag must not contain a comma")
    return trimmed


TagName = Annotated[str, Field(min_length=1, max_length=TAGS_LENGTH), AfterValidator(_one_tag)]


class TagRenameRequest(RequestModel):
    """Which tags become which one. Case is ignored when they are looked for."""

    described = RENAME
    private = frozenset({"from", "to"})

    replaced: Annotated[list[TagName], Field(alias="from", min_length=1, max_length=MOST_NAMES)]
    to: TagName


class TagRename(msgspec.Struct, frozen=True):
    """What was renamed."""

    described: ClassVar[Prose] = RENAMED

    tag: str
    changed: Annotated[int, msgspec.Meta(ge=0)]
