"""Process-wide objects of the moods app."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from creatorvault.core.database.sessions import Database
from creatorvault.core.parts import Parts


@dataclass(slots=True)
class MoodParts:
    database: Database
    noted: int = 0


@asynccontextmanager
async def mood_parts(parts: Parts) -> AsyncGenerator[MoodParts]:
    yield MoodParts(parts[Database])
