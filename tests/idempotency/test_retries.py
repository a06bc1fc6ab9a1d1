"""A POST that is sent again under the same key is done once."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import msgspec
import pytest

from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.crypto.envelope import context, time_part
from creatorvault.idempotency.services import DOMAIN, PURPOSE
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from tests.application import House
from tests.factories import Creator
from tests.logs import Logs

KEY = {"Idempotency-Key": "6f1d8a3e-retry"}
AT_WORK = """
    SELECT EXISTS (
        SELECT FROM pg_locks AS held JOIN pg_locks AS wanted USING (pid)
        WHERE held.locktype = 'advisory' AND held.granted AND NOT wanted.granted
            AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
"""
"""Not pg_stat_activity, of which a transaction goes on seeing what it saw once."""


async def test_a_retry_gets_the_same_answer_and_stores_nothing(ada: Creator) -> None:
    first = await ada.post({"title": "Once", "tags": ["a"], "due_date": "2026-12-01T00:00:00Z"}, headers=KEY)
    again = await ada.post({"title": "Once", "tags": ["a"], "due_date": "2026-12-01T00:00:00Z"}, headers=KEY)

    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert (again.headers["ETag"], again.headers["Location"]) == (first.headers["ETag"], first.headers["Location"])
    assert (await ada.list()).json()["total"] == 1


async def test_the_same_body_spelt_differently_is_the_same_request(ada: Creator) -> None:
    first = await ada.post({"title": "Once", "notes": None}, headers=KEY)
    again = await ada.post(content=b'{ "notes": null,\n  "title": "Once" }', headers=KEY)

    assert again.content == first.content


async def test_a_retry_after_a_change_still_gets_the_first_answer(ada: Creator) -> None:
    first = await ada.post({"title": "Once"}, headers=KEY)
    await ada.patch(first.json(), {"title": "Changed"})

    assert (await ada.post({"title": "Once"}, headers=KEY)).content == first.content


async def test_a_retry_after_the_idea_was_deleted_gets_the_first_answer_and_stores_nothing(ada: Creator) -> None:
    first = await ada.post({"title": "Once", "notes": "Deleted"}, headers=KEY)
    await ada.delete(first.json())

    assert (await ada.post({"title": "Once", "notes": "Deleted"}, headers=KEY)).content == first.content
    assert (await ada.list()).json()["total"] == 0


async def test_no_copy_of_the_idea_is_kept(house: House, ada: Creator, database: asyncpg.Connection) -> None:
    """What is kept is opened with the vault's own key: as much as there is to read."""
    idea = (await ada.post({"title": "A secret title", "notes": "and notes", "tags": ["tagged"]}, headers=KEY)).json()
    await ada.delete(idea)

    [row] = await database.fetch(
        "SELECT name, answer, expires_at FROM idempotency_answers WHERE user_id = $1", ada.user_id
    )
    tenant = TenantName(TenantKind.PERSONAL, "better-auth", ada.user_id)
    cipher = house.parts.cipher_of(VaultId(tenant.id, UserId(ada.user_id))).for_purpose(PURPOSE)
    bound = (tenant.id.bytes, ada.user_id.encode(), row["name"], time_part(row["expires_at"]))
    kept = cipher.open_json(row["answer"], context(DOMAIN, *bound), msgspec.json.Decoder(dict))

    assert kept.keys() == {"request", "added"}
    assert kept["added"].pop("stamp") > 0
    assert kept["added"] == {"id": idea["id"], "time": idea["created_at"], "revision": 1}


async def test_another_body_under_the_same_key_is_refused(ada: Creator) -> None:
    await ada.post({"title": "Once"}, headers=KEY)

    refused = await ada.post({"title": "Twice"}, headers=KEY)

    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]
    assert (await ada.list()).json()["total"] == 1


async def test_without_a_key_every_request_stores(ada: Creator) -> None:
    await ada.post({"title": "Twice"})
    await ada.post({"title": "Twice"})

    assert (await ada.list()).json()["total"] == 2


async def test_keys_of_two_creators_are_two_keys(creator: Callable[..., Creator]) -> None:
    ada, bob = creator(), creator()
    await ada.post({"title": "Ada's"}, headers=KEY)

    stored = await bob.post({"title": "Bob's"}, headers=KEY)

    assert stored.status_code == 201
    assert stored.json()["title"] == "Bob's"


async def test_a_refused_request_leaves_its_key_free(ada: Creator) -> None:
    await ada.post({"title": ""}, headers=KEY)

    assert (await ada.post({"title": "Right"}, headers=KEY)).status_code == 201


