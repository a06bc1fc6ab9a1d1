"""`creatorvault history purge`, in a process of its own."""

from datetime import timedelta
from pathlib import Path

import asyncpg

from tests.application import House, environment_of
from tests.commands import INHERITED, completed
from tests.history.aging import age
from tests.history.undoing import stored
from tests.postgres import Database
from tests.ways import vault_of


async def test_it_purges_and_names_what_it_cannot(
    fresh_house: House, fresh_database: Database, fresh_sql: asyncpg.Connection, home: Path
) -> None:
    environ = environment_of(fresh_database, home) | INHERITED
    ada, bob = fresh_house.creator(), fresh_house.creator()
    for creator in (ada, bob):
        idea = await creator.idea("Bread")
        await creator.patch(idea, {"title": "Cake"})
        await creator.delete(idea)
        await age(fresh_house, fresh_sql, creator, timedelta(days=31))
    await fresh_sql.execute(
        "UPDATE keys.vault_keys SET wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1) WHERE user_id = $1",
        bob.user_id,
    )

    first, second = (completed("history", "purge", env=environ) for _ in range(2))

    [failure, summary] = first.stdout.splitlines()
    assert failure.startswith(f"{vault_of(bob).tenant_id} {bob.user_id}: wrong_key")
    assert summary == "1 vaults: 1 deleted ideas and 0 versions were too old, 0 versions were thinned out."
    assert (first.returncode, "1 vaults could not be purged" in first.stderr) == (1, True)
    assert second.stdout.splitlines()[-1].startswith("0 vaults:")
    assert (await stored(fresh_sql, ada))["trashed_ideas"] == 0
    assert (await stored(fresh_sql, bob))["trashed_ideas"] == 1

    await fresh_sql.execute("DELETE FROM trashed_ideas")
    await fresh_sql.execute("DELETE FROM idea_versions")
    nothing = completed("history", "purge", env=environ)
    assert (nothing.returncode, nothing.stdout.splitlines()[-1][:9]) == (0, "0 vaults:")
