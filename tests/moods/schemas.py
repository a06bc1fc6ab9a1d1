"""Request and response schemas of moods."""

from typing import Annotated, ClassVar

import msgspec
from pydantic import Field

from creatorvault.core.http.schemas import Prose, RequestModel

PROSE: Prose = {"mood": ("How you feel.", "calm")}


class MoodCreate(RequestModel):
    described: ClassVar[Prose] = PROSE

    mood: Annotated[str, Field(min_length=1)]


class MoodList(msgspec.Struct):
    """The moods that you have noted."""

    described: ClassVar[Prose] = {"moods": ("All of them.", ["calm"])}

    moods: list[str]