@pytest.mark.parametrize(
    "key", [b"", b"two words", b"x" * 256, "ключ".encode()], ids=["empty", "blank", "long", "not ASCII"]
)
async def test_a_malformed_key_is_refused_by_name(ada: Creator, key: bytes) -> None:
    headers = [(b"Authorization", f"Bearer {ada.token}".encode()), (b"Idempotency-Key", key)]
    refused = await ada.client.post(ada.url, json={"title": "Once"}, headers=httpx.Headers(headers))

    assert refused.status_code == 422
    assert refused.json()["detail"][0]["loc"] == ["header", "Idempotency-Key"]


async def test_of_many_at_once_one_stores_and_the_others_are_told_to_wait_or_what_was_stored(ada: Creator) -> None:
    await ada.idea()

    answers = await asyncio.gather(*(ada.post({"title": "Once"}, headers=KEY) for _ in range(12)))

    # On a busy machine some may wait for longer than they can.
    assert {answer.status_code for answer in answers} <= {201, 409, 503}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert (await ada.list()).json()["total"] == 2


async def test_of_many_that_come_while_none_is_done_all_but_one_are_told_to_wait(
    ada: Creator, database: asyncpg.Connection
) -> None:
    await ada.idea()
    async with database.transaction():
        await database.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", ada.user_id)
        requests = [asyncio.create_task(ada.post({"title": "Once"}, headers=KEY)) for _ in range(12)]
        async with asyncio.timeout(60):
            while sum(request.done() for request in requests) < 11:  # noqa: ASYNC110  # the others' end is no event
                await asyncio.sleep(0.01)
        waiting = [request.result() for request in requests if request.done()]

    answers = await asyncio.gather(*requests)
    assert [(answer.status_code, answer.headers["Retry-After"]) for answer in waiting] == [(409, "1")] * 11
    assert sorted(answer.status_code for answer in answers) == [201, *[409] * 11]
    assert (await ada.list()).json()["total"] == 2


async def test_while_the_first_is_at_work_the_second_is_told_to_wait(
    ada: Creator, database: asyncpg.Connection
) -> None:
    await ada.idea()
    async with database.transaction():
        await database.execute("SELECT FROM vaults WHERE user_id = $1 FOR UPDATE", ada.user_id)
        first = asyncio.create_task(ada.post({"title": "Once"}, headers=KEY))
        async with asyncio.timeout(60):
            while not await database.fetchval(AT_WORK):  # noqa: ASYNC110  # the database has no event to wait for
                await asyncio.sleep(0.01)

        second = await ada.post({"title": "Once"}, headers=KEY)
        assert not first.done()

    assert (second.status_code, second.headers["Retry-After"]) == (409, "1")
    assert (await first).status_code == 201
    assert (await ada.post({"title": "Once"}, headers=KEY)).content == (await first).content


async def test_a_key_is_free_again_after_a_day(ada: Creator, database: asyncpg.Connection) -> None:
    first = await ada.post({"title": "Once"}, headers=KEY)
    await database.execute(
        "UPDATE idempotency_answers SET expires_at = $1 WHERE user_id = $2", datetime.now(UTC), ada.user_id
    )

    second = await ada.post({"title": "Once"}, headers=KEY)

    assert second.json()["id"] != first.json()["id"]
    assert await database.fetchval("SELECT count(*) FROM idempotency_answers WHERE user_id = $1", ada.user_id) == 1


async def test_a_kept_answer_says_nothing_and_lasts_a_day(ada: Creator, database: asyncpg.Connection) -> None:
    await ada.post({"title": "Xylophone"}, headers=KEY)

    row = await database.fetchrow("SELECT * FROM idempotency_answers WHERE user_id = $1", ada.user_id)

    assert row is not None
    assert b"Xylophone" not in row["answer"]
    assert KEY["Idempotency-Key"].encode() not in row["name"]
    assert timedelta(hours=23, minutes=59) < row["expires_at"] - datetime.now(UTC) <= timedelta(hours=24)


async def test_a_tampered_answer_is_an_alarm_and_not_an_answer(
    ada: Creator, database: asyncpg.Connection, logs: Logs
) -> None:
    await ada.post({"title": "Once"}, headers=KEY)
    await database.execute(
        "UPDATE idempotency_answers SET expires_at = expires_at + interval '1 second' WHERE user_id = $1", ada.user_id
    )

    answer = await ada.post({"title": "Once"}, headers=KEY)

    assert answer.status_code == 500
    assert [event["code"] for event in logs.events if event["event"] == "alarm"] == ["tampered"]
