"""Where migrations lie, which of them is the last, and how a database stands to them."""

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
"""The migrations that made a database, the first one first, each with the oldest version that it lets serve."""


class Standing(Enum):
    """How a database stands to the migrations of this version, in words that follow "The database"."""

    CURRENT = "is at this version's migrations."
    AHEAD = "is ahead of this version, which can still serve it: a later version has migrated it."
    BEHIND = "is not at this version's migrations."
    OUTGROWN = "is too far ahead: a later version has taken away what this version needs."
    UNKNOWN = "is at a migration that this version does not know, without having all of this version's own."

    @property
    def serves(self) -> bool:
        """Whether everything that this version needs is there."""
        return self in {Standing.CURRENT, Standing.AHEAD}

    @property
    def text(self) -> str:
        return f"The database {self.value}"


class Migrated(NamedTuple):
    """The revisions that a database is at, none for an empty one, and how it stands."""

    revisions: frozenset[str]
    standing: Standing


def alembic_config(url: Secret | None = None, idea_partitions: int = IDEA_PARTITIONS) -> Config:
    """`url` is the owner's address; it travels as an attribute, since an option would be printed by `alembic` tools.

    `idea_partitions` counts when the table of ideas is created, and never again.
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
    """Of all migrations that this version knows."""
    return frozenset(script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions())


def is_known(applied: Collection[str]) -> bool:
    """Whether the revisions alone say how a database stands; otherwise its history does."""
    return revisions() >= set(applied)


def standing(applied: Collection[str], history: History = ()) -> Standing:
    """`applied` are the revisions that a database is at, and `history` counts when `is_known` is false for them.

    A database is ahead when its history holds this version's last migration, so that everything which this version
    needs has been made, and no later migration which says that it took something of it away.
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
    """As a login sees it that may read the tables of migrations."""
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
