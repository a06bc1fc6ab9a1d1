"""A token is counted against its address before it is parsed, unless it was accepted before."""

import asyncio
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any
from uuid import uuid4

import httpx
import jwt
import pytest

from creatorvault.accounts.tokens import MAX_TOKEN_BYTES
from creatorvault.core.errors import TooManyRequests
from creatorvault.settings.sections import AuthSettings, IssuerSettings, LimitsSettings
from tests.accounts.entrance import ME, Entrance, open_entrance
from tests.accounts.key_server import KeyServer
from tests.accounts.signers import Signer, better_auth_claims
from tests.factories import claims_of, token_of

QUOTA = 5
STRANGERS = LimitsSettings(address_requests=QUOTA)


@pytest.fixture
async def limited(issuers: tuple[IssuerSettings, ...]) -> AsyncGenerator[Entrance]:
    """An address may try five tokens."""
    async with open_entrance(AuthSettings(issuers=issuers, jwks_timeout_seconds=60), limits=STRANGERS) as entrance:
        yield entrance


def good() -> str:
    return token_of({**claims_of(f"user-{uuid4()}"), "jti": str(uuid4())})


def forged() -> str:
    """A well-formed token, signed with another secret."""
    return jwt.encode(claims_of("ada"), "another-secret-of-more-than-32-bytes!", algorithm="HS256")


async def use_up(entrance: Entrance) -> None:
    assert [await entrance.status("nonsense") for _ in range(QUOTA)] == [401] * QUOTA


async def test_no_token_of_an_address_over_its_limit_is_verified(limited: Entrance, verified: list[str]) -> None:
    await use_up(limited)

    for token in (good(), forged(), "nonsense", "x" * (MAX_TOKEN_BYTES + 1)):
        assert await limited.status(token) == 429

    assert verified == []


async def test_no_keys_are_fetched_for_an_address_over_its_limit(
    limited: Entrance, key_server: KeyServer, signers: Mapping[str, Signer]
) -> None:
    key_server.keys = [signers["EdDSA"].jwk()]
    await use_up(limited)

    assert await limited.status(signers["EdDSA"].sign(better_auth_claims())) == 429

    assert key_server.requests == 0


async def test_known_callers_are_served_although_their_address_is_over_its_limit(
    limited: Entrance,
) -> None:
    ada, grace = good(), good()
    assert [await limited.status(ada), await limited.status(grace)] == [200, 200]
    await use_up(limited)

    assert await limited.status("nonsense") == 429
    assert [await limited.status(token) for token in (ada, grace, ada)] == [200] * 3
    assert await limited.status("nonsense") == 429


async def test_good_tokens_do_not_count_against_their_address(limited: Entrance) -> None:
    assert [await limited.status(good()) for _ in range(4 * QUOTA)] == [200] * 4 * QUOTA

    await use_up(limited)
    assert await limited.status("nonsense") == 429


async def test_forty_concurrent_forged_tokens_are_not_verified_beyond_the_limit(
    limited: Entrance, verified: list[str]
) -> None:
    statuses = await asyncio.gather(*(limited.status(forged()) for _ in range(40)))

    assert sorted(statuses) == [401] * QUOTA + [429] * (40 - QUOTA)
    assert len(verified) == QUOTA


async def test_forty_tokens_that_wait_for_keys_do_not_bypass_the_limit(
    limited: Entrance, key_server: KeyServer, signers: Mapping[str, Signer]
) -> None:
    """While the issuer responds slowly, none of them is known to be invalid."""
    known = signers["EdDSA"]
    key_server.keys = [known.jwk()]
    key_server.gate.clear()
    unknown = [Signer("EdDSA", str(uuid4()), known.private_key) for _ in range(40)]

    tries = [asyncio.create_task(limited.status(signer.sign(better_auth_claims()))) for signer in unknown]
    await until_all_but(QUOTA, tries)
    key_server.gate.set()
    statuses = await asyncio.gather(*tries)

    assert sorted(statuses) == [401] * QUOTA + [429] * (40 - QUOTA)


