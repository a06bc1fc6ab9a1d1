"""A real Better Auth whose keys rotate, whose secret changes, and which becomes unavailable."""

from collections.abc import Generator

import pytest

from tests.accounts.entrance import refusal
from tests.better_auth.conftest import Opening
from tests.better_auth.driver import BetterAuth

pytestmark = pytest.mark.no_cover

UNKNOWN_KEY = "the key that signed the token is not one that its issuer publishes"


@pytest.fixture(autouse=True)
def running_again(better_auth: BetterAuth) -> Generator[None]:
    yield
    if not better_auth.is_running:
        better_auth.start()


async def test_a_rotated_key_works_at_once_and_so_does_the_old_one(better_auth: BetterAuth, opening: Opening) -> None:
    entrance, ada = await opening(better_auth), await better_auth.sign_up()
    tokens = [await ada.token()]
    statuses = [await entrance.status(tokens[0])]

    for _ in range(2):
        await better_auth.operate("expire-keys")
        tokens.append(await ada.token())
        statuses.append(await entrance.status(tokens[-1]))

    assert statuses == [200, 200, 200]
    just_started = await opening(better_auth)
    for each in (entrance, just_started):
        assert [await each.status(token) for token in tokens] == [200, 200, 200]
    assert len(await better_auth.published_keys()) >= 3


async def test_tokens_of_a_deleted_key_are_refused(better_auth: BetterAuth, opening: Opening) -> None:
    entrance, ada = await opening(better_auth), await better_auth.sign_up()
    leaked = await ada.token()
    assert await entrance.status(leaked) == 200

    await better_auth.operate("delete-keys")
    assert await entrance.status(await ada.token()) == 200

    assert refusal(await entrance.enter(leaked)) == UNKNOWN_KEY


async def test_an_empty_key_set_gives_503_until_the_next_key(better_auth: BetterAuth, opening: Opening) -> None:
    entrance, ada = await opening(better_auth), await better_auth.sign_up()
    outlived = await ada.token()
    await better_auth.operate("outlive-keys")
    assert await better_auth.published_keys() == []

    answer = await entrance.enter(outlived)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")

    entrance.clock.pass_by(1)
    assert await entrance.status(await ada.token()) == 200


async def test_a_changed_secret_does_not_affect_issued_tokens(better_auth: BetterAuth, opening: Opening) -> None:
    entrance, ada = await opening(better_auth), await better_auth.sign_up()
    before = await ada.token()

    better_auth.restart(secret=f"{better_auth.secret}, and longer")
    await ada.sign_in_again()

    assert await entrance.status(before) == 200
    assert (await better_auth.get("/api/auth/token", ada.session_token)).status_code == 500  # it cannot read its key
    await better_auth.operate("delete-keys")
    assert await entrance.status(await ada.token()) == 200
    assert refusal(await entrance.enter(before)) == UNKNOWN_KEY


async def test_while_it_is_down_known_keys_work_and_unknown_ones_get_503(
    better_auth: BetterAuth, opening: Opening
) -> None:
    entrance, just_started, ada = await opening(better_auth), await opening(better_auth), await better_auth.sign_up()
    seen, unseen = await ada.token(), await ada.token()
    assert await entrance.status(seen) == 200

    better_auth.stop()
    assert [await entrance.status(token) for token in (seen, unseen)] == [200, 200]
    answer = await just_started.enter(unseen)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")

    better_auth.start()
    just_started.clock.pass_by(1)
    for each in (entrance, just_started):
        assert [await each.status(token) for token in (seen, await ada.token())] == [200, 200]
