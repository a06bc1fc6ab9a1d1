"""Who has how many ideas, and what is in them: the same for every service that is measured."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import batched, product
from typing import Any, Final, NamedTuple
from uuid import UUID

SECRET: Final = "the-shared-secret-of-the-benchmark-0123456789"
ROOT_KEYS: Final = "bench:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
STAGES: Final = ("idea", "outline", "draft", "published")
PRIORITIES: Final = ("low", "medium", "high")
TEXT: Final = """
    the a of to and in for with on how why camera light sound edit cut story hook title draft podcast guest episode
    review travel kitchen recipe budget studio microphone interview thumbnail series season audience script outline
    question answer mistake lesson secret beginner week month sponsor channel letter music street market river winter
"""
WORDS: Final = TEXT.split()
PIECES: Final = 4096


class Group(NamedTuple):
    """`vaults` creators who have `ideas` ideas each."""

    name: str
    vaults: int
    ideas: int

    def users(self) -> list[str]:
        return [f"{self.name}-{number}" for number in range(self.vaults)]


TINY: Final = Group("tiny", 200, 20)
SMALL: Final = Group("small", 64, 200)
THOUSAND: Final = Group("thousand", 4, 1_000)
TEN_THOUSAND: Final = Group("ten-thousand", 4, 10_000)
HUNDRED_THOUSAND: Final = Group("hundred-thousand", 1, 100_000)
TWO_HUNDRED_THOUSAND: Final = Group("two-hundred-thousand", 1, 200_000)
ALL: Final = (TINY, SMALL, THOUSAND, TEN_THOUSAND, HUNDRED_THOUSAND, TWO_HUNDRED_THOUSAND)


class Pieces(NamedTuple):
    titles: list[str]
    notes: list[str]
    tags: list[list[str]]


@cache
def pieces() -> Pieces:
    """About 500 characters of title and notes, three tags; the same at every run."""
    chance = random.Random(7)
    notes = " ".join(chance.choices(WORDS, k=80 * PIECES)).split()
    return Pieces(
        [" ".join(chance.choices(WORDS, k=7)).capitalize() for _ in range(PIECES)],
        [" ".join(batch) for batch in batched(notes, 80, strict=True)],
        [chance.sample(WORDS, 3) for _ in range(PIECES)],
    )


class Text:
    """Ideas put together from the pieces."""

    def __init__(self, seed: int | str) -> None:
        self._chance = random.Random(seed)
        self._titles, self._notes, self._tags = pieces()

    def title(self) -> str:
        return self._titles[self._chance.randrange(PIECES)]

    def new_title(self) -> str:
        """One that no idea has yet, so that setting it is a change."""
        return f"{self.title()[:150]} {self._chance.getrandbits(64):x}"

    def body(self) -> dict[str, Any]:
        """A whole idea, as a client sends it."""
        at = self._chance.randrange(PIECES)
        return {
            "title": self.title(),
            "notes": self._notes[at],
            "stage": STAGES[at % 4],
            "priority": PRIORITIES[at % 3],
            "tags": self._tags[at],
        }


class Stored(NamedTuple):
    id: UUID
    user_id: str
    title: str
    notes: str
    stage: int
    priority: int
    tags: list[str]
    time: datetime


def idea_ids(user_id: str, count: int) -> list[UUID]:
    chance = random.Random(user_id)
    return [UUID(int=chance.getrandbits(128), version=4) for _ in range(count)]


def stored_ideas(group: Group, user_id: str) -> Iterator[Stored]:
    """In the order of their times, a minute apart. `stage` and `priority` are ranks."""
    text = Text(user_id)
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for number, idea_id in enumerate(idea_ids(user_id, group.ideas)):
        body = text.body()
        yield Stored(
            idea_id,
            user_id,
            body["title"],
            body["notes"],
            STAGES.index(body["stage"]),
            PRIORITIES.index(body["priority"]),
            body["tags"],
            start + timedelta(minutes=number),
        )


def found_terms(group: Group) -> list[str]:
    """A word and the beginning of the next, as they are found in every vault of the group."""
    terms = sorted({f"{first} {second[:size]}" for first, second, size in product(WORDS, WORDS, (1, 2))})
    for user_id in group.users():
        texts = "\n".join(f"{idea.title}\n{idea.notes}".lower() for idea in stored_ideas(group, user_id))
        terms = [term for term in terms if term in texts]
    random.Random(13).shuffle(terms)
    return terms


def search_terms() -> list[str]:
    """Two words and the beginning of a third: found now and then, and none the beginning of another."""
    terms = [f"{first} {second} {third}" for first, second, third in product(WORDS, WORDS, ("ca", "th", "ma", "in"))]
    random.Random(11).shuffle(terms)
    return terms
