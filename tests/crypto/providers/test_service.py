"""The whole service with root keys in OpenBao: while it is away, after a restart, and when a key is taken away."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from functools import partial
from pathlib import Path
from typing import Final
from uuid import uuid4

import asyncpg
import httpx
import pytest

from creatorvault.audit.upgrade import prepare_audit_log
from tests.admin.operators import EVERY_SCOPE, AdminClient, appointed, tenant_of
from tests.application import House, environment_of, open_house, settings_of
from tests.bao import Bao
from tests.crypto.providers.clocks import TEN_MINUTES, Clock, clock_of
from tests.crypto.providers.engines import to
from tests.factories import Creator
from tests.front import Answered, Asked, Front, Gone, front_of
from tests.logs import Logs
from tests.postgres import Database

METRICS_TOKEN: Final = "the-token-of-the-metrics-0123456789abcdef"
DETAIL: Final = "The service is temporarily unavailable"

type HouseWith = Callable[..., Awaitable[House]]


@pytest.fixture
def front(bao: Bao) -> Generator[Front]:
    with front_of(partial(to, bao.url)) as front:
        yield front


@pytest.fixture
def environment(bao: Bao, front: Front) -> dict[str, str]:
    return {
        "CREATORVAULT_ENCRYPTION__ROOT_KEY_ID": f"transit/{bao.new_key()}",
        "CREATORVAULT_ENCRYPTION__TRANSIT_URL": front.url,
        "CREATORVAULT_ENCRYPTION__TRANSIT_TOKEN": bao.token,
        "CREATORVAULT_METRICS__TOKEN": METRICS_TOKEN,
    }


@pytest.fixture
async def remote(house_with: HouseWith, environment: dict[str, str]) -> House:
    """Wraps with Transit, and also has the keyring."""
    return await house_with(**environment)


@pytest.fixture
def clock(remote: House) -> Clock:
    return clock_of(remote)


@pytest.fixture
async def operator(remote: House, database: asyncpg.Connection) -> AdminClient:
    return await appointed(database, remote.client, *EVERY_SCOPE)


def gone(_: Asked) -> Answered:
    raise Gone


async def served(creator: Creator, title: str) -> list[httpx.Response]:
    """Reads in every way that has a cache of its own, and writes."""
    listed = await creator.list()
    idea = listed.json()["items"][0]["id"] if listed.status_code == 200 else f"{uuid4()}"
    return [
        listed,
        await creator.list({"search": title}),
        await creator.list({"sort": "title"}),
        await creator.get(idea),
        await creator.patch(idea, {"title": title}),
        await creator.post({"title": title}),
    ]


def are_well(answers: list[httpx.Response]) -> bool:
    return [answer.status_code for answer in answers] == [200, 200, 200, 200, 200, 201]


def are_unavailable(answers: list[httpx.Response]) -> bool:
    """Without a word about keys."""
    return all(
        answer.status_code == 503
        and int(answer.headers["Retry-After"]) >= 1
        and answer.json()["detail"] == DETAIL
        and "transit" not in answer.text.lower() + str(answer.headers).lower()
        for answer in answers
    )


async def test_while_the_provider_is_away_only_cached_vaults_can_be_used(
    remote: House, front: Front, clock: Clock, logs: Logs
) -> None:
    ada, ben, eve = remote.creator(), remote.creator(), remote.creator()
    for creator in (ada, ben):
        await creator.idea("found")
        assert are_well(await served(creator, "found"))
    remote.parts.vaults.forget(ben_vault := next(v for v in remote.parts.keyring._ciphers if v.user_id == ben.user_id))
    sound, front.answer = front.answer, gone

    clock.move(200)
    assert are_well(await served(ada, "found"))
    assert are_unavailable(await served(ben, "found"))
    new = await eve.post({"title": "first"})
    assert (new.status_code, new.json()["detail"]) == (503, DETAIL)

    clock.move(TEN_MINUTES)
    assert are_unavailable(await served(ada, "found"))
    assert {event["reason"] for event in logs.named("root_key.unavailable")} == {"unreachable"}

    front.answer = sound
    clock.move(5)
    for creator in (ada, ben):
        assert are_well(await served(creator, "found"))
    assert (await eve.post({"title": "first"})).status_code == 201
    assert remote.parts.keyring.newest(ben_vault) is not None


async def test_a_provider_that_hangs_is_not_waited_for_by_each_request(
    house_with: HouseWith, environment: dict[str, str], front: Front
) -> None:
    house = await house_with(**environment, CREATORVAULT_ENCRYPTION__PROVIDER_SECONDS="2")
    clock = clock_of(house)
    ada = house.creator()
    await ada.idea("found")
    clock.move(TEN_MINUTES)
    front.gate.clear()
    before = front.requests

    assert are_unavailable(await served(ada, "found"))

    assert front.requests - before <= 2


async def test_the_process_is_ready_while_the_provider_is_away(remote: House, front: Front, bao: Bao) -> None:
    ready = await remote.client.get("/health/ready")
    front.answer = gone
    remembered = await remote.client.get("/health/ready")
    remote.parts.health._next_trial = 0.0
    away = await remote.client.get("/health/ready")

    assert (ready.status_code, ready.json()["checks"]["root_key"]) == (200, "ok")
    assert remembered.json() == ready.json()
    assert (away.status_code, away.json()["checks"]["root_key"]) == (200, "ok")
    assert away.json()["warnings"] == {"root_key": "unavailable"}


async def test_the_process_is_not_ready_without_its_root_key(remote: House, bao: Bao) -> None:
    name = str(remote.parts.settings.encryption.root_key_id).removeprefix("transit/")
    bao.call("POST", f"transit/keys/{name}/config", deletion_allowed=True)
    bao.call("DELETE", f"transit/keys/{name}")

    ready = await remote.client.get("/health/ready")

    assert (ready.status_code, ready.json()["checks"]["root_key"]) == (503, "failed")


async def test_vaults_of_the_keyring_are_independent_of_transit(
    house: House, remote: House, front: Front, clock: Clock
) -> None:
    """When moving from the keyring to Transit, earlier keys are unwrapped by the keyring."""
    ada = house.creator()
    await ada.idea("found")
    earlier = Creator(remote.client, ada.user_id)
    front.answer = gone

    assert are_well(await served(earlier, "found"))
    clock.move(TEN_MINUTES)
    assert are_well(await served(earlier, "found"))
    assert remote.parts.keyring.expired() == []


async def test_a_vault_in_use_is_renewed_in_the_background(remote: House, front: Front, clock: Clock) -> None:
    ada = remote.creator()
    await ada.idea("found")
    [cipher] = [remote.parts.keyring.newest(vault) for vault in remote.parts.keyring._ciphers]
    assert cipher is not None
    clock.move(250)
    await ada.list()
    await asyncio.gather(*remote.parts.keyring._renewals)
    before = front.requests
    clock.move(200)

    assert (await ada.list()).status_code == 200

    assert front.requests == before
    assert remote.parts.cipher_of(cipher.vault) is cipher  # so that opened ideas are still of use


async def test_what_was_opened_is_forgotten_with_its_key(remote: House, clock: Clock) -> None:
    parts, ada = remote.parts, remote.creator()
    await ada.idea("found")
    await ada.titles({"search": "found"})
    await ada.list()
    assert (parts.keyring.vaults_held, parts.search_cache.statistics().vaults) == (1, 1)
    assert parts.opened.bytes > 0

    parts.vaults.forget_expired()
    assert parts.keyring.vaults_held == 1
    clock.move(TEN_MINUTES)
    parts.vaults.forget_expired()

    assert (parts.keyring.vaults_held, parts.search_cache.statistics().vaults, parts.opened.bytes) == (0, 0, 0)
    assert await ada.titles({"search": "found"}) == ["found"]


async def test_keys_that_are_not_used_leave_the_memory(house_with: HouseWith, environment: dict[str, str]) -> None:
    house = await house_with(**environment, CREATORVAULT_ENCRYPTION__KEY_CACHE_SECONDS="1")
    await house.creator().idea()
    assert house.parts.keyring.vaults_held == 1

    async with asyncio.timeout(60):
        while house.parts.keyring.vaults_held:  # noqa: ASYNC110 - nothing tells when
            await asyncio.sleep(0.1)


async def test_a_tenants_own_key_can_be_taken_away_and_given_back(
    remote: House, bao: Bao, operator: AdminClient, clock: Clock, logs: Logs, database: asyncpg.Connection
) -> None:
    own, org_id = bao.new_key(), f"org-{uuid4()}"
    ada, other = remote.creator(claims={"org_id": org_id, "org_role": "owner"}), remote.creator()
    tenant = await operator.post("/tenants", {"kind": "organization", "realm": "better-auth", "external_id": org_id})
    assert tenant["root_key_id"] is None

    answer = await operator.request(
        "PUT", f"/tenants/{tenant['tenant_id']}/root-key", json={"root_key_id": f"transit/{own}"}
    )
    assert (answer.status_code, answer.json()["root_key_id"]) == (200, f"transit/{own}")
    for creator in (ada, other):
        await creator.idea("found")
    wraps = dict(await database.fetch("SELECT user_id, root_key_id FROM keys.vault_keys WHERE root_key_id LIKE '%/%'"))
    assert (wraps[ada.user_id], wraps[other.user_id]) == (
        f"transit/{own}",
        remote.parts.settings.encryption.root_key_id,
    )

    bao.call("DELETE", f"transit/keys/{own}/soft-delete")
    assert are_well(await served(ada, "found"))
    clock.move(TEN_MINUTES)
    assert are_unavailable(await served(ada, "found"))
    assert are_well(await served(other, "found"))
    [event, *_] = logs.named("root_key.unavailable")
    assert (event["root_key_id"], event["reason"]) == (f"transit/{own}", "pending_deletion")
    shown = await remote.client.get("/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"})
    assert 'root_key_failures_total{provider="transit",reason="pending_deletion"}' in shown.text

    bao.call("POST", f"transit/keys/{own}/soft-delete-restore")
    clock.move(30)
    assert are_well(await served(ada, "found"))

    bao.call("POST", f"transit/keys/{own}/config", deletion_allowed=True)
    bao.call("DELETE", f"transit/keys/{own}")
    clock.move(TEN_MINUTES)
    assert {answer.status_code for answer in await served(ada, "found")} == {500}
    assert logs.named("alarm")[-1]["code"] == "lost_key"


async def test_a_root_key_that_cannot_be_used_is_not_set(remote: House, bao: Bao, operator: AdminClient) -> None:
    ada = remote.creator()
    await ada.idea()
    path, going, other_kind = f"/tenants/{tenant_of(ada)}/root-key", bao.new_key(), bao.new_key(type="rsa-2048")
    bao.call("DELETE", f"transit/keys/{going}/soft-delete")

    for root_key_id, reason in (
        (f"transit/{going}", "pending_deletion"),
        (f"transit/{other_kind}", "refused"),
        ("transit/nowhere", "lost_key"),
        ("aws-kms/1234", "lost_key"),
        ("unknown", "lost_key"),
    ):
        answer = await operator.request("PUT", path, json={"root_key_id": root_key_id})
        assert (answer.status_code, answer.json()["detail"]) == (
            409,
            f"The root key {root_key_id} cannot be used: {reason}",
        )
    assert (await operator.get(f"/tenants/{tenant_of(ada)}"))["root_key_id"] is None
    assert (await operator.request("PUT", path, json={"root_key_id": "tests"})).json()["root_key_id"] == "tests"
    assert (await operator.request("PUT", path, json={})).json()["root_key_id"] is None
    events = (await operator.get("/audit", tenant_id=str(tenant_of(ada)), verb="tenant.root_key_set"))["items"]
    assert [event["targets"]["root_key_id"] for event in events] == ["default", "tests"]


async def test_a_root_key_whose_provider_answers_with_another_key_is_not_set(
    remote: House, operator: AdminClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def another(*_: object) -> bytes:
        return bytes(32)

    ada = remote.creator()
    await ada.idea()
    monkeypatch.setattr(remote.parts.root_keys, "unwrap", another)

    answer = await operator.request("PUT", f"/tenants/{tenant_of(ada)}/root-key", json={"root_key_id": "tests"})

    assert (answer.status_code, answer.json()["detail"]) == (409, "The root key tests cannot be used: wrong_key")


@pytest.fixture
async def without_keyring(
    fresh_database: Database, fresh_sql: asyncpg.Connection, home: Path, environment: dict[str, str]
) -> AsyncGenerator[Callable[[], Awaitable[House]]]:
    environ = environment_of(fresh_database, home) | environment
    environ |= {"CREATORVAULT_ROOT_KEYS": "", "CREATORVAULT_ENCRYPTION__PSEUDONYM_KEY": "p" * 32}
    await fresh_sql.execute("DELETE FROM keys.audit_keys")
    await prepare_audit_log(settings_of(environ))
    async with AsyncExitStack() as stack:
        yield lambda: stack.enter_async_context(open_house(environ, fresh_database))


async def test_it_starts_without_a_keyring_and_while_transit_is_away(
    without_keyring: Callable[[], Awaitable[House]], front: Front
) -> None:
    first = await without_keyring()
    ada = first.creator()
    await ada.idea("found")
    sound, front.answer = front.answer, gone

    restarted = await without_keyring()
    again = Creator(restarted.client, ada.user_id)
    assert are_unavailable([await again.list()])
    assert restarted.parts.pseudonyms.of("better-auth", "ada") == first.parts.pseudonyms.of("better-auth", "ada")

    front.answer = sound
    clock_of(restarted).move(5)
    assert await again.titles() == ["found"]


async def test_all_works_again_after_a_restart_of_openbao(remote: House, bao: Bao, clock: Clock, logs: Logs) -> None:
    ada = remote.creator()
    await ada.idea("found")
    bao.stop()
    try:
        kept = are_well(await served(ada, "found"))
        clock.move(TEN_MINUTES)
        away = await served(ada, "found")
    finally:
        bao.run()
    try:
        clock.move(5)
        sealed = await served(ada, "found")
    finally:
        bao.unseal()

    assert kept
    assert are_unavailable(away + sealed)
    assert [event["reason"] for event in logs.named("root_key.unavailable")] == ["unreachable", "sealed"]
    clock.move(5)
    assert are_well(await served(ada, "found"))
