"""What is too old is deleted, and versions are thinned out, in the background."""

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from creatorvault.admin.totals import add_up
from creatorvault.core.database.sessions import run
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.parts import parts_of
from creatorvault.crypto.errors import Reason, RootKeyUnavailable
from creatorvault.history import purging, thinning_out
from creatorvault.history.purging import UNANSWERED, Purged, purge
from creatorvault.history.schedule import PurgeKeeper, RepeatedPurge, purge_again
from creatorvault.history.standing import standing_of
from creatorvault.history.statements.purging import PRUNE_VERSIONS
from tests.admin.operators import EVERY_SCOPE, appointed, tenant_of
from tests.application import House
from tests.factories import Creator, Idea
from tests.history.aging import age, purge_parts
from tests.history.undoing import choose, counted, restore, revert, stored, trashed, version, versions
from tests.logs import Logs
from tests.ways import forget, vault_of

DAY = timedelta(days=1)


@pytest.fixture
def house(fresh_house: House) -> House:
    """A purge is of all vaults."""
    return fresh_house


@pytest.fixture
def database(fresh_sql: asyncpg.Connection) -> asyncpg.Connection:
    return fresh_sql


@pytest.fixture
def ada(house: House) -> Creator:
    return house.creator()


async def purged(house: House, after: timedelta = timedelta(0), since: datetime | None = None) -> Purged:
    return await purge(purge_parts(house), datetime.now(UTC) + after, since)


async def edited(creator: Creator, times: int) -> Idea:
    idea = await creator.idea("Version 1")
    for number in range(2, times + 2):
        await creator.patch(idea, {"title": f"Version {number}"})
    return idea


async def numbers(creator: Creator, idea: Idea) -> list[int]:
    answer = await versions(creator, idea, limit=100)
    assert answer.status_code == 200, answer.text
    return [item["number"] for item in answer.json()["items"]]


