"""The location of migrations, the latest revision, and the state of a database relative to them."""

from collections.abc import Collection, Sequence
from enum import Enum
from functools import cache
from typing import Final, NamedTuple

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from creatorvault.core.database.connections import passing_engine
from creatorvault.settings.bundled import bundled
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import IDEA_PARTITIONS

APPLIED: Final = "SELECT version_num FROM alembic_version"
HISTORY: Final = "SELECT revision, oldest_served FROM migration_history ORDER BY position"

type History = Sequence[tuple[str, str | None]]
"""The migrations applied to a database, oldest first, each with the oldest version that can still serve it."""


class Standing(Enum):
    """State of a database relative to this version's migrations, in words that follow "The database"."""

    CURRENT = "is at this version's migrations."
    AHEAD = "is ahead of this version, which can still serve it: a later version has migrated it."
    BEHIND = "is not at this version's migrations."
    OUTGROWN = "is too far ahead: a later version has taken away what this version needs."
    UNKNOWN = "is at a migration that this version does not know, without having all of this version's own."

    @property
    def serves(self) -> bool:
        """Whether this version can serve the database."""
        return self in {Standing.CURRENT, Standing.AHEAD}

    @property
    def text(self) -> str:
        return f"The database {self.value}"


class Migrated(NamedTuple):
    """The current revisions of a database, none for an empty one, and its state."""

    revisions: frozenset[str]
    standing: Standing


def alembic_config(url: Secret | None = None, idea_partitions: int = IDEA_PARTITIONS) -> Config:
    """`url` is the owner's address; it is passed as an attribute, since `alembic` tools would print an option.

    `idea_partitions` is used only when the table of ideas is created.
    """
    config = Config()
    config.set_main_option("script_location", str(bundled("migrations")).replace("%", "%%"))
    config.set_main_option("file_template", "%%(year)d_%%(month).2d_%%(day).2d_%%(slug)s")
    config.attributes["url"] = url
    config.attributes["idea_partitions"] = idea_partitions
    return config


@cache
def heads() -> frozenset[str]:
    return frozenset(ScriptDirectory.from_config(alembic_config()).get_heads())


@cache
def revisions() -> frozenset[str]:
    """Returns the revisions of all migrations of this version."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions())


def is_known(applied: Collection[str]) -> bool:
    """Whether the revisions alone determine the state of a database; otherwise its history does."""
    return revisions() >= set(applied)


def standing(applied: Collection[str], history: History = ()) -> Standing:
    """`applied` are the current revisions of a database; `history` is used if `is_known` is false for them.

    A database is ahead if its history contains this version's last migration, so that everything this version
    needs exists, and no later migration declares that it removed any of it.
    """
    if heads() == set(applied):
        return Standing.CURRENT
    if is_known(applied):
        return Standing.BEHIND
    line = [revision for revision, _ in history]
    if not heads() <= set(line):
        return Standing.UNKNOWN
    served = set(line[: 1 + max(map(line.index, heads()))])
    later = history[len(served) :]
    return Standing.AHEAD if {oldest for _, oldest in later if oldest} <= served else Standing.OUTGROWN


async def migrated(url: Secret) -> Migrated:
    """Reads the state as a login that may read the migration tables."""
    engine = passing_engine(url.reveal())
    try:
        async with engine.connect() as connection:
            if await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
                return Migrated(frozenset(), Standing.BEHIND)
            applied = frozenset((await connection.scalars(text(APPLIED))).all())
            recorded = await connection.scalar(text("SELECT to_regclass('migration_history')")) is not None
            history = (await connection.execute(text(HISTORY))).all() if recorded else ()
            return Migrated(applied, standing(applied, [(revision, oldest) for revision, oldest in history]))
    finally:
        await engine.dispose()
