"""Jobs of imports: interrupted, run twice, cancelled, out of quota, in closed vaults, with tampered files."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.parts import parts_of
from creatorvault.core.telemetry.alerts import RAISED
from creatorvault.crypto.errors import LostKey
from creatorvault.ideas.history.bulk import store_with_history
from creatorvault.jobs.kinds import JobFailed, JobPlace
from creatorvault.transfer.formats.imported import FileRefused
from creatorvault.transfer.importing import job
from creatorvault.transfer.importing.purging import purge_imports
from tests.application import settings_of
from tests.key_management.rotating import Keys, scope_of
from tests.transfer.importing.conftest import Mover, working
from tests.transfer.importing.exports import check_counters
from tests.ways import forget, vault_of

COUNT = 40
TABLE = b"title,notes\n" + b"".join(b"Idea %d,\n" % number for number in range(COUNT))
CHUNKS = "SELECT count(*) FROM import_chunks WHERE user_id = $1"


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(job, "AT_ONCE", 10)


async def accepted(mover: Mover, file: bytes = TABLE) -> str:
    answer = await mover.send(file)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def place_of(mover: Mover, import_id: str) -> JobPlace:
    vault = vault_of(mover.creator)
    return JobPlace(vault.tenant_id, vault.user_id, UUID(import_id))


async def run_it(mover: Mover, import_id: str) -> None:
    await job.run_import(parts_of(mover.house.app), place_of(mover, import_id))


def failing_after(batches: int, error: Exception) -> Callable[..., Any]:
    """In place of the function that stores a batch: in its transaction, after the rows were written."""
    store, left = store_with_history, [batches]

    async def stored(*arguments: Any) -> Any:
        made = await store(*arguments)
        if not left[0]:
            raise error
        left[0] -= 1
        return made

    return stored


async def test_an_interrupted_job_goes_on_where_it_was(
    mover: Mover, import_sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = await accepted(mover)
    for batches in (1, 0, 2):
        with monkeypatch.context() as patch, pytest.raises(ServiceUnavailable):
            patch.setattr(job, "store_with_history", failing_after(batches, ServiceUnavailable()))
            await run_it(mover, import_id)
    state = await mover.read(import_id)
    assert (state["state"], state["done"], state["stored"]) == ("running", 30, 30)

    await run_it(mover, import_id)
    await run_it(mover, import_id)

    state = await mover.read(import_id)
    assert (state["state"], state["done"], state["stored"], state["known"]) == ("finished", COUNT, COUNT, 0)
    assert (await mover.creator.list()).json()["total"] == COUNT
    assert await import_sql.fetchval(CHUNKS, mover.creator.user_id) == 0
    await check_counters(mover.creator, import_sql)


async def test_two_processes_store_nothing_twice(mover: Mover, import_sql: asyncpg.Connection) -> None:
    import_id = await accepted(mover)

    ends = await asyncio.gather(*(run_it(mover, import_id) for _ in range(2)), return_exceptions=True)
    await run_it(mover, import_id)

    assert all(end is None or isinstance(end, job.Superseded) for end in ends), ends
    state = await mover.read(import_id)
    assert (state["state"], state["stored"], state["known"]) == ("finished", COUNT, 0)
    assert (await mover.creator.list()).json()["total"] == COUNT
    await check_counters(mover.creator, import_sql)


async def test_a_cancelled_import_stops_before_the_next_batch(
    mover: Mover, import_sql: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_id = await accepted(mover)
    with monkeypatch.context() as patch, pytest.raises(ServiceUnavailable):
        patch.setattr(job, "store_with_history", failing_after(2, ServiceUnavailable()))
        await run_it(mover, import_id)
    begun = job._ImportRun._begun

    async def cancelled_meanwhile(self: job._ImportRun) -> object:
        work = await begun(self)
        assert (await mover.creator.request("DELETE", f"{mover.url}/{import_id}")).status_code == 204
        return work

    monkeypatch.setattr(job._ImportRun, "_begun", cancelled_meanwhile)
    await run_it(mover, import_id)

    assert (await mover.creator.list()).json()["total"] == 20
    assert await import_sql.fetchval(CHUNKS, mover.creator.user_id) == 0
    assert (await mover.creator.request("GET", f"{mover.url}/{import_id}")).status_code == 404
    assert (await mover.creator.request("GET", mover.url)).json()["items"] == []
    monkeypatch.undo()
    async with working(mover.house):  # the job in the queue finds nothing to do
        await _until_idle(import_sql, mover)


async def _until_idle(sql: asyncpg.Connection, mover: Mover) -> None:
    waiting = "SELECT count(*) FROM jobs.queue WHERE user_id = $1 AND status <> 'failed'"
    async with asyncio.timeout(60):
        while await sql.fetchval(waiting, mover.creator.user_id):  # noqa: ASYNC110  # nobody tells
            await asyncio.sleep(0.05)


async def test_a_file_that_exceeds_a_quota_is_refused_before_it_is_stored(
    mover: Mover, import_sql: asyncpg.Connection
) -> None:
    await mover.creator.idea()
    set_quota = "UPDATE tenants SET vault_idea_quota = $2 WHERE tenant_id = $1"
    await import_sql.execute(set_quota, vault_of(mover.creator).tenant_id, COUNT)

    preview = await mover.preview(TABLE)
    answer = await mover.send(TABLE)

    assert preview["quotas"] == {"allowed": False, "quota": "vault_idea_quota", "limit": COUNT}
    assert answer.status_code == 403
    assert answer.json()["detail"] == f"The quota vault_idea_quota of {COUNT} is used up"
    assert await import_sql.fetchval("SELECT count(*) FROM imports WHERE user_id = $1", mover.creator.user_id) == 0


async def test_a_quota_that_is_used_up_meanwhile_ends_the_import(mover: Mover, import_sql: asyncpg.Connection) -> None:
    import_id = await accepted(mover)
    set_quota = "UPDATE tenants SET vault_idea_quota = $2 WHERE tenant_id = $1"
    await import_sql.execute(set_quota, vault_of(mover.creator).tenant_id, 25)

    async with working(mover.house):
        state = await mover.until_ended(import_id)

    assert (state["state"], state["error"]["code"], state["stored"]) == ("failed", "quota_exceeded", 20)
    assert (await mover.creator.list()).json()["total"] == 20
    assert await import_sql.fetchval(CHUNKS, mover.creator.user_id) == 0
    await check_counters(mover.creator, import_sql)


async def test_an_import_ends_when_its_tenant_is_suspended(mover: Mover, import_sql: asyncpg.Connection) -> None:
    import_id = await accepted(mover)
    be = "UPDATE tenants SET status = $2 WHERE tenant_id = $1"
    await import_sql.execute(be, vault_of(mover.creator).tenant_id, "suspended")

    with pytest.raises(JobFailed):
        await run_it(mover, import_id)

    assert (await mover.creator.request("GET", f"{mover.url}/{import_id}")).status_code == 403
    await import_sql.execute(be, vault_of(mover.creator).tenant_id, "active")
    state = await mover.read(import_id)
    assert (state["state"], state["error"]["code"], state["stored"]) == ("failed", "vault_closed", 0)
    assert await import_sql.fetchval(CHUNKS, mover.creator.user_id) == 0


async def test_a_job_of_a_vault_that_is_gone_does_nothing(mover: Mover) -> None:
    await run_it(mover, "0f4b6a52-9c1e-4d27-8a35-1d6e2b7c9f40")


FILE = b"title,notes\n" + b"".join(b"Idea %d,%s\n" % (number, b"x" * 150) for number in range(6000))


@pytest.mark.parametrize(
    "tamper",
    [
        "UPDATE import_chunks SET sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)"
        " WHERE user_id = $1 AND number = 1",
        "DELETE FROM import_chunks WHERE user_id = $1 AND number = 1",
        "DELETE FROM import_chunks WHERE user_id = $1 AND last",
        "DELETE FROM import_chunks WHERE user_id = $1",
        "UPDATE import_chunks SET sealed = (SELECT sealed FROM import_chunks WHERE user_id = $1 AND number = 0)"
        " WHERE user_id = $1 AND number = 1",
        "UPDATE imports SET chunks = 2 WHERE user_id = $1",
    ],
)
async def test_a_tampered_file_is_an_alarm(mover: Mover, import_sql: asyncpg.Connection, tamper: str) -> None:
    import_id = await accepted(mover, FILE)
    assert await import_sql.fetchval(CHUNKS, mover.creator.user_id) > 2
    await import_sql.execute(tamper, mover.creator.user_id)
    before = RAISED["tampered"]

    with pytest.raises(JobFailed):
        await run_it(mover, import_id)

    assert RAISED["tampered"] == before + 1
    state = await mover.read(import_id)
    assert (state["state"], state["error"]["code"], state["stored"]) == ("failed", "tampered", 0)
    assert (await mover.creator.list()).json()["total"] == 0


@pytest.mark.parametrize("column", ["sealed", "format"])
async def test_a_tampered_report_is_an_alarm(mover: Mover, import_sql: asyncpg.Connection, column: str) -> None:
    import_id = await accepted(mover)
    changes = {
        "sealed": "sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)",
        "format": "format = 'trello'",
    }
    await import_sql.execute(f"UPDATE imports SET {changes[column]} WHERE user_id = $1", mover.creator.user_id)

    assert (await mover.creator.request("GET", f"{mover.url}/{import_id}")).status_code == 500
    with pytest.raises(JobFailed):
        await run_it(mover, import_id)


async def test_a_file_that_is_refused_after_an_upgrade_says_why(mover: Mover, monkeypatch: pytest.MonkeyPatch) -> None:
    import_id = await accepted(mover)

    async def refused(*_: object) -> None:
        raise FileRefused("too_many_ideas", "The file has more than 10 ideas", "row 11")

    monkeypatch.setattr(job, "read_in_slices", refused)
    with pytest.raises(JobFailed):
        await run_it(mover, import_id)

    state = await mover.read(import_id)
    told = {"code": "too_many_ideas", "message": "The file has more than 10 ideas", "where": "row 11"}
    assert (state["state"], state["error"]) == ("failed", told)


async def test_what_an_operator_may_mend_is_tried_again(mover: Mover, monkeypatch: pytest.MonkeyPatch) -> None:
    import_id, before = await accepted(mover), RAISED["lost_key"]
    with monkeypatch.context() as patch, pytest.raises(LostKey):
        patch.setattr(job, "store_with_history", failing_after(0, LostKey()))
        await run_it(mover, import_id)

    assert RAISED["lost_key"] == before + 1
    await run_it(mover, import_id)
    assert (await mover.read(import_id))["state"] == "finished"


async def test_a_file_that_waits_survives_a_rotation_of_keys(
    mover: Mover, import_environ: dict[str, str], import_sql: asyncpg.Connection
) -> None:
    import_id, keys = await accepted(mover), Keys(settings_of(import_environ))

    result = await keys.rotate(scope_of(mover.creator))
    verified = await keys.verify(scope_of(mover.creator))

    assert keys.findings == [], (result, verified)
    forget(mover.house, vault_of(mover.creator))
    await run_it(mover, import_id)
    assert (await mover.read(import_id))["stored"] == COUNT
    assert (await mover.preview(TABLE))["known"] == COUNT
    versions = "SELECT array_agg(version) FROM keys.vault_keys WHERE user_id = $1"
    assert await import_sql.fetchval(versions, mover.creator.user_id) == [2]


async def test_abandoned_and_old_imports_are_purged(mover: Mover, import_sql: asyncpg.Connection) -> None:
    old = {}
    for state, age in (
        ("receiving", timedelta(hours=2)),
        ("waiting", timedelta(days=2)),
        ("finished", timedelta(days=31)),
        ("failed", timedelta(days=29)),
    ):
        old[state] = await accepted(mover)
        await import_sql.execute(
            "UPDATE imports SET state = $2, touched_at = now() - $3::interval WHERE id = $1",
            UUID(old[state]),
            state,
            age,
        )
    new = await accepted(mover)

    await purge_imports(parts_of(mover.house.app))

    rows = await import_sql.fetch("SELECT id, state, error FROM imports WHERE user_id = $1", mover.creator.user_id)
    assert {(str(row["id"]), row["state"], row["error"]) for row in rows} == {
        (old["waiting"], "failed", "abandoned"),
        (old["failed"], "failed", None),
        (new, "waiting", None),
    }
    kept = await import_sql.fetch("SELECT import_id FROM import_chunks WHERE user_id = $1", mover.creator.user_id)
    assert {str(row["import_id"]) for row in kept} == {new, old["failed"]}