async def test_it_stays_for_as_long_as_the_retention_says(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    idea, deleted = await edited(ada, 2), await edited(ada, 2)
    await ada.delete(deleted)

    first = await purged(house, 30 * DAY - timedelta(minutes=5))
    assert (first.ideas, first.versions, first.failures) == (0, 0, [])
    kept = await stored(database, ada)
    assert (kept["trashed_ideas"], kept["idea_versions"] > 0) == (1, True)
    await counted(database, ada)

    second = await purged(house, 30 * DAY + timedelta(minutes=5))
    assert (second.vaults, second.ideas) == (1, 1)
    assert await stored(database, ada) == {"ideas": 1, "idea_versions": 0, "trashed_ideas": 0, "history_prunings": 1}
    await counted(database, ada)
    assert await numbers(ada, idea) == []
    assert await trashed(ada) == []
    assert (await restore(ada, deleted)).status_code == 404
    third = await purged(house, 30 * DAY + timedelta(minutes=5))
    assert (third.vaults, third.rows) == (0, 0)


async def test_what_changes_afterwards_is_a_chain_again(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    idea = await edited(ada, 2)
    await purged(house, 31 * DAY)
    await ada.patch(idea, {"title": "After"})
    await ada.patch(idea, {"title": "And after"})

    assert await numbers(ada, idea) == [4, 3]
    await ada.delete(idea)
    await restore(ada, idea)
    assert await numbers(ada, idea) == [4, 3]
    await counted(database, ada)


async def test_each_vault_has_its_own_retention(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    bob = house.creator()
    for creator, days in ((ada, 5), (bob, 50)):
        await choose(creator, {"retention_days": days})
        await creator.delete(await edited(creator, 1))
    await purged(house, 6 * DAY)
    assert (await stored(database, ada))["trashed_ideas"] == 0
    assert (await stored(database, bob))["trashed_ideas"] == 1
    await purged(house, 51 * DAY)
    assert (await stored(database, bob))["trashed_ideas"] == 0


async def test_in_small_steps(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purging, "IDEAS_AT_ONCE", 2)
    monkeypatch.setattr(purging, "VERSIONS_AT_ONCE", 2)
    monkeypatch.setattr(purging, "TOTALS_AT_ONCE", 1)
    bob = house.creator()
    await edited(bob, 1)
    for _ in range(5):
        await ada.delete(await edited(ada, 1))
    living = await edited(ada, 5)
    done = await purged(house, 31 * DAY)
    assert (done.vaults, done.ideas, done.versions) == (2, 5, 6)
    assert await numbers(ada, living) == []
    await counted(database, ada)


async def test_a_purge_that_was_interrupted_is_continued(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each of its transactions, the chain is whole."""
    monkeypatch.setattr(purging, "VERSIONS_AT_ONCE", 1)
    idea = await edited(ada, 4)
    await choose(ada, {"retention_days": 60})
    runs = 0

    async def interrupted(session: object, statement: str, *arguments: object) -> object:
        nonlocal runs
        runs += statement == PRUNE_VERSIONS
        if runs == 3 and statement == PRUNE_VERSIONS:
            raise ServiceUnavailable
        return await run(session, statement, *arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(purging, "run", interrupted)
        failed = await purged(house, 61 * DAY)
    assert [failure.problem for failure in failed.failures] == [UNANSWERED]
    assert failed.versions == 2
    await counted(database, ada)
    await choose(ada, {"retention_days": 365})
    assert await numbers(ada, idea) == [4, 3]
    await choose(ada, {"retention_days": 60})
    assert (await purged(house, 61 * DAY)).versions == 2
    assert await numbers(ada, idea) == []


async def test_versions_are_thinned_out(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    idea = await edited(ada, 5)
    before = await ada.get(idea)
    await age(house, database, ada, timedelta(days=3))
    idea = (await ada.patch(idea, {"title": "Version 7"})).json()
    assert await numbers(ada, idea) == [6, 5, 4, 3, 2, 1]

    done = await purged(house)

    # Perhaps midnight came between two of them.
    assert done.thinned in (3, 4)
    kept = await numbers(ada, idea)
    assert kept[:2] == [6, 5]
    assert len(kept) == 6 - done.thinned
    for number in kept:
        assert (await version(ada, idea, number)).json()["title"] == f"Version {number}"
    assert (await purged(house)).rows == 0
    await counted(database, ada)
    assert (await revert(ada, idea, 5)).json()["title"] == "Version 5"
    assert (await numbers(ada, idea))[:3] == [7, 6, 5]
    assert before.status_code == 200


async def test_deleted_ideas_are_thinned_out_as_well(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    idea = await edited(ada, 5)
    await ada.delete(idea)
    await age(house, database, ada, timedelta(days=3))
    assert (await purged(house)).thinned in (3, 4)
    await counted(database, ada)
    assert (await restore(ada, idea)).status_code == 200
    assert (await numbers(ada, idea))[0] == 5


async def test_thinned_out_in_small_steps(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(thinning_out, "VERSIONS_AT_ONCE", 2)
    monkeypatch.setattr(thinning_out, "IDEAS_AT_ONCE", 1)
    ideas = [await edited(ada, 8) for _ in range(3)]
    await age(house, database, ada, timedelta(hours=30))
    done = await purged(house)
    assert done.thinned >= 3 * 6
    for idea in ideas:
        assert (await numbers(ada, idea))[0] == 8
    await counted(database, ada)
    # What was sealed again is thinned out again, and pruned.
    for idea in ideas:
        await ada.patch(idea, {"title": "Later"})
    await age(house, database, ada, timedelta(days=2))
    assert (await purged(house)).failures == []
    for idea in ideas:
        assert (await numbers(ada, idea))[0] == 9
    assert (await purged(house, 31 * DAY)).failures == []
    assert [await numbers(ada, idea) for idea in ideas] == [[], [], []]
    await counted(database, ada)


async def test_only_what_has_grown_old_since_the_last_time(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    idea = await edited(ada, 4)
    begun = datetime.now(UTC)
    assert (await purged(house, timedelta(minutes=30), begun)).rows == 0
    assert (await purged(house, timedelta(minutes=90), begun + timedelta(minutes=30))).thinned >= 2
    await ada.patch(idea, {"title": "x"})
    assert (await purged(house, timedelta(hours=3), begun + timedelta(hours=2))).rows == 0
    assert (await purged(house, 30 * DAY + timedelta(hours=1), begun + 30 * DAY - timedelta(hours=1))).versions > 0


async def test_the_repeated_purge_remembers_the_last_time(house: House, ada: Creator, logs: Logs) -> None:
    await ada.delete(await edited(ada, 1))
    await choose(ada, {"retention_days": 5})
    repeated, begun = RepeatedPurge(purge_parts(house)), datetime.now(UTC)
    assert (await repeated.run()).rows == 0
    assert (await repeated.run(begun + timedelta(hours=1))).rows == 0
    # Five days are not the default, so this one is found when everything is looked at.
    assert (await repeated.run(begun + 5 * DAY + timedelta(hours=1))).ideas == 1
    assert (await repeated.run(begun + 5 * DAY + timedelta(hours=2))).rows == 0
    assert [event["ideas"] for event in logs.named("history.purged")] == [0, 0, 1, 0]


async def test_a_schedule_purges_where_there_are_operators(house: House, logs: Logs) -> None:
    parts = parts_of(house.app)
    await purge_again(parts)
    parts.remove(parts[PurgeKeeper])
    parts.add(PurgeKeeper(None))
    await purge_again(parts)
    assert (len(logs.named("history.purged")), len(logs.named("history.not_purged"))) == (1, 1)


async def test_a_suspended_tenant_is_pruned_but_not_opened(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    await edited(ada, 5)
    await age(house, database, ada, timedelta(days=3))
    await database.execute("UPDATE tenants SET status = 'suspended'")
    assert (await purged(house)).rows == 0
    done = await purged(house, 31 * DAY)
    assert (done.versions, done.failures) == (5, [])
    await database.execute("UPDATE tenants SET status = 'active'")
    assert (await ada.list()).status_code == 200


@pytest.mark.parametrize("status", ["UPDATE tenants SET status = 'erasing'", "UPDATE vaults SET status = 'closed'"])
async def test_what_is_being_erased_is_left(
    house: House, ada: Creator, database: asyncpg.Connection, status: str
) -> None:
    await ada.delete(await edited(ada, 2))
    await database.execute(status)
    assert (await purged(house, 31 * DAY)).rows == 0
    assert (await stored(database, ada))["trashed_ideas"] == 1


async def test_what_is_closed_meanwhile_is_left(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    idea = await edited(ada, 5)
    await age(house, database, ada, timedelta(days=3))
    await ada.patch(idea, {"title": "Newer"})
    parts, now = purge_parts(house), datetime.now(UTC)

    async def closed_afterwards(*arguments: object) -> object:
        found = await standing_of(*arguments)  # type: ignore[arg-type]
        await database.execute("UPDATE vaults SET status = 'closed'")
        return found

    monkeypatch.setattr(purging, "standing_of", closed_afterwards)
    assert (await purge(parts, now)).rows == 0
    await database.execute("UPDATE vaults SET status = NULL")
    monkeypatch.setattr(purging, "standing_of", standing_of)
    assert (await purge(parts, now)).thinned > 0


async def test_a_vault_whose_row_is_gone_is_left(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    await ada.delete(await edited(ada, 2))
    await database.execute("SET session_replication_role = replica")
    await database.execute("DELETE FROM vaults")
    assert (await purged(house, 31 * DAY)).rows == 0


async def test_vaults_that_fail_are_reported_and_others_purged(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs
) -> None:
    bob = house.creator()
    for creator in (ada, bob):
        await creator.delete(await edited(creator, 2))
    await database.execute(
        "UPDATE keys.vault_keys SET wrapped = set_byte(wrapped, 40, get_byte(wrapped, 40) # 1) WHERE user_id = $1",
        ada.user_id,
    )
    for creator in (ada, bob):
        forget(house, vault_of(creator))
    done = await purged(house, 31 * DAY)
    assert (done.vaults, done.ideas) == (1, 1)
    assert [(failure.vault, failure.problem.split(",")[0]) for failure in done.failures] == [
        (vault_of(ada), "wrong_key")
    ]
    assert [(alarm["code"], alarm["user_id"]) for alarm in logs.named("alarm")] == [("wrong_key", ada.user_id)]
    assert (await stored(database, ada))["trashed_ideas"] == 1


async def test_a_root_key_that_cannot_be_used(house: House, ada: Creator, monkeypatch: pytest.MonkeyPatch) -> None:
    await ada.delete(await edited(ada, 2))
    reason = Reason.DISABLED

    async def refuse(*_: object) -> None:
        raise RootKeyUnavailable("transit/ada", reason)

    monkeypatch.setattr(house.parts.keyring, "cipher", refuse)
    assert [failure.problem for failure in (await purged(house, 31 * DAY)).failures] == [
        "the root key transit/ada is disabled"
    ]
    reason = Reason.SEALED
    with pytest.raises(RootKeyUnavailable):
        await purged(house, 31 * DAY)


async def test_a_database_that_is_away_ends_the_purge(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(6):
        await edited(house.creator(), 1)
    tried = 0

    async def away(*_: object) -> None:
        nonlocal tried
        tried += 1
        raise ServiceUnavailable

    monkeypatch.setattr(purging, "standing_of", away)
    with pytest.raises(ServiceUnavailable):
        await purged(house, 31 * DAY)
    assert tried == purging.MOST_UNANSWERED


async def test_operators_see_the_size_afterwards(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    olga = await appointed(database, house.client, *EVERY_SCOPE)
    await ada.delete(await edited(ada, 3))
    await ada.idea("Kept")
    # As if all this had been added up long ago.
    await database.execute("UPDATE vaults SET changed_at = now() - interval '5 hours'")
    await add_up(purge_parts(house).operators, datetime.now(UTC))
    before = (await olga.get(f"/tenants/{tenant_of(ada)}"))["sealed_bytes"]
    assert (await purged(house, 31 * DAY)).ideas == 1

    size = await database.fetchval("SELECT sealed_bytes FROM vaults")
    shown = (await olga.get(f"/tenants/{tenant_of(ada)}"))["sealed_bytes"]
    listed = (await olga.get("/tenants", sort="sealed_bytes"))["items"][0]["sealed_bytes"]
    assert shown == listed == size < before


async def test_a_version_that_is_missing_is_not_covered_up(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs
) -> None:
    idea = await edited(ada, 5)
    await age(house, database, ada, timedelta(days=3))
    await database.execute("DELETE FROM idea_versions WHERE number = 3")
    done = await purged(house)

    assert [failure.problem for failure in done.failures] == ["vault_mismatch"]
    assert [alarm["idea_id"] for alarm in logs.named("alarm")] == [idea["id"]]
    assert (await stored(database, ada))["idea_versions"] == 4
    assert (await versions(ada, idea)).status_code == 500


@pytest.mark.parametrize("number", [5, 3])
async def test_a_version_that_does_not_open_is_not_covered_up(
    house: House, ada: Creator, database: asyncpg.Connection, logs: Logs, number: int
) -> None:
    await edited(ada, 5)
    await age(house, database, ada, timedelta(days=3))
    await database.execute(
        "UPDATE idea_versions SET title = set_byte(title, 30, get_byte(title, 30) # 1) WHERE number = $1", number
    )
    done = await purged(house)

    assert [failure.problem.split(",")[0] for failure in done.failures] == ["tampered"]
    assert {(alarm["code"], alarm["table"]) for alarm in logs.named("alarm")} == {("tampered", "idea_versions")}
    assert (await stored(database, ada))["idea_versions"] == 5


async def test_writers_go_on_meanwhile(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    ideas = [await edited(ada, 6) for _ in range(4)]
    await age(house, database, ada, timedelta(days=2))
    purging_now = asyncio.create_task(purged(house))
    answers = await asyncio.gather(
        *(ada.patch(idea, {"title": f"Meanwhile {step}"}) for idea in ideas for step in range(3)),
        ada.delete(ideas[0]),
    )
    assert (await purging_now).failures == []
    assert {answer.status_code for answer in answers} <= {200, 204, 404}
    await counted(database, ada)
    for idea in ideas[1:]:
        assert await numbers(ada, idea)
