"""A minimal Python model of a vault according to the contract, independent of the application's code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from unicodedata import normalize
from uuid import UUID

from tests.factories import Idea
from tests.plain_search import as_people_sort, is_found

DEFAULTS: Final[dict[str, Any]] = {"notes": None, "stage": "idea", "priority": "medium", "tags": [], "due_date": None}
PROGRESS: Final = ["idea", "outline", "draft", "published"]
IMPORTANCE: Final = ["low", "medium", "high"]
NEVER_NULL: Final = ("title", "stage", "priority", "tags")


def without_case(text: str) -> str:
    """NFKC-normalises and case-folds; folding can decompose a letter, hence the last step."""
    return normalize("NFKC", normalize("NFKC", text).casefold())


def tidy(tags: Iterable[str]) -> list[str]:
    kept: dict[str, str] = {}
    for tag in (part.strip() for text in tags for part in text.split(",")):
        if tag:
            kept.setdefault(without_case(tag), tag)
    return list(kept.values())


def stored(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the fields of a body as the API returns them."""
    result = dict(fields)
    if isinstance(result.get("title"), str):
        result["title"] = result["title"].strip()
    if isinstance(result.get("tags"), list):
        result["tags"] = tidy(result["tags"])
    return result


@dataclass(frozen=True, kw_only=True)
class Question:
    search: str | None = None
    stages: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    tags: str | None = None
    sort: str = "created_at"
    order: str = "desc"
    limit: int = 20
    offset: int = 0

    def parameters(self) -> list[tuple[str, object]]:
        pairs: list[tuple[str, object]] = [("stage", stage) for stage in self.stages]
        pairs += [("priority", priority) for priority in self.priorities]
        pairs += [(name, getattr(self, name)) for name in ("search", "tags") if getattr(self, name) is not None]
        return [*pairs, *((name, getattr(self, name)) for name in ("sort", "order", "limit", "offset"))]

    def matches(self, idea: Idea) -> bool:
        wanted = {without_case(tag.strip()) for tag in (self.tags or "").split(",") if tag.strip()}
        return (
            is_found(self.search or "", idea["title"], idea["notes"])
            and (not wanted or not wanted.isdisjoint(map(without_case, idea["tags"])))
            and (not self.stages or idea["stage"] in self.stages)
            and (not self.priorities or idea["priority"] in self.priorities)
        )

    def key(self, idea: Idea) -> tuple[Any, ...]:
        rank: tuple[Any, ...]
        match self.sort:
            case "title":
                rank = as_people_sort(idea["title"])
            case "stage":
                rank = (PROGRESS.index(idea["stage"]),)
            case "priority":
                rank = (IMPORTANCE.index(idea["priority"]),)
            case time:
                rank = (datetime.fromisoformat(idea[time]),)
        return (*rank, UUID(idea["id"]).int)


@dataclass
class VaultModel:
    """The server chooses ids and times; everything else follows from the requests.

    `trash` is in the order of deletions. `earlier` are the kept versions before the current one, by number.
    """

    ideas: dict[str, Idea] = field(default_factory=dict)
    trash: dict[str, Idea] = field(default_factory=dict)
    earlier: dict[str, dict[int, Idea]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    keeps: bool = True

    def stored(self, idea: Idea) -> None:
        """The idea is new, or has changed."""
        number = self.numbers.get(idea["id"], 0)
        if not self.keeps:
            self.earlier.pop(idea["id"], None)
        elif number:
            self.earlier.setdefault(idea["id"], {})[number] = self.ideas[idea["id"]]
        self.numbers[idea["id"]] = number + 1
        self.ideas[idea["id"]] = idea

    def deleted(self, idea_id: str) -> None:
        idea = self.ideas.pop(idea_id)
        if self.keeps:
            self.trash[idea_id] = idea
        else:
            self.forgotten(idea_id)

    def restored(self, idea_id: str) -> Idea:
        """Returns the idea, which was in the trash or lives."""
        if idea_id in self.trash:
            self.ideas[idea_id] = self.trash.pop(idea_id)
        return self.ideas[idea_id]

    def expunged(self, idea_id: str) -> None:
        del self.trash[idea_id]
        self.forgotten(idea_id)

    def forgotten(self, idea_id: str) -> None:
        self.earlier.pop(idea_id, None)
        del self.numbers[idea_id]

    def chose(self, days: int) -> None:
        self.keeps = days > 0
        if not self.keeps:
            for idea_id in [*self.trash]:
                self.expunged(idea_id)
            self.earlier.clear()

    def created(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return DEFAULTS | stored(fields)

    def patched(self, idea: Idea, changes: Mapping[str, Any]) -> dict[str, Any]:
        sent = {name: value for name, value in changes.items() if value is not None or name not in NEVER_NULL}
        return {name: idea[name] for name in ("title", *DEFAULTS)} | stored(sent)

    def answer(self, question: Question) -> dict[str, Any]:
        matches = sorted(filter(question.matches, self.ideas.values()), key=question.key)
        if question.order == "desc":
            matches.reverse()
        items = matches[question.offset : question.offset + question.limit]
        return {
            "items": items,
            "total": len(matches),
            "limit": question.limit,
            "offset": question.offset,
            "has_more": question.offset + len(items) < len(matches),
        }
