"""A shared vault for read-only tests."""

from itertools import cycle
from typing import Final

import pytest

from tests.application import House
from tests.factories import Creator

# Equal titles; titles that differ only in case and accents, or in their last character; the largest possible idea.
TITLES: Final = (
    *("Moss", "moss", "mòss", "MOSS", "moss", "Fern and moss", "ﬁlm", "film", "Straße", "strasse"),
    *("s" * 199 + "a", "s" * 199 + "b", "S" * 200, "👩" * 200, "👩" * 199 + "🏽", "\x01" * 200),
)


@pytest.fixture(scope="session")
async def gallery(house: House) -> Creator:
    creator = house.creator()
    ideas = []
    for title, stage, priority, tags, due_date in zip(
        TITLES,
        cycle(("idea", "draft", "published")),
        cycle(("low", "medium", "high", "high")),
        cycle((["one"], ["two", "three"], [])),
        cycle((None, "2026-01-01", "2026-02-01", "9999-12-31T23:59:59.999999Z", "0001-01-01")),
        strict=False,
    ):
        fields = {"stage": stage, "priority": priority, "tags": tags, "notes": "moss" if tags else None}
        ideas.append(await creator.idea(title, **fields, due_date=due_date))
    for idea in ideas[::3]:
        await creator.patch(idea, {"notes": "moss, changed"})
    return creator
