"""What processes remember of a vault, what writers do meanwhile, and what an earlier dump is worth afterwards."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from tests.admin.operators import tenant_of
from tests.application import House, environment_of, open_house
from tests.erasure.erasing import LEFT, asked, confirmed, erased, finished, holding, vault_of
from tests.factories import Creator
from tests.logs import captured_logs

type HouseWith = Callable[..., Awaitable[House]]


async def remember(creator: Creator) -> None:
    """Makes the process hold the key, opened ideas and a search index."""
    for parameters in ({}, {"search": "found"}, {"limit": 1}):
        assert (await creator.list(parameters)).status_code == 200


async def test_the_process_that_erases_forgets_at_once(house: House, eve: Creator) -> None:
    await eve.idea("found")
    await remember(eve)
    assert vault_of(eve) in house.parts.vaults.held()

    await erased(eve)

    assert vault_of(eve) not in house.parts.vaults.held()


async def test_another_process_refuses_at_once_and_forgets_within_seconds(
    house: House, house_with: HouseWith, eve: Creator
) -> None:
    other = await house_with()
    there = other.creator(eve.user_id, eve.claims)
    bob = other.creator()
    await eve.idea("found")
    await bob.idea("found")
    await remember(there)
    await remember(bob)
    cipher = other.parts.keyring.newest(vault_of(eve))
    assert cipher is not None

    await erased(eve)
    async with asyncio.timeout(60):  # it looks every two seconds, without any request
        while vault_of(eve) in other.parts.vaults.held():  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.05)

    parts = other.parts
    for cache in (
        parts.keyring._ciphers,
        parts.search_cache._indexes,
        parts.opened._vaults,
        parts.growing_segments._runs,
    ):
        assert vault_of(eve) not in cache
    assert vault_of(bob) in parts.vaults.held()
    for answer in (await there.list(), await there.list({"search": "found"}), await there.post({"title": "x"})):
        assert answer.status_code == 403
    await remember(bob)


async def test_what_a_request_remembers_too_late_is_forgotten_again(house: House, eve: Creator) -> None:
    """As one does that has read its snapshot before the keys were destroyed."""
    await eve.idea("found")
    await remember(eve)
    cipher = house.parts.cipher_of(vault_of(eve))
    await erased(eve)
    house.parts.keyring._ciphers.put(vault_of(eve), cipher)

    await house.parts.erasure.keeper.look()

    assert vault_of(eve) not in house.parts.vaults.held()


async def test_a_keeper_that_could_not_look_finds_what_it_missed(
    house_with: HouseWith, house: House, eve: Creator, database: asyncpg.Connection
) -> None:
    other = await house_with()
    keeper = other.parts.erasure.keeper
    await keeper.aclose()
    there = other.creator(eve.user_id, eve.claims)
    await eve.idea("found")
    await remember(there)
    await erased(eve)
    await database.execute("UPDATE erased_vaults SET erased_at = erased_at - interval '10 minutes'")

    await keeper.look()
    assert vault_of(eve) in other.parts.vaults.held(), "too long ago for one that has looked since"
    keeper._seen_at -= 700
    await keeper.look()

    assert vault_of(eve) not in other.parts.vaults.held()


async def test_writers_get_a_clear_error_and_leave_nothing_behind(
    house: House, house_with: HouseWith, eve: Creator, database: asyncpg.Connection
) -> None:
    """Through two processes: creates, changes, retries, searches that write segments."""
    other = await house_with()
    there = other.creator(eve.user_id, eve.claims)
    idea = await eve.idea("found")
    statuses, stop = Counter[int](), asyncio.Event()

    async def write(creator: Creator, number: int) -> None:
        while not stop.is_set():
            answers = [
                await creator.post({"title": f"found {number}"}),
                await creator.post({"title": "once"}, headers={"Idempotency-Key": str(uuid4())}),
                await creator.patch(idea, {"notes": str(number)}),
                await creator.list({"search": "found"}),
            ]
            statuses.update(answer.status_code for answer in answers)
            refused = [answer.json()["detail"] for answer in answers if answer.status_code == 403]
            assert all(detail.endswith("is being erased or has been") for detail in refused)

    writers = [asyncio.create_task(write(creator, number)) for number in range(3) for creator in (eve, there)]
    await asyncio.sleep(0.3)
    confirmation = await asked(eve)
    answer = await confirmed(eve, confirmation)
    assert answer.status_code in {200, 202}
    await finished(database, eve)
    await asyncio.sleep(0.2)
    stop.set()
    await asyncio.gather(*writers)

    assert statuses.keys() <= {200, 201, 403}
    assert statuses[201] > 0 < statuses[403]
    assert await holding(database, vault_of(eve)) == LEFT
    for process in (house, other):
        await process.parts.segment_writer.finish()
    assert await holding(database, vault_of(eve)) == LEFT


RESTORED = ("tenants", "vaults", "ideas", "idea_segments", "idempotency_answers")


async def test_an_earlier_dump_with_todays_keys_opens_nothing_of_the_vault(
    fresh_house: House, fresh_sql: asyncpg.Connection, home: Path
) -> None:
    ada, bob = fresh_house.creator(), fresh_house.creator()
    for creator in (ada, bob):
        await creator.idea("a secret", notes="private")
        await creator.post({"title": "once"}, headers={"Idempotency-Key": "once"})
    await fresh_sql.execute("SET session_replication_role = replica")
    await fresh_sql.execute("CREATE SCHEMA dump")
    columns = {
        table: ", ".join(
            row["name"]
            for row in await fresh_sql.fetch(
                "SELECT attname AS name FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0"
                " AND attgenerated = '' AND NOT attisdropped",
                table,
            )
        )
        for table in RESTORED
    }
    for table, names in columns.items():
        await fresh_sql.execute(f"CREATE TABLE dump.{table} AS SELECT {names} FROM {table}")
    await erased(ada)

    for table, names in columns.items():
        await fresh_sql.execute(f"DELETE FROM {table}")
        await fresh_sql.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM dump.{table}")
    await fresh_sql.execute("DROP SCHEMA dump CASCADE")
    environ = environment_of(fresh_house.database, home)
    async with open_house(environ, fresh_house.database) as restored:
        hers, his = restored.creator(ada.user_id), restored.creator(bob.user_id)
        opened = await his.titles()
        with captured_logs() as logs:
            lost = [await hers.list(), await hers.list({"search": "secret"}), await hers.post({"title": "more"})]

    assert sorted(opened) == ["a secret", "once"]
    assert [answer.status_code for answer in lost] == [500, 500, 500]
    assert not any("secret" in answer.text for answer in lost)
    assert {event["code"] for event in logs.named("alarm")} == {"lost_key"}


async def test_the_row_of_a_destroyed_vault_cannot_be_revived(
    eve: Creator, database: asyncpg.Connection, house: House
) -> None:
    await eve.idea()
    await erased(eve)
    runtime = await asyncpg.connect(house.database.runtime_url)
    try:
        for statement in ("UPDATE vaults SET status = NULL", "UPDATE tenants SET status = 'active'"):
            async with runtime.transaction():
                await runtime.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant_of(eve)))
                try:
                    changed = await runtime.execute(statement)
                except asyncpg.InsufficientPrivilegeError:
                    break
                assert changed == "UPDATE 0", "an organization's status is out of reach"
    finally:
        await runtime.close()
    assert (await eve.post({"title": "back"})).status_code == 403


@pytest.mark.parametrize(
    "statement", ["UPDATE tenants SET status = 'active'", "UPDATE tenants SET status = 'suspended'"]
)
async def test_the_runtime_login_can_only_end_a_personal_tenant(
    eve: Creator, house: House, database: asyncpg.Connection, statement: str
) -> None:
    await eve.idea()
    runtime = await asyncpg.connect(house.database.runtime_url)
    try:
        async with runtime.transaction():
            await runtime.execute("SELECT set_config('app.tenant_id', $1, true)", str(tenant_of(eve)))
            if "org_id" in eve.claims:
                assert await runtime.execute(statement) == "UPDATE 0"
                assert await runtime.execute("UPDATE tenants SET status = 'erased'") == "UPDATE 0"
            else:
                with pytest.raises(asyncpg.InsufficientPrivilegeError, match="ends_erased"):
                    async with runtime.transaction():
                        await runtime.execute(statement)
    finally:
        await runtime.close()
