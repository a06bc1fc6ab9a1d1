"""Realistic sample ideas for development."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final
from uuid import UUID

from creatorvault.ideas.drafting import created
from creatorvault.ideas.schemas import IdeaCreate, IdeaResponse, PriorityEnum, StageEnum

TOPICS: Final = (
    ("sourdough at altitude", ("baking", "science")),
    ("mending a wool jumper", ("crafts", "slow living")),
    ("night trains of Europe", ("travel", "trains")),
    ("the sound of empty cinemas", ("film", "audio")),
    ("a balcony garden in October", ("garden", "seasons")),
    ("learning the bandoneon at forty", ("music", "learning")),
    ("repairing a film camera", ("photography", "crafts")),
    ("why maps lie", ("geography", "history")),
    ("cooking with one pan for a month", ("cooking", "challenge")),
    ("interviews with lighthouse keepers", ("people", "sea")),
    ("Straßenbahn etiquette", ("city", "humour")),
    ("letters from strangers", ("people", "writing")),
)
FORMS: Final = (
    "A beginner's guide to {}",
    "What nobody tells you about {}",
    "{}: a story in three parts",
    "I tried {} so you need not",
    "Ten questions about {}",
    "The case for {}",
)
NOTES: Final = (
    "Open with the smell of it, then cut to the mistake that started everything.",
    "Ask Mira whether her archive has footage. Keep it under eight minutes.",
    "Second half needs a guest. Who has done this for a living?",
    "The hook works, the ending does not. Record the ending first this time.",
    "B-roll: hands, rain on the window, the clock in the kitchen.",
)


def sample_ideas(random: Random, user_id: str, count: int) -> Iterator[IdeaResponse]:
    """Yields the same ideas with the same ids for the same seed of `random`.

    They are created now, and due in the next three months.
    """
    for _ in range(count):
        topic, tags = random.choice(TOPICS)
        due = datetime.now(UTC) + timedelta(days=random.randrange(1, 90))
        given = IdeaCreate(
            title=_capitalised(random.choice(FORMS).format(topic)),
            notes="\n\n".join(random.sample(NOTES, k=random.randrange(1, 4))) if random.random() < 0.8 else None,
            stage=random.choices(tuple(StageEnum), weights=(5, 3, 2, 2))[0],
            priority=random.choice(tuple(PriorityEnum)),
            tags=list(tags[: random.randrange(0, 3)]),
            due_date=due.replace(hour=9, minute=0, second=0, microsecond=0) if random.random() < 0.4 else None,
        )
        yield created(given, user_id, UUID(int=random.getrandbits(128), version=4), datetime.now(UTC))


def _capitalised(title: str) -> str:
    return title[0].upper() + title[1:]
