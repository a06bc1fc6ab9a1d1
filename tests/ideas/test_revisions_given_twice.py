"""A standby without the last commits is promoted, and the database assigns their revisions again, to other ideas."""

from collections.abc import Awaitable, Callable

import asyncpg
import httpx
import pytest

from tests.application import House
from tests.factories import Creator, Idea
from tests.logs import captured_logs
from tests.vault_rows import inserted_columns

TABLES = ("ideas", "idea_versions", "vaults", "idea_segments", "vault_checkpoints")

type Standby = Callable[[], Awaitable[None]]


@pytest.fixture
async def before(ada: Creator) -> list[Idea]:
    return [await ada.idea(f"Idea {number}") for number in range(2)]


@pytest.fixture
async def promoted(ada: Creator, before: list[Idea], database: asyncpg.Connection) -> Standby:
    """A standby that lacks what is stored after this fixture."""
    for table in TABLES:
        columns = await inserted_columns(database, table)
        await database.execute(
            f"CREATE TEMP TABLE kept_{table} AS SELECT {columns} FROM {table} WHERE user_id = $1", ada.user_id
        )

    async def promote() -> None:
        await database.execute("SET session_replication_role = replica")
        for table in TABLES:
            await database.execute(f"DELETE FROM {table} WHERE user_id = $1", ada.user_id)
            columns = await inserted_columns(database, table)
            await database.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM kept_{table}")

    return promote


@pytest.mark.parametrize("stored_since", [2, 3])
async def test_exactly_the_stored_ideas_are_found(
    ada: Creator,
    before: list[Idea],
    promoted: Standby,
    house_with: Callable[..., Awaitable[House]],
    stored_since: int,
) -> None:
    """Also if the vault's revision is higher than this process has seen: its index is of lost revisions."""
    lost = [await ada.idea(f"Idea lost {number}") for number in range(2)]
    assert len(await ada.titles({"search": "idea"})) == 4
    await promoted()
    elsewhere = (await house_with()).creator(ada.user_id)
    since = [await elsewhere.idea(f"Idea since {number}") for number in range(stored_since)]

    with captured_logs() as logs:
        found = (await ada.list({"search": "idea"})).json()["items"]

    assert {idea["id"] for idea in found} == {idea["id"] for idea in (*before, *since)}
    assert (await ada.get(lost[0])).status_code == 404
    alarms = [alert["code"] for alert in logs.named("alarm")]
    assert alarms == (["vault_set_back"] if stored_since == 2 else [])


async def test_entity_tags_from_before_the_failover_do_not_match(
    ada: Creator, before: list[Idea], promoted: Standby, house_with: Callable[..., Awaitable[House]]
) -> None:
    changed = (await ada.patch(before[0], {"notes": "Lost"})).headers["ETag"]
    page = (await ada.list()).headers["ETag"]
    search = (await ada.list({"search": "idea"})).headers["ETag"]
    await promoted()
    elsewhere = (await house_with()).creator(ada.user_id)
    assert (await elsewhere.patch(before[0], {"notes": "Since"})).status_code == 200

    answers = [
        await ada.get(before[0], headers={"If-None-Match": changed}),
        await ada.list(headers={"If-None-Match": page}),
        await ada.list({"search": "idea"}, headers={"If-None-Match": search}),
        await ada.patch(before[0], {"notes": "Mine"}, headers={"If-Match": changed}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 412]


async def test_a_vault_whose_key_was_lost_and_made_again_elsewhere_is_served(
    house: House, database: asyncpg.Connection, house_with: Callable[..., Awaitable[House]]
) -> None:
    """The whole vault was lost, and another process has made it again, up to the revision that this one knows."""
    for ask in (get, listed, searched, change):
        ada = house.creator()
        lost = [await ada.idea(f"Idea lost {number}") for number in range(2)]
        assert len(await ada.titles({"search": "idea"})) == 2
        await house.parts.checkpoint_writer.finish()
        for table in ("ideas", "idea_segments", "vault_checkpoints", "vaults", "keys.vault_keys"):
            await database.execute(f"DELETE FROM {table} WHERE user_id = $1", ada.user_id)
        elsewhere = (await house_with()).creator(ada.user_id)
        since = [await elsewhere.idea(f"Idea since {number}") for number in range(2)]

        with captured_logs() as logs:
            answers = [await ask(ada, since[0]) for _ in range(2)]

        alarms = [alert["code"] for alert in logs.named("alarm")]
        assert [answer.status_code for answer in answers] == ([200] * 2 if ask is change else [500, 200]), ask
        assert alarms == ([] if ask is change else ["vault_set_back"]), ask
        assert {idea["id"] for idea in (await ada.list()).json()["items"]} == {idea["id"] for idea in since}
        assert (await ada.get(lost[0])).status_code == 404


async def get(creator: Creator, idea: Idea) -> httpx.Response:
    return await creator.get(idea)


async def listed(creator: Creator, _: Idea) -> httpx.Response:
    return await creator.list()


async def searched(creator: Creator, _: Idea) -> httpx.Response:
    return await creator.list({"search": "idea"})


async def change(creator: Creator, idea: Idea) -> httpx.Response:
    return await creator.patch(idea, {"notes": "Mine"})
