"""Recorded events and their contents."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from litestar import Litestar

from creatorvault.audit.audit_key import AuditKeys
from creatorvault.audit.chain import SERVICE
from creatorvault.audit.models import AuditEvent
from creatorvault.audit.repositories import AuditEventRepository
from creatorvault.audit.schemas import AuditQuery
from creatorvault.audit.services import AuditLog
from creatorvault.core.lru import LRU
from tests.application import House
from tests.factories import Creator
from tests.logs import captured_logs
from tests.parts import OpenParts

type HouseWith = Callable[..., Awaitable[House]]


async def rows(sql: asyncpg.Connection, tenant: UUID | None = None) -> list[asyncpg.Record]:
    return list(
        await sql.fetch(
            "SELECT * FROM audit_events WHERE $1::uuid IS NULL OR tenant_id = $1 ORDER BY tenant_id, sequence", tenant
        )
    )


async def test_the_first_idea_creates_tenant_and_key_and_the_second_none(
    fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    ada = fresh_house.creator()
    await ada.idea()
    await ada.idea()

    created, key = await rows(fresh_sql)

    assert (created["verb"], json.loads(created["targets"])) == ("tenant.created", {"kind": "personal"})
    assert (key["verb"], json.loads(key["targets"])) == ("key.created", {"user_id": ada.user_id, "version": "1"})
    assert key["actor"] == f"user:better-auth/{ada.user_id}"
    assert (key["sequence"], key["previous"], key["outcome"]) == (2, created["digest"], "done")


async def test_a_rotated_key_is_recorded(house_with: HouseWith, database: asyncpg.Connection) -> None:
    house = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="1")
    ada = house.creator()
    for _ in range(2):
        await ada.idea()

    tenant = await database.fetchval("SELECT tenant_id FROM vaults WHERE user_id = $1", ada.user_id)

    assert [row["verb"] for row in await rows(database, tenant)] == ["tenant.created", "key.created", "key.rotated"]


async def test_an_address_is_a_pseudonym(ada: Creator, database: asyncpg.Connection) -> None:
    await ada.idea()
    tenant = await database.fetchval("SELECT tenant_id FROM vaults WHERE user_id = $1", ada.user_id)

    addresses = {row["address"] for row in await rows(database, tenant)}

    assert len(addresses) == 1
    (address,) = addresses
    assert len(address) == 16
    assert "127" not in bytes.fromhex(address).decode("latin-1")


async def test_pseudonyms_of_two_days_differ(app: Litestar) -> None:
    keys: AuditKeys = OpenParts(app).audit.keys
    async with OpenParts(app).database.writing() as session:
        assert await keys.addresses(session, "2026-11-22") != await keys.addresses(session, "2026-11-23")


async def test_a_failed_action_records_no_event(fresh_house: House, fresh_sql: asyncpg.Connection) -> None:
    await fresh_sql.execute("ALTER TABLE keys.vault_keys ADD CONSTRAINT never CHECK (version = 9) NOT VALID")

    assert (await fresh_house.creator().post({"title": "x"})).status_code == 500
    assert await rows(fresh_sql) == []

    await fresh_sql.execute("ALTER TABLE keys.vault_keys DROP CONSTRAINT never")
    await fresh_house.creator().idea()
    assert len(await rows(fresh_sql)) == 2


async def test_concurrent_events_of_one_tenant_form_one_chain(
    fresh_house: House, fresh_sql: asyncpg.Connection
) -> None:
    members = [fresh_house.creator(claims={"org_id": "acme", "org_role": "member"}) for _ in range(8)]

    await asyncio.gather(*(member.idea() for member in members))

    written = await rows(fresh_sql)
    assert [row["sequence"] for row in written] == list(range(1, 10))
    assert [row["previous"] for row in written[1:]] == [row["digest"] for row in written[:-1]]


async def test_no_event_contains_content(ada: Creator, database: asyncpg.Connection) -> None:
    canary = "canary-in-the-audit-log"
    idea = await ada.idea(canary, notes=canary, tags=[canary])
    await ada.patch(idea, {"title": f"{canary} again"})
    assert len(await ada.titles({"search": canary})) == 1
    await ada.delete(idea)

    written = await rows(database)

    assert written
    assert not any(canary in str(value) for row in written for value in row.values())


async def test_events_are_searched(app: Litestar, ada: Creator) -> None:
    await ada.idea()
    actor = f"user:better-auth/{ada.user_id}"
    async with OpenParts(app).operators_database.reading() as session:

        async def events(tenant: UUID | None = None, **filters: Any) -> Sequence[AuditEvent]:
            return (await AuditEventRepository(session, tenant).page(AuditQuery(actor=actor, **filters), None))[0]

        async def total(tenant: UUID | None = None, **filters: Any) -> int:
            return (await AuditEventRepository(session, tenant).page(AuditQuery(actor=actor, **filters), None))[1]

        newest, oldest = await events()
        assert (newest.verb, oldest.verb) == ("key.created", "tenant.created")
        assert await total(until=newest.happened_at) == 1
        assert await total(since=newest.happened_at) == 1
        assert await total(verb="key.created", tenant=newest.tenant_id) == 1
        assert len(await events(limit=1, offset=1)) == 1
        assert await total(tenant=SERVICE) == 0
        assert await total(limit=1, offset=2) == 2, "also on a page after the last event"


async def test_a_command_has_no_address(app: Litestar, database: asyncpg.Connection) -> None:
    log: AuditLog = OpenParts(app).audit
    async with OpenParts(app).database.writing(SERVICE) as session:
        await log.recorder("command").record(session, SERVICE, "test.commanded")

    row = await database.fetchrow("SELECT * FROM audit_events WHERE verb = 'test.commanded'")
    assert (row["actor"], row["address"], row["tenant_id"]) == ("command", None, SERVICE)


@pytest.fixture
async def watchful(house_with: HouseWith) -> House:
    """An application that records a burst after three refused tokens."""
    return await house_with(CREATORVAULT_AUDIT__REFUSED_TOKENS="3", CREATORVAULT_LIMITS__TRUSTED_PROXIES="127.0.0.0/8")


async def bursts(sql: asyncpg.Connection, house: House) -> int:
    await house.parts.refused_tokens.aclose()
    count: int = await sql.fetchval("SELECT count(*) FROM audit_events WHERE verb = 'tokens.refused'")
    return count


async def test_a_burst_of_refused_tokens_is_one_event(watchful: House, database: asyncpg.Connection) -> None:
    before = await bursts(database, watchful)
    for number in range(5):
        headers = {"Authorization": f"Bearer {number}", "X-Forwarded-For": "192.0.2.1"}
        assert (await watchful.client.get("/api/v1/users/me", headers=headers)).status_code == 401

    assert await bursts(database, watchful) == before + 1


async def test_few_refused_tokens_are_not_a_burst(watchful: House, database: asyncpg.Connection) -> None:
    before, ada = await bursts(database, watchful), watchful.creator()
    for number in range(4):
        await watchful.client.get("/api/v1/users/me")
        await ada.request("GET", "/api/v1/users/me")
        headers = {"Authorization": "Bearer x", "X-Forwarded-For": f"192.0.2.{100 + number}"}
        await watchful.client.get("/api/v1/users/me", headers=headers)

    assert await bursts(database, watchful) == before


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/openapi.json", 200),
        ("GET", "/nowhere", 404),
        ("POST", "/health", 405),
        ("OPTIONS", "/health", 204),
    ],
)
async def test_an_ignored_token_does_not_count_as_refused(
    watchful: House, database: asyncpg.Connection, method: str, path: str, status: int
) -> None:
    before = await bursts(database, watchful)
    headers = {"Authorization": "Bearer x", "X-Forwarded-For": "192.0.2.2"}

    answers = [await watchful.client.request(method, path, headers=headers) for _ in range(6)]

    assert {answer.status_code for answer in answers} == {status}
    assert await bursts(database, watchful) == before


async def test_tokens_refused_by_the_rate_limit_are_a_burst(
    house_with: HouseWith, database: asyncpg.Connection
) -> None:
    house = await house_with(CREATORVAULT_AUDIT__REFUSED_TOKENS="3", CREATORVAULT_LIMITS__ADDRESS_REQUESTS="1")
    house.parts.limits._clock = lambda: 0.0
    before = await bursts(database, house)

    answers = [await house.client.get("/api/v1/users/me", headers={"Authorization": "Bearer x"}) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401, 429, 429]
    assert await bursts(database, house) == before + 1


async def test_the_least_recently_seen_addresses_are_evicted(
    watchful: House, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watchful.parts.refused_tokens, "_counts", LRU[tuple[str, int], int](2))
    monkeypatch.setattr("creatorvault.audit.auth_failures.time.time", lambda: 0.0)
    before = await bursts(database, watchful)

    async def refused(number: int, times: int) -> None:
        headers = {"Authorization": "Bearer x", "X-Forwarded-For": f"198.51.100.{number}"}
        for _ in range(times):
            assert (await watchful.client.get("/api/v1/users/me", headers=headers)).status_code == 401

    for number in (1, 2, 3):
        await refused(number, 2)
    assert len(watchful.parts.refused_tokens._counts) == 2

    await refused(3, 1)
    assert await bursts(database, watchful) == before + 1
    await refused(1, 1)  # the third, but the first two have been evicted
    assert await bursts(database, watchful) == before + 1


async def test_a_burst_that_cannot_be_recorded_is_logged(house_with: HouseWith) -> None:
    away = "postgresql://app@127.0.0.1:1/ideas"
    house = await house_with(CREATORVAULT_AUDIT__REFUSED_TOKENS="1", DATABASE_URL=away)

    with captured_logs() as logs:
        answer = await house.client.get("/api/v1/users/me", headers={"Authorization": "Bearer x"})
        await house.parts.refused_tokens.aclose()

    assert answer.status_code == 401
    assert logs.named("audit.lost")
