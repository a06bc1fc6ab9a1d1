"""Wrong operator keys cost almost nothing, and take no resources from operators."""

import asyncio
import json
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from secrets import token_hex, token_urlsafe
from time import process_time
from typing import Any
from uuid import uuid4

import asyncpg
import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.pool import AsyncAdaptedQueuePool

from creatorvault.admin import operator_key_cache as key_table
from creatorvault.admin.operator_keys import new_key
from tests.accounts.entrance import Clock, refusal
from tests.admin.operators import ADMIN, EVERY_SCOPE, AdminClient, appointed, tenant_of
from tests.application import House
from tests.logs import Logs

type HouseWith = Callable[..., Awaitable[House]]

UNKNOWN = "the operator key is not known"
OLDER = "the operator key is of an older form; create a new one: creatorvault operators create"
HEX = re.compile(r"[0-9a-f]+")


def wrong(key_id: str) -> str:
    """Returns a key with this id and another secret."""
    return f"cvop_{key_id}_{token_urlsafe(32)}"


@dataclass
class Work:
    """Database queries for operators since the start of the application."""

    operators: int = 0
    """Number of connections checked out of the operators' pool."""

    reads: int = 0
    """Number of reads of the table of keys."""


@dataclass
class Gate:
    """A separate application, whose clock is controlled by the test."""

    house: House
    work: Work
    clock: Clock
    open: asyncio.Event
    """Reads of the table wait until it is set."""

    async def ask(self, key: str) -> httpx.Response:
        return await self.house.client.get(f"{ADMIN}/status", headers={"Authorization": f"Bearer {key}"})

    async def refusal(self, key: str) -> str:
        return refusal(await self.ask(key))


@pytest.fixture
async def gate(house_with: HouseWith) -> Gate:
    return watched(await house_with())


def watched(house: House) -> Gate:
    work, clock, opened = Work(), Clock(), asyncio.Event()
    opened.set()
    state = house.parts
    table = state.operator_keys._table
    table._clock = clock
    rows = table._statements.rows

    async def counting(*arguments: Any) -> Sequence[Any]:
        work.reads += 1
        await opened.wait()
        found: Sequence[Any] = await rows(*arguments)
        return found

    def taken(*_: object) -> None:
        work.operators += 1

    table._statements.rows = counting  # type: ignore[method-assign, assignment]  # it takes whatever it is given
    event.listen(state.operators_database.engine.sync_engine, "checkout", taken)
    return Gate(house, work, clock, opened)


@pytest.fixture
async def olga(gate: Gate, database: asyncpg.Connection) -> AdminClient:
    return await appointed(database, gate.house.client, *EVERY_SCOPE)


@asynccontextmanager
async def busy(house: House) -> AsyncGenerator[None]:
    """Every connection of the operators' pool is at work."""
    pool = house.parts.operators_database
    async with pool.reading(), pool.reading():
        yield


async def test_forty_concurrent_wrong_keys_read_the_table_once(gate: Gate, olga: AdminClient) -> None:
    keys = [wrong(olga.key_id) for _ in range(20)] + [new_key().text for _ in range(20)]

    refusals = await asyncio.gather(*map(gate.refusal, keys))

    assert set(refusals) == {UNKNOWN}
    assert gate.work == Work(operators=0, reads=1)


async def test_wrong_keys_add_no_query_for_a_valid_operator(gate: Gate, olga: AdminClient) -> None:
    assert (await olga.request("GET", "/status")).status_code == 200
    alone = gate.work.operators

    answers = await asyncio.gather(
        *(gate.ask(wrong(olga.key_id)) for _ in range(40)), *(olga.request("GET", "/status") for _ in range(2))
    )

    assert [answer.status_code for answer in answers] == [401] * 40 + [200] * 2
    assert gate.work == Work(operators=3 * alone, reads=1)


async def test_wrong_keys_are_refused_while_all_operator_connections_are_busy(gate: Gate, olga: AdminClient) -> None:
    async with busy(gate.house), asyncio.timeout(30):
        assert {await gate.refusal(wrong(olga.key_id)) for _ in range(3)} == {UNKNOWN}


