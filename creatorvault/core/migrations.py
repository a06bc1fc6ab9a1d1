"""Where migrations lie, which of them is the last, and which a database is at."""

from functools import cache

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text

from creatorvault.core.bundled import bundled
from creatorvault.core.connections import passing_engine
from creatorvault.core.secret import Secret
from creatorvault.settings import IDEA_PARTITIONS


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


async def applied(url: Secret) -> frozenset[str]:
    """The revisions that a database is at, as a login sees it that may read them; none for an empty database."""
    engine = passing_engine(url.reveal())
    try:
        async with engine.connect() as connection:
            if await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
                return frozenset()
            return frozenset((await connection.scalars(text("SELECT version_num FROM alembic_version"))).all())
    finally:
        await engine.dispose()
