"""Which names of other products mean which field, stage or priority. Compared without case, emoji and punctuation."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from creatorvault.ideas.schemas import PriorityEnum, StageEnum

MOST_LETTERS: Final = 100
"""Longer texts are not looked up: no name here has as many."""

_WORD: Final = re.compile(r"[^\W_]+")


def plain(text: str) -> str:
    """Returns the words of a name: "✅ In_Progress!" as "in progress"."""
    return " ".join(_WORD.findall(text[:MOST_LETTERS].casefold()))


def _reversed[NameT](names: Mapping[NameT, Sequence[str]]) -> dict[str, NameT]:
    return {alias: name for name, aliases in names.items() for alias in aliases}


FIELDS: Final = _reversed(
    {
        "title": (
            *(
                "title",
                "name",
                "idea",
                "task name",
                "card name",
                "task",
                "page",
                "headline",
                "video title",
                "post title",
            ),
            *("topic", "subject", "working title"),
        ),
        "notes": (
            *(
                "notes",
                "note",
                "description",
                "desc",
                "body",
                "content",
                "text",
                "details",
                "summary",
                "card description",
            ),
            *("script", "hook", "outline", "comments"),
        ),
        "stage": ("stage", "status", "state", "list", "list name", "column", "phase", "progress", "workflow"),
        "priority": ("priority", "prio", "importance", "urgency"),
        "tags": ("tags", "tag", "labels", "label", "keywords", "topics", "categories", "category"),
        "due_date": (
            *("due date", "due", "deadline", "due on", "publish date", "publishing date", "publication date"),
            *("release date", "scheduled", "scheduled for", "go live"),
        ),
        "created_at": ("created at", "created", "created time", "date created", "creation date", "created on", "added"),
        "updated_at": (
            *("updated at", "updated", "last edited time", "last edited", "modified", "last modified", "date modified"),
            "date updated",
        ),
        "id": ("id", "uuid"),
    }
)
"""Of several columns for a field, the one whose name comes first here is used; of tags all are."""

PREFERENCE: Final = {alias: place for place, alias in enumerate(FIELDS)}

STAGES: Final = _reversed(
    {
        StageEnum.IDEA: (
            *("idea", "ideas", "backlog", "inbox", "to do", "todo", "not started", "new", "open", "brainstorm"),
            *("brainstorming", "someday", "later", "maybe", "icebox", "parking lot", "content ideas", "video ideas"),
            *("post ideas", "idea bank", "captured"),
        ),
        StageEnum.OUTLINE: (
            *("outline", "outlines", "outlining", "outlined", "plan", "planned", "planning", "research", "researching"),
            *("next", "next up", "up next", "this week", "ready", "selected"),
        ),
        StageEnum.DRAFT: (
            *(
                "draft",
                "drafts",
                "drafting",
                "writing",
                "script",
                "scripting",
                "in progress",
                "doing",
                "wip",
                "started",
            ),
            *("recording", "filming", "editing", "in production", "production", "in review", "review", "reviewing"),
            *("scheduled", "blocked", "on hold"),
        ),
        StageEnum.PUBLISHED: (
            *("published", "publish", "done", "complete", "completed", "live", "released", "posted", "shipped"),
            *("finished", "uploaded"),
        ),
    }
)

PRIORITIES: Final = _reversed(
    {
        PriorityEnum.HIGH: (
            "high",
            "highest",
            "urgent",
            "critical",
            "important",
            "asap",
            "top",
            "p0",
            "p1",
            "must have",
        ),
        PriorityEnum.MEDIUM: ("medium", "med", "mid", "middle", "normal", "moderate", "default", "p2", "should have"),
        PriorityEnum.LOW: ("low", "lowest", "minor", "p3", "p4", "nice to have", "could have", "optional"),
    }
)

_NUMBERED: Final = re.compile(r"\d+ ")


def stage_of(text: str) -> StageEnum | None:
    """A number before the name is skipped, as in "2. Drafts"."""
    return STAGES.get(_NUMBERED.sub("", plain(text), count=1))


def priority_of(text: str) -> PriorityEnum | None:
    """Numbers alone mean nothing: 1 is the highest for some and the lowest for others."""
    return PRIORITIES.get(plain(text).removesuffix(" priority").removeprefix("priority "))