async def test_many_wrong_keys_read_the_table_once_per_second(gate: Gate, olga: AdminClient) -> None:
    for second in range(1, 4):
        for _ in range(5):
            await gate.refusal(wrong(olga.key_id))
            gate.clock.pass_by(key_table.REREAD_SECONDS / 10)
        assert gate.work.reads == second
        gate.clock.pass_by(key_table.REREAD_SECONDS / 2)


async def test_a_malformed_key_causes_no_query(gate: Gate) -> None:
    secret = token_urlsafe(32)
    texts = ["cvop_", "cvop_x", "cvop_" + "x" * 5000, "cvop_" + "_" * 56, "cvop_ü"]
    texts += [
        f"cvop_{token_hex(6)}_{secret}x",
        f"cvop_{token_hex(6).upper()}G_{secret}",
        f"cvop_{token_hex(7)}_{secret}",
    ]
    for text in texts:
        headers = {b"Authorization": f"Bearer {text}".encode("latin-1")}
        assert refusal(await gate.house.client.get(f"{ADMIN}/status", headers=headers)) == UNKNOWN

    assert gate.work == Work()


async def test_an_address_over_its_limit_blocks_lookups_but_not_operators(
    house_with: HouseWith, database: asyncpg.Connection
) -> None:
    gate = watched(await house_with(CREATORVAULT_LIMITS__ADDRESS_REQUESTS="3"))
    gate.house.parts.limits._clock = lambda: 0.0
    olga, oleg = [await appointed(database, gate.house.client, "read") for _ in range(2)]
    assert (await olga.request("GET", "/status")).status_code == 200
    assert [(await gate.ask(wrong(olga.key_id))).status_code for _ in range(4)] == [401] * 3 + [429]
    gate.clock.pass_by(key_table.REREAD_SECONDS)
    reads, taken = gate.work.reads, gate.work.operators
    await database.execute("UPDATE operators SET revoked_at = now() WHERE id = $1", oleg.id)

    for key in (wrong(olga.key_id), new_key().text, oleg.key, "cvop_", wrong(token_hex(5))):
        assert (await gate.ask(key)).status_code == 429
    assert (gate.work.reads, gate.work.operators - taken) == (reads, 1), "one key was valid in the table still"

    assert (await olga.request("GET", "/status")).status_code == 200


async def test_a_refused_key_costs_about_a_millisecond(gate: Gate, olga: AdminClient) -> None:
    """Processor time of all threads, including client and log. A slow hash takes two hundred times as long."""
    await gate.ask(wrong(olga.key_id))
    keys = [wrong(olga.key_id) for _ in range(200)]

    before = process_time()
    for key in keys:
        assert (await gate.ask(key)).status_code == 401
    milliseconds = (process_time() - before) * 1000 / len(keys)

    assert milliseconds < 10


async def test_a_slow_read_is_not_started_again(gate: Gate, olga: AdminClient) -> None:
    gate.open.clear()
    early = [asyncio.create_task(gate.ask(wrong(olga.key_id))) for _ in range(3)]
    async with asyncio.timeout(30):
        while not gate.work.reads:  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.01)
    gate.clock.pass_by(10 * key_table.REREAD_SECONDS)
    late = [asyncio.create_task(gate.ask(key)) for key in (wrong(olga.key_id), olga.key)]
    await asyncio.sleep(0.1)
    gate.open.set()

    answers = await asyncio.gather(*early, *late)

    assert [answer.status_code for answer in answers] == [401] * 4 + [200]
    assert gate.work.reads == 1


@pytest.mark.parametrize(
    ("ended", "reason"),
    [
        ("revoked_at = now()", "the operator key has been revoked"),
        ("expires_at = now() - interval '1 second'", "the operator key has expired"),
        ("expires_at = '-infinity'", "the operator key has expired"),
    ],
)
async def test_an_expired_key_is_refused_at_once_and_then_from_the_cache(
    gate: Gate, olga: AdminClient, database: asyncpg.Connection, ended: str, reason: str
) -> None:
    assert (await olga.request("GET", "/status")).status_code == 200

    await database.execute(f"UPDATE operators SET {ended} WHERE id = $1", olga.id)

    assert await gate.refusal(olga.key) == reason
    gate.clock.pass_by(key_table.REREAD_SECONDS)
    assert await gate.refusal(olga.key) == reason
    asked = gate.work.operators
    async with busy(gate.house):
        asked = gate.work.operators
        assert {await gate.refusal(olga.key) for _ in range(10)} == {reason}
        assert gate.work.operators == asked