async def until_all_but(waiting: int, tasks: Sequence[asyncio.Task[Any]]) -> None:
    """Returns when that many tasks wait for keys, and all others have completed."""
    async with asyncio.timeout(30):
        while sum(not task.done() for task in tasks) > waiting:  # noqa: ASYNC110  # there is no event for it
            await asyncio.sleep(0.01)


async def test_a_token_that_cannot_be_verified_now_does_not_count(
    limited: Entrance, key_server: KeyServer, signers: Mapping[str, Signer]
) -> None:
    token = signers["EdDSA"].sign(better_auth_claims())
    await key_server.stop()

    answers = [await limited.enter(token) for _ in range(2 * QUOTA)]

    assert {answer.status_code for answer in answers} == {503}
    assert all("ratelimit" not in answer.headers for answer in answers)
    await use_up(limited)


async def test_a_client_that_disconnects_is_still_counted(
    limited: Entrance, key_server: KeyServer, signers: Mapping[str, Signer]
) -> None:
    key_server.gate.clear()
    tries = [
        asyncio.create_task(limited.enter(signers["EdDSA"].sign(better_auth_claims(jti=str(uuid4())))))
        for _ in range(QUOTA)
    ]
    await key_server.asked.wait()
    for each in tries:
        each.cancel()
    left = await asyncio.gather(*tries, return_exceptions=True)

    assert all(isinstance(each, asyncio.CancelledError) for each in left)
    assert await limited.status("nonsense") == 429


async def test_an_accepted_token_that_has_expired_is_counted_again(limited: Entrance, verified: list[str]) -> None:
    token = good()
    assert await limited.status(token) == 200
    await use_up(limited)
    limited.verifier._remembered._clock = lambda: time.time() + 86_400

    assert await limited.status(token) == 429
    assert len(verified) == 1


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("Authorization", "Basic YWRhOnB3")],
        [("Authorization", "Bearer nonsense")],
        [("Authorization", f"Bearer {'x' * (MAX_TOKEN_BYTES + 1)}")],
        [("Authorization", "Bearer one"), ("Authorization", "Bearer two")],
    ],
    ids=["none", "basic", "nonsense", "too long", "two"],
)
async def test_every_kind_of_wrong_credential_counts_against_the_address(
    limited: Entrance, headers: list[tuple[str, str]]
) -> None:
    answers = [await limited.client.get(ME, headers=headers) for _ in range(QUOTA + 1)]

    assert [answer.status_code for answer in answers] == [401] * QUOTA + [429]
    assert [left(answer) for answer in answers] == [*reversed(range(QUOTA)), 0]


def left(answer: httpx.Response) -> int:
    assert answer.headers["ratelimit-policy"] == f'"unauthenticated";q={QUOTA};w=60'
    return int(answer.headers["ratelimit"].split(";")[1].removeprefix("r="))


async def test_an_accepted_token_gets_the_remaining_requests_of_its_own_quota(limited: Entrance) -> None:
    answer = await limited.enter(good())

    assert answer.headers["ratelimit-policy"].startswith('"reads";')


async def test_without_limits_every_token_is_verified(entrance: Entrance) -> None:
    answers = [await entrance.enter("nonsense") for _ in range(10)]

    assert {answer.status_code for answer in answers} == {401}
    assert all("ratelimit" not in answer.headers for answer in answers)
    assert await entrance.status(good()) == 200


async def test_a_refused_reservation_is_counted_as_refused(limited: Entrance) -> None:
    scope: Any = {"method": "GET", "headers": [], "client": ("192.0.2.1", 1), "state": {}}
    for _ in range(QUOTA):
        await limited.limits.reserve(scope)

    with pytest.raises(TooManyRequests):
        await limited.limits.reserve(scope)

    assert limited.limits.refused == {"unauthenticated": 1}
