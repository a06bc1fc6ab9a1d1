"""A real Better Auth over the years: its keys rotate, its secret changes, it restarts, it is away."""

import asyncio
from collections.abc import Generator

import httpx
import pytest

from tests.accounts.entrance import ME, refusal
from tests.application import House
from tests.better_auth.conftest import Serving
from tests.better_auth.driver import BetterAuth

UNKNOWN_KEY = "the key that signed the token is not one that its issuer publishes"


async def enter(house: House, token: str) -> httpx.Response:
    return await house.client.get(ME, headers={"Authorization": f"Bearer {token}"})


async def let_in(house: House, token: str) -> bool:
    """As a client does that heeds Retry-After, with less patience."""
    for _ in range(100):
        if (await enter(house, token)).status_code == 200:
            return True
        await asyncio.sleep(0.05)
    return False


@pytest.fixture(autouse=True)
def running_again(better_auth: BetterAuth) -> Generator[None]:
    secret = better_auth.secret
    yield
    if better_auth.secret != secret or not better_auth.is_running:
        better_auth.restart(secret)


async def test_a_rotated_key_works_at_once_and_the_old_one_goes_on(better_auth: BetterAuth, serving: Serving) -> None:
    house, ada = await serving(better_auth), await better_auth.sign_up()
    tokens = [await ada.token()]
    statuses = [(await enter(house, tokens[0])).status_code]

    for _ in range(2):
        await better_auth.operate("expire-keys")
        tokens.append(await ada.token())
        statuses.append((await enter(house, tokens[-1])).status_code)

    assert statuses == [200, 200, 200]
    assert [(await enter(house, token)).status_code for token in tokens] == [200, 200, 200]
    assert len(await better_auth.published_keys()) >= 3


async def test_a_service_that_has_just_started_takes_tokens_of_every_live_key(
    better_auth: BetterAuth, serving: Serving
) -> None:
    ada = await better_auth.sign_up()
    first = await ada.token()
    await better_auth.operate("expire-keys")
    second = await ada.token()

    house = await serving(better_auth)

    assert [(await enter(house, token)).status_code for token in (first, second)] == [200, 200]


async def test_a_deleted_key_shuts_out_its_tokens(better_auth: BetterAuth, serving: Serving) -> None:
    house, ada = await serving(better_auth), await better_auth.sign_up()
    leaked = await ada.token()
    assert (await enter(house, leaked)).status_code == 200

    await better_auth.operate("delete-keys")
    assert (await enter(house, await ada.token())).status_code == 200

    assert refusal(await enter(house, leaked)) == UNKNOWN_KEY


async def test_an_empty_key_set_means_try_again_and_the_next_key_works(
    better_auth: BetterAuth, serving: Serving
) -> None:
    house, ada = await serving(better_auth), await better_auth.sign_up()
    outlived = await ada.token()
    await better_auth.operate("outlive-keys")
    assert await better_auth.published_keys() == []

    answer = await enter(house, outlived)

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert await let_in(house, await ada.token())


async def test_a_changed_secret_does_not_touch_tokens_that_are_out(better_auth: BetterAuth, serving: Serving) -> None:
    house, ada = await serving(better_auth), await better_auth.sign_up()
    before = await ada.token()

    better_auth.restart(secret="another-secret-that-encrypts-private-keys")
    await ada.sign_in_again()

    assert (await enter(house, before)).status_code == 200
    assert (await better_auth.get("/api/auth/token", ada.session_token)).status_code == 500  # it cannot read its key
    await better_auth.operate("delete-keys")
    assert (await enter(house, await ada.token())).status_code == 200
    assert refusal(await enter(house, before)) == UNKNOWN_KEY
    await better_auth.operate("delete-keys")  # the next test has the first secret again


async def test_a_restart_changes_nothing(better_auth: BetterAuth, serving: Serving) -> None:
    house, ada = await serving(better_auth), await better_auth.sign_up()
    before = await ada.token()
    assert (await enter(house, before)).status_code == 200

    better_auth.restart()

    assert (await enter(house, before)).status_code == 200
    assert (await enter(house, await ada.token())).status_code == 200


async def test_while_it_is_down_known_keys_serve_and_a_fresh_service_says_try_again(
    better_auth: BetterAuth, serving: Serving
) -> None:
    ada = await better_auth.sign_up()
    seen, unseen = await ada.token(), await ada.token()
    house, fresh = await serving(better_auth), await serving(better_auth)
    assert (await enter(house, seen)).status_code == 200

    better_auth.stop()

    assert [(await enter(house, token)).status_code for token in (seen, unseen)] == [200, 200]
    answer = await enter(fresh, unseen)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")

    better_auth.start()
    assert await let_in(fresh, unseen)