async def test_a_key_that_expires_at_infinity_is_valid(
    gate: Gate, olga: AdminClient, database: asyncpg.Connection
) -> None:
    await database.execute("UPDATE operators SET expires_at = 'infinity' WHERE id = $1", olga.id)

    assert [(await olga.request("GET", "/status")).status_code for _ in range(2)] == [200, 200]


@pytest.mark.parametrize(
    "change",
    ["DELETE FROM operators WHERE id = $1", f"UPDATE operators SET key_hash = 'sha256:{'0' * 64}' WHERE id = $1"],
)
async def test_a_key_whose_row_is_deleted_or_changed_becomes_unknown(
    gate: Gate, olga: AdminClient, database: asyncpg.Connection, change: str
) -> None:
    assert (await olga.request("GET", "/status")).status_code == 200

    await database.execute(change, olga.id)

    assert [await gate.refusal(olga.key) for _ in range(2)] == [UNKNOWN] * 2


async def test_a_new_key_works_one_second_after_the_last_read(gate: Gate, database: asyncpg.Connection) -> None:
    assert await gate.refusal(new_key().text) == UNKNOWN
    oleg = await appointed(database, gate.house.client, "read")
    gate.house.parts.operator_keys._table._not_before = key_table.REREAD_SECONDS

    assert await gate.refusal(oleg.key) == UNKNOWN
    gate.clock.pass_by(key_table.REREAD_SECONDS)
    assert (await oleg.request("GET", "/status")).status_code == 200


async def test_a_revoked_scope_applies_to_the_next_request(
    gate: Gate, olga: AdminClient, database: asyncpg.Connection
) -> None:
    assert (await olga.request("GET", "/root-keys")).status_code == 200

    await database.execute("UPDATE operators SET scopes = '{read}' WHERE id = $1", olga.id)

    assert (await olga.request("GET", "/root-keys")).status_code == 403
    assert (await olga.request("GET", "/status")).status_code == 200


