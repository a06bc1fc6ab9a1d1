"""A purge touches the rows of the vault that it is about, even without row-level security."""

from datetime import UTC, datetime, timedelta

import asyncpg

from creatorvault.history import purging
from creatorvault.history.purging import purge
from creatorvault.history.standing import PurgeParts
from tests.application import House
from tests.history.aging import age, purge_parts
from tests.vault_rows import rows_of, rows_of_others, tables
from tests.ways import vault_of

TABLES = ("ideas", "idea_versions", "trashed_ideas", "history_prunings", "vaults")
TOTALS = {"totalled_vaults", "tenant_totals"}


async def test_only_the_vault_that_is_due(
    fresh_house: House, fresh_sql: asyncpg.Connection, monkeypatch: object
) -> None:
    """Its neighbours have the same user in another tenant, and another user in the same tenant."""
    mine, *others = [
        fresh_house.creator(user_id, {"org_id": organization, "org_role": "member"})
        for organization, user_id in (("one", "ada"), ("two", "ada"), ("one", "ben"))
    ]
    for creator in (mine, *others):
        for deleted in (False, True):
            idea = await creator.idea("Version 1")
            for number in range(2, 8):
                await creator.patch(idea, {"title": f"Version {number}"})
            if deleted:
                await creator.delete(idea)
        await age(fresh_house, fresh_sql, creator, timedelta(days=3))
    # The same ids in all three, so that a statement without its scope finds those of others as well.
    await fresh_sql.execute("SET session_replication_role = replica")
    ids = {
        table: await fresh_sql.fetchval(f"SELECT id FROM {table} WHERE user_id = 'ada' LIMIT 1")
        for table in ("ideas", "trashed_ideas")
    }
    assert ids["ideas"] != ids["trashed_ideas"]
    of = {name: columns for name, columns in (await tables(fresh_sql)).items() if name not in TOTALS}
    for table in TABLES:
        await fresh_sql.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        await fresh_sql.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")

    async def only_mine(*_: object) -> list[object]:
        return [vault_of(mine)]

    monkeypatch.setattr(purging, "_due", only_mine)  # type: ignore[attr-defined]
    parts: PurgeParts = purge_parts(fresh_house)
    for after, rows in ((timedelta(0), "thinned"), (timedelta(days=31), "versions")):
        before = await rows_of_others(fresh_sql, vault_of(mine), of)
        done = await purge(parts, datetime.now(UTC) + after)
        assert done.failures == []
        assert getattr(done, rows) > 0
        assert await rows_of_others(fresh_sql, vault_of(mine), of) == before
    left = await rows_of(fresh_sql, vault_of(mine))
    assert [len(left[table]) for table in ("ideas", "idea_versions", "trashed_ideas")] == [1, 0, 0]
