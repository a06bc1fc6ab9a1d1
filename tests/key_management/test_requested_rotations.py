"""Rotations that operators ask for: a job does them, and stores how far it is."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from creatorvault.audit.chain import SERVICE
from creatorvault.core.background.declarations import JobPlace
from creatorvault.core.parts import parts_of
from creatorvault.jobs.worker import work_until
from creatorvault.key_management import job
from creatorvault.key_management.installation import RunningLock
from creatorvault.key_management.job import run_rotation
from tests.admin.operators import EVERY_SCOPE, AdminClient, appointed
from tests.application import House, environment_of, open_house, settings_of
from tests.key_management.rotating import Keys, filled, stored_keys, vault_of, versions_in_use
from tests.logs import Logs
from tests.postgres import Database

QUICK: Final = {"CREATORVAULT_JOBS__POLL_SECONDS": "0.1"}

type Ended = Callable[[Any], Awaitable[Any]]


@pytest.fixture
def quick_environ(fresh_database: Database, home: Path) -> dict[str, str]:
    return environment_of(fresh_database, home) | QUICK


@pytest.fixture
async def house(quick_environ: dict[str, str], fresh_database: Database) -> AsyncGenerator[House]:
    async with open_house(quick_environ, fresh_database) as house:
        yield house


@pytest.fixture
async def olga(house: House, fresh_sql: asyncpg.Connection) -> AdminClient:
    return await appointed(fresh_sql, house.client, *EVERY_SCOPE)


@pytest.fixture
async def ended(house: House, olga: AdminClient) -> AsyncGenerator[Ended]:
    """Runs jobs until the end of the test. Returns a rotation when it is finished or has failed."""
    stop, running = asyncio.Event(), list[asyncio.Task[None]]()

    async def ended(asked: Any) -> Any:
        if not running:
            running.append(asyncio.create_task(work_until(parts_of(house.app), stop)))
        async with asyncio.timeout(120):
            while (found := await rotation(olga, asked))["state"] in {"waiting", "running"}:  # noqa: ASYNC110  # nobody tells
                await asyncio.sleep(0.1)
        return found

    yield ended
    stop.set()
    await asyncio.gather(*running)


async def rotation(olga: AdminClient, asked: Any) -> Any:
    return await olga.get(f"/keys/rotations/{asked['rotation_id']}")


def place_of(rotation_id: int) -> JobPlace:
    return JobPlace(SERVICE, None, UUID(int=rotation_id))


async def test_all_vaults_get_new_keys(
    house: House, olga: AdminClient, ended: Ended, fresh_sql: asyncpg.Connection
) -> None:
    creators = [await filled(house) for _ in range(2)]

    asked = await olga.post("/keys/rotations", {})
    done = await ended(asked)

    assert (asked["state"], asked["tenant_id"], asked["root"]) == ("waiting", None, False)
    assert asked["job_id"] is not None
    assert (done["state"], done["job_id"], done["requested_by"]) == ("finished", None, f"operator:{olga.id}")
    assert (done["vaults_done"], done["vaults_total"]) == (2, 2)
    assert (done["rows_done"], done["rows_total"]) == (10, 10)
    assert (done["findings"], done["problems"]) == (0, [])
    for creator in creators:
        assert await versions_in_use(fresh_sql, vault_of(creator)) == {2}
        assert await stored_keys(fresh_sql, vault_of(creator)) == [2]
        events = (await olga.get("/audit", tenant_id=str(vault_of(creator).tenant_id)))["items"]
        by_olga = [event["verb"] for event in events if event["actor"] == f"operator:{olga.id}"]
        assert by_olga == ["key.retired", "key.rotated"]
    assert await olga.events(SERVICE) == ["keys.rotation_requested"]


async def test_one_tenants_vaults_get_new_keys(
    house: House, olga: AdminClient, ended: Ended, fresh_sql: asyncpg.Connection
) -> None:
    ada, bob = await filled(house), await filled(house)
    tenant = vault_of(ada).tenant_id

    done = await ended(await olga.post("/keys/rotations", {"tenant_id": str(tenant)}))

    assert (done["state"], done["tenant_id"], done["vaults_total"]) == ("finished", str(tenant), 1)
    assert await stored_keys(fresh_sql, vault_of(ada)) == [2]
    assert await stored_keys(fresh_sql, vault_of(bob)) == [1]
    assert (await olga.events(tenant))[-3:] == ["keys.rotation_requested", "key.rotated", "key.retired"]
    assert await olga.events(SERVICE) == []


async def test_root_keys_are_rotated(
    quick_environ: dict[str, str], house: House, fresh_database: Database, fresh_sql: asyncpg.Connection, home: Path
) -> None:
    from creatorvault.crypto.providers.keyring import RootKeyring  # noqa: PLC0415

    await filled(house)
    second = RootKeyring.generate_entry("second")
    environ = quick_environ | {"CREATORVAULT_ROOT_KEYS": f"{second} {quick_environ['CREATORVAULT_ROOT_KEYS']}"}
    async with open_house(environ, fresh_database) as later:
        olga = await appointed(fresh_sql, later.client, *EVERY_SCOPE)
        asked = await olga.post("/keys/rotations", {"root": True})

        await run_rotation(parts_of(later.app), place_of(asked["rotation_id"]))

        done = await rotation(olga, asked)
        keys = await olga.get("/keys")
    assert (done["state"], done["root"], done["rows_done"], done["rows_total"]) == ("finished", True, 1, 1)
    assert (done["vaults_done"], done["vaults_total"]) == (0, 0)
    wrapped = {key["root_key_id"]: (key["vault_keys"], key["service_keys"]) for key in keys["root_keys"]}
    assert wrapped["second"][0] == 1
    assert wrapped["tests"] == (0, 0)
    assert keys["vault_keys"]["vaults"] == 1
    assert keys["providers"] == [{"provider": "keyring", "reason": None}]
    assert keys["interrupted"] == []


async def test_one_is_under_way_at_a_time(olga: AdminClient, house: House) -> None:
    ada = await filled(house)
    first = await olga.post("/keys/rotations", {})

    asked = [
        await olga.request("POST", "/keys/rotations", json=body)
        for body in ({}, {"root": True}, {"tenant_id": str(vault_of(ada).tenant_id)})
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in asked} == {(409, "rotation_under_way")}
    page = await olga.get("/keys/rotations")
    assert [found["rotation_id"] for found in page["items"]] == [first["rotation_id"]]


async def test_two_at_once_are_one(olga: AdminClient) -> None:
    answers = await asyncio.gather(*(olga.request("POST", "/keys/rotations", json={}) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    assert (await olga.get("/keys/rotations"))["total"] == 1


async def test_a_cancelled_one_goes_on_when_it_is_asked_for_again(
    olga: AdminClient, house: House, fresh_sql: asyncpg.Connection
) -> None:
    other = await appointed(fresh_sql, house.client, "keys")
    first = await olga.post("/keys/rotations", {})
    cancelled = await olga.request("DELETE", f"/jobs/{first['job_id']}")
    assert cancelled.json()["kind"] == "key_management.rotate"
    assert (await rotation(olga, first))["state"] == "unattended"
    assert [found["tenant_id"] for found in (await olga.get("/keys"))["interrupted"]] == [None]

    second = await other.post("/keys/rotations", {})

    assert (second["rotation_id"], second["state"]) == (first["rotation_id"], "waiting")
    assert second["started_at"] == first["started_at"]
    assert second["requested_by"] == f"operator:{other.id}"


async def test_a_failed_one_goes_on_when_it_is_asked_for_again(
    olga: AdminClient, fresh_sql: asyncpg.Connection
) -> None:
    first = await olga.post("/keys/rotations", {"root": True})
    await fresh_sql.execute("UPDATE jobs.queue SET status = 'failed'")
    assert (await rotation(olga, first))["state"] == "failed"

    second = await olga.post("/keys/rotations", {"root": True})

    assert second["rotation_id"] == first["rotation_id"]
    assert (second["state"], second["job_id"] == first["job_id"]) == ("waiting", False)
    assert await fresh_sql.fetchval("SELECT count(*) FROM jobs.queue") == 1


async def test_a_failed_one_does_not_hold_up_another(olga: AdminClient, fresh_sql: asyncpg.Connection) -> None:
    first = await olga.post("/keys/rotations", {"root": True})
    await fresh_sql.execute("UPDATE jobs.queue SET status = 'failed'")

    second = await olga.post("/keys/rotations", {})

    assert second["rotation_id"] > first["rotation_id"]


async def test_what_cannot_be_opened_is_found_and_keeps_its_key(
    house: House, olga: AdminClient, ended: Ended, fresh_sql: asyncpg.Connection, logs: Logs
) -> None:
    ada = await filled(house, ideas=30)
    await fresh_sql.execute(
        "UPDATE ideas SET stage = (stage + 1) % 4 WHERE user_id = $1 AND id IN (SELECT id FROM ideas LIMIT 25)",
        ada.user_id,
    )

    done = await ended(await olga.post("/keys/rotations", {}))

    assert (done["state"], done["findings"], len(done["problems"])) == ("finished", 25, 20)
    problem = done["problems"][0]
    assert (problem["user_id"], problem["table"], problem["problem"]) == (
        ada.user_id,
        "ideas",
        "tampered, key version 1",
    )
    assert await stored_keys(fresh_sql, vault_of(ada)) == [1, 2]
    assert {entry["code"] for entry in logs.named("alarm")} == {"unsound"}
    assert len(logs.named("alarm")) == 25


async def test_a_job_that_is_run_again_does_nothing(
    house: House, olga: AdminClient, fresh_sql: asyncpg.Connection
) -> None:
    ada = await filled(house)
    asked = await olga.post("/keys/rotations", {})
    for _ in range(2):
        await run_rotation(parts_of(house.app), place_of(asked["rotation_id"]))
    await run_rotation(parts_of(house.app), place_of(10_000))

    assert await stored_keys(fresh_sql, vault_of(ada)) == [2]


async def test_a_job_waits_for_a_command_and_goes_on_with_what_that_has_done(
    house: House, olga: AdminClient, quick_environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "WAIT_SECONDS", 0.05)
    await filled(house)
    keys = Keys(settings_of(quick_environ))
    asked = await olga.post("/keys/rotations", {})
    async with keys.installed() as installed:
        async with RunningLock(installed.operators):
            running = asyncio.create_task(run_rotation(parts_of(house.app), place_of(asked["rotation_id"])))
            done, _ = await asyncio.wait([running], timeout=0.5)
            assert done == set()
        await running

    found = await rotation(olga, asked)
    assert found["vaults_done"] == 1
    result = await keys.rotate()
    assert result.rotated == 1, "the rotation is finished, so a command begins another"


async def test_a_rotation_of_a_command_is_shown(olga: AdminClient, fresh_sql: asyncpg.Connection) -> None:
    await fresh_sql.execute("INSERT INTO keys.rotations (started_at) VALUES (now())")

    page = await olga.get("/keys/rotations")

    assert [(found["state"], found["requested_by"]) for found in page["items"]] == [("unattended", None)]


async def test_the_list_has_pages(olga: AdminClient, fresh_sql: asyncpg.Connection) -> None:
    await fresh_sql.execute(
        "INSERT INTO keys.rotations (started_at, finished_at) SELECT now(), now() FROM generate_series(1, 5)"
    )
    first = await olga.get("/keys/rotations", limit=2, cursor="")
    second = await olga.get("/keys/rotations", limit=2, cursor=first["next_cursor"])
    third = await olga.get("/keys/rotations", limit=2, offset=4)

    numbers = [[found["rotation_id"] for found in page["items"]] for page in (first, second, third)]
    assert numbers == [[5, 4], [3, 2], [1]]
    assert (first["total"], first["has_more"], third["has_more"]) == (5, True, False)
    wrong = await olga.request("GET", "/keys/rotations", params={"cursor": first["next_cursor"][:-4]})
    assert wrong.status_code == 422


async def test_what_cannot_be_rotated_is_refused(olga: AdminClient, fresh_sql: asyncpg.Connection) -> None:
    tenant = str(uuid4())
    unknown = await olga.request("POST", "/keys/rotations", json={"tenant_id": tenant})
    both = await olga.request("POST", "/keys/rotations", json={"tenant_id": tenant, "root": True})
    values: list[object] = [{}, [], 7, True, "none"]
    for value in values:
        answer = await olga.request("POST", "/keys/rotations", json={"tenant_id": value})
        assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "tenant_id"]), value
    nowhere = await olga.request("GET", "/keys/rotations/1")

    assert (unknown.status_code, unknown.json()["code"]) == (404, "tenant_not_found")
    assert both.status_code == 422
    [error] = both.json()["detail"]
    assert (error["type"], error["loc"]) == ("root_of_tenant", ["body", "root"])
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "rotation_not_found")
    assert await fresh_sql.fetchval("SELECT count(*) FROM keys.rotations") == 0
