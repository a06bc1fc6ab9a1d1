"""Records the sequence of migrations in the database, from within a migration run."""

from alembic import context
from sqlalchemy import Connection, text

from creatorvault.core.database.migrations import HISTORY


def record_history(connection: Connection) -> None:
    """For versions that do not know the last migrations: `creatorvault.core.database.migrations` says how they read it.

    Belongs to each transaction that applies migrations, since other versions read it as soon as that is committed.
    A migration that takes away what an earlier version needs has a constant `oldest_served`: the last revision of the
    oldest version that can serve the database then.
    """
    if connection.scalar(text("SELECT to_regclass('migration_history')")) is None:
        return
    applied = context.get_context().get_current_heads()
    scripts = [*context.script.iterate_revisions(applied, "base")][::-1]
    history = [(script.revision, getattr(script.module, "oldest_served", None)) for script in scripts]
    if history != [(revision, oldest) for revision, oldest in connection.execute(text(HISTORY))]:
        connection.execute(text("DELETE FROM migration_history"))
        connection.execute(
            text("INSERT INTO migration_history VALUES (:position, :revision, :oldest_served)"),
            [
                {"position": position, "revision": revision, "oldest_served": oldest}
                for position, (revision, oldest) in enumerate(history)
            ],
        )
