"""A minimal Python model of a vault according to the contract, independent of the application's code."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
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


def statistics_of(ideas: Iterable[Idea], now: datetime) -> dict[str, Any]:
    """Returns what `GET …/ideas/stats` answers at this time."""
    stored = list(ideas)
    due = [_time(idea["due_date"]) for idea in stored if idea["due_date"] is not None]
    created = [_time(idea["created_at"]) for idea in stored]
    months = Counter(map(_month, created)), Counter(map(_month, due))
    return {
        "total": len(stored),
        "by_stage": {stage: [idea["stage"] for idea in stored].count(stage) for stage in PROGRESS},
        "by_priority": {one: [idea["priority"] for idea in stored].count(one) for one in reversed(IMPORTANCE)},
        "by_due": {
            "none": len(stored) - len(due),
            "overdue": sum(time < now for time in due),
            "upcoming": sum(time >= now for time in due),
        },
        "by_month": [
            {"month": month, "created": months[0][month], "due": months[1][month]}
            for month in sorted({*months[0], *months[1]})
        ],
    }


def tags_of(ideas: Iterable[Idea]) -> list[dict[str, Any]]:
    """Returns all items of `GET …/tags`."""
    uses: dict[str, list[tuple[datetime, int, str]]] = {}
    for idea in ideas:
        own: dict[str, str] = {}
        for tag in idea["tags"]:
            own.setdefault(without_case(tag.strip()), tag)
        for folded, tag in own.items():
            uses.setdefault(folded, []).append((_time(idea["created_at"]), UUID(idea["id"]).int, tag))
    ordered = sorted(uses.items(), key=lambda use: (-len(use[1]), use[0]))
    return [{"tag": max(ideas)[-1], "count": len(ideas)} for _, ideas in ordered]


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _month(time: datetime) -> str:
    """Not by `strftime`, which writes the year 1 with one digit."""
    return time.astimezone(UTC).isoformat()[:7]


@dataclass(frozen=True, kw_only=True)
class Question:
    search: str | None = None
    stages: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    tags: str | None = None
    times: Mapping[str, str] = field(default_factory=dict)
    """Of `due_from` and the others, as in responses."""
    has_due: bool | None = None
    ids: tuple[str, ...] | None = None
    sort: str = "created_at"
    order: str = "desc"
    limit: int = 20
    offset: int = 0

    def parameters(self) -> list[tuple[str, object]]:
        pairs: list[tuple[str, object]] = [("stage", stage) for stage in self.stages]
        pairs += [("priority", priority) for priority in self.priorities]
        pairs += [(name, getattr(self, name)) for name in ("search", "tags") if getattr(self, name) is not None]
        pairs += [*self.times.items()]
        pairs += [] if self.has_due is None else [("has_due", str(self.has_due).lower())]
        pairs += [] if self.ids is None else [("ids", ",".join(self.ids))]
        return [*pairs, *((name, getattr(self, name)) for name in ("sort", "order", "limit", "offset"))]

    def matches(self, idea: Idea) -> bool:
        wanted = {without_case(tag.strip()) for tag in (self.tags or "").split(",") if tag.strip()}
        return (
            is_found(self.search or "", idea["title"], idea["notes"])
            and (not wanted or not wanted.isdisjoint(map(without_case, idea["tags"])))
            and (not self.stages or idea["stage"] in self.stages)
            and (not self.priorities or idea["priority"] in self.priorities)
            and (self.has_due is None or self.has_due == (idea["due_date"] is not None))
            and (self.ids is None or idea["id"] in self.ids)
            and all(self._is_within(bound, idea) for bound in self.times)
        )

    def _is_within(self, bound: str, idea: Idea) -> bool:
        what, _, side = bound.partition("_")
        time = idea["due_date" if what == "due" else f"{what}_at"]
        if time is None:
            return False
        limit = _time(self.times[bound])
        return _time(time) >= limit if side == "from" else _time(time) < limit

    def key(self, idea: Idea) -> tuple[Any, ...]:
        rank: tuple[Any, ...]
        match self.sort:
            case "title":
                rank = as_people_sort(idea["title"])
            case "stage":
                rank = (PROGRESS.index(idea["stage"]),)
            case "priority":
                rank = (IMPORTANCE.index(idea["priority"]),)
            case "due_date" if idea["due_date"] is None:
                rank = (self.order == "asc", datetime.min.replace(tzinfo=UTC))
            case "due_date":
                rank = (self.order == "desc", _time(idea["due_date"]))
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