async def test_a_scope_of_a_later_version_is_ignored(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    await fresh_sql.execute("ALTER TABLE operators DROP CONSTRAINT operators_scopes")
    olga = await appointed(fresh_sql, fresh_house.client, "read")
    oleg = await appointed(fresh_sql, fresh_house.client, "read", "levitate")

    assert (await olga.request("GET", "/status")).status_code == 200
    assert (await oleg.request("GET", "/status")).status_code == 200
    assert (await oleg.request("GET", "/root-keys")).status_code == 403


@pytest.fixture
async def older(database: asyncpg.Connection) -> str:
    """A key of an earlier version; its hash does not matter any more."""
    key_id = token_hex(5)
    await database.execute(
        "INSERT INTO operators VALUES ($1, 'Older', $2, '$argon2id$v=19$m=65536,t=3,p=4$c2FsdA$aGFzaA', "
        "'{read,manage,keys}', NULL, NULL, now())",
        uuid4(),
        key_id,
    )
    return wrong(key_id)


async def test_a_key_of_the_older_form_gets_the_same_error_known_or_not(gate: Gate, older: str) -> None:
    for key in (older, wrong(token_hex(5))):
        assert await gate.refusal(key) == OLDER

    assert gate.work == Work(), "who holds an id learns nothing, not even by the time it takes"


async def test_a_hash_of_the_older_form_accepts_no_current_key(gate: Gate, database: asyncpg.Connection) -> None:
    key_id = token_hex(6)
    await database.execute(
        "INSERT INTO operators VALUES ($1, 'Mixed', $2, '$argon2id$v=19$x', '{read}', NULL, NULL, now())",
        uuid4(),
        key_id,
    )

    assert await gate.refusal(wrong(key_id)) == UNKNOWN


async def test_an_unavailable_database_is_queried_once_per_second(house_with: HouseWith, olga: AdminClient) -> None:
    gate = watched(await house_with(DATABASE_OPERATOR_URL="postgresql://operator@127.0.0.1:1/ideas"))

    answers = await asyncio.gather(*(gate.ask(key) for key in (olga.key, wrong(olga.key_id), new_key().text) * 5))
    assert {answer.status_code for answer in answers} == {503}
    assert all(int(answer.headers["retry-after"]) >= 1 for answer in answers)
    assert gate.work.reads == 1

    gate.clock.pass_by(key_table.REREAD_SECONDS)
    assert (await gate.ask(olga.key)).status_code == 503
    assert gate.work.reads == 2


async def test_a_known_key_gets_503_while_the_database_is_unavailable(gate: Gate, olga: AdminClient) -> None:
    assert (await olga.request("GET", "/status")).status_code == 200
    async with busy(gate.house):
        pool = gate.house.parts.operators_database.engine.pool
        assert isinstance(pool, AsyncAdaptedQueuePool)
        pool._timeout = 0.01
        assert (await olga.request("GET", "/status")).status_code == 503
        assert await gate.refusal(wrong(olga.key_id)) == UNKNOWN


async def test_a_read_outlives_the_client_that_caused_it(gate: Gate, olga: AdminClient) -> None:
    keys = gate.house.parts.operator_keys
    impatient = asyncio.create_task(keys.verify(wrong(olga.key_id)))
    patient = asyncio.create_task(gate.ask(olga.key))
    await asyncio.sleep(0)
    impatient.cancel()

    assert (await patient).status_code == 200
    assert gate.work.reads == 1


async def test_closing_the_service_cancels_a_read(house_with: HouseWith, olga: AdminClient) -> None:
    house = await house_with()
    keys = house.parts.operator_keys
    asking = asyncio.create_task(keys.verify(olga.key))
    await asyncio.sleep(0)

    await keys.aclose()

    assert isinstance((await asyncio.gather(asking, return_exceptions=True))[0], asyncio.CancelledError)


async def test_the_cache_is_bounded_and_prefers_valid_keys(
    fresh_house: House, fresh_sql: asyncpg.Connection, logs: Logs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_table, "MOST_KEYS", 2)
    valid = [await appointed(fresh_sql, fresh_house.client, "read") for _ in range(3)]
    await appointed(fresh_sql, fresh_house.client, "read")
    await fresh_sql.execute("UPDATE operators SET revoked_at = now() WHERE id <> ALL($1)", [key.id for key in valid])

    statuses = [(await key.request("GET", "/status")).status_code for key in reversed(valid)]

    assert statuses == [200, 200, 401]
    assert {entry["kept"] for entry in logs.named("admin.keys.left_out")} == {2}


async def test_no_part_of_a_key_is_in_an_audit_log_or_in_the_log(
    fresh_house: House, fresh_sql: asyncpg.Connection, logs: Logs
) -> None:
    ada = fresh_house.creator(claims={"org_id": "acme", "org_role": "owner"})
    await ada.idea()
    olga = await appointed(fresh_sql, fresh_house.client, *EVERY_SCOPE)

    await olga.post(f"/tenants/{tenant_of(ada)}/suspend")
    await olga.post(f"/tenants/{tenant_of(ada)}/resume")

    own = (await ada.request("GET", "/api/v1/tenant/audit")).json()
    assert {event["actor"] for event in own["items"]} >= {f"operator:{olga.id}"}
    stored = json.dumps([dict(row) for row in await fresh_sql.fetch("SELECT * FROM audit_events")], default=str)
    callers = {entry["caller"] for entry in logs.named("request") if entry["route"].startswith(ADMIN)}
    _, key_id, secret = olga.key.split("_", 2)
    for part in (key_id, secret, key_id[:8]):
        assert part not in json.dumps(own) + stored + logs.text
    pseudonyms = fresh_house.parts.pseudonyms
    assert callers == {pseudonyms.of(f"operator:{olga.id}")}
    assert pseudonyms.of(f"operator:{key_id}") not in logs.text
