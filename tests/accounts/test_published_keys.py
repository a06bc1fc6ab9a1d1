"""The JWKS cache while the issuer rotates keys, is slow, is down, or sends invalid responses."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from uuid import uuid4

import pytest

from tests.accounts.entrance import Entrance, refusal
from tests.accounts.key_server import KeyServer, http
from tests.accounts.signers import ALGORITHMS, Signer, better_auth_claims
from tests.factories import claims_of, token_of
from tests.logs import Logs

COOLDOWN = 10
REFRESH = 300
UNKNOWN_KEY = "the key that signed the token is not one that its issuer publishes"

type Signers = Mapping[str, Signer]


def token(signer: Signer) -> str:
    return signer.sign(better_auth_claims(jti=str(uuid4())))


@pytest.fixture
async def other_server() -> AsyncGenerator[KeyServer]:
    """The target of a redirect or of a token's header."""
    server = KeyServer()
    await server.start()
    yield server
    await server.stop()


async def settled() -> None:
    """Returns when no fetch is running."""
    await asyncio.gather(*(task for task in asyncio.all_tasks() if task.get_name().startswith("fetch keys of")))


async def test_keys_are_fetched_once_for_many_concurrent_requests(
    entrance: Entrance, key_server: KeyServer, signers: Signers
) -> None:
    key_server.keys = [signer.jwk() for signer in signers.values()]

    statuses = await asyncio.gather(*(entrance.status(token(signer)) for signer in signers.values() for _ in range(20)))

    assert set(statuses) == {200}
    assert key_server.requests == 1
    assert key_server.paths == ["/api/auth/jwks"]


async def test_a_rotated_key_works_as_soon_as_it_is_published(entrance: Entrance, key_server: KeyServer) -> None:
    for rotation in range(5):
        fresh = Signer.generate("EdDSA", f"key-{rotation}")
        key_server.keys.append(fresh.jwk())

        assert await entrance.status(token(fresh)) == 200


async def test_a_storm_of_unknown_keys_costs_one_fetch_per_cooldown(
    entrance: Entrance, key_server: KeyServer, signers: Signers
) -> None:
    known = signers["EdDSA"]
    key_server.keys = [known.jwk()]
    assert await entrance.status(token(known)) == 200

    for cooldown in range(1, 4):
        storm = [Signer("EdDSA", str(uuid4()), known.private_key) for _ in range(100)]
        answers = await asyncio.gather(*(entrance.enter(token(signer)) for signer in storm))

        assert {refusal(answer) for answer in answers} == {UNKNOWN_KEY}
        assert key_server.requests == 1 + cooldown
        entrance.clock.pass_by(COOLDOWN)


async def test_a_storm_on_a_service_that_has_just_started_costs_one_fetch(
    entrance: Entrance, key_server: KeyServer, signers: Signers
) -> None:
    key_server.keys = [signers["EdDSA"].jwk()]
    storm = [Signer("EdDSA", str(uuid4()), signers["EdDSA"].private_key) for _ in range(100)]

    answers = await asyncio.gather(*(entrance.enter(token(signer)) for signer in storm))

    assert {refusal(answer) for answer in answers} == {UNKNOWN_KEY}
    assert key_server.requests == 1


async def test_a_known_key_works_in_the_middle_of_a_storm(
    entrance: Entrance, key_server: KeyServer, signers: Signers
) -> None:
    known = signers["ES256"]
    key_server.keys = [known.jwk()]
    stranger = Signer("ES256", "stranger", known.private_key)
    crowd = [known, stranger] * 50

    statuses = await asyncio.gather(*(entrance.status(token(signer)) for signer in crowd))

    assert statuses == [200 if signer is known else 401 for signer in crowd]


async def test_a_key_published_during_a_fetch_works(
    entrance: Entrance, key_server: KeyServer, signers: Signers
) -> None:
    old, fresh = signers["EdDSA"], signers["ES256"]
    key_server.keys = [old.jwk()]
    assert await entrance.status(token(old)) == 200
    entrance.clock.pass_by(REFRESH)
    key_server.asked.clear()
    key_server.gate.clear()
    assert await entrance.status(token(old)) == 200
    await key_server.asked.wait()

    key_server.keys = [old.jwk(), fresh.jwk()]
    waiting = asyncio.create_task(entrance.status(token(fresh)))
    await asyncio.sleep(0)
    key_server.gate.set()

    assert await waiting == 200
    assert key_server.requests == 3


async def test_a_request_that_joins_a_running_fetch_uses_its_result(
    entrance: Entrance, key_server: KeyServer, signers: Signers
) -> None:
    key_server.keys = [signers["EdDSA"].jwk(), signers["ES512"].jwk()]
    key_server.gate.clear()
    first = asyncio.create_task(entrance.status(token(signers["EdDSA"])))
    await key_server.asked.wait()
    second = asyncio.create_task(entrance.status(token(signers["ES512"])))
    await asyncio.sleep(0)

    key_server.gate.set()

    assert list(await asyncio.gather(first, second)) == [200, 200]
    assert key_server.requests == 1


async def test_a_fetch_outlives_the_client_that_caused_it(
    entrance: Entrance, key_server: KeyServer, signers: Signers
) -> None:
    key_server.keys = [signers["EdDSA"].jwk()]
    key_server.gate.clear()
    impatient = asyncio.create_task(entrance.verifier.verify(token(signers["EdDSA"])))
    await key_server.asked.wait()
    patient = asyncio.create_task(entrance.verifier.verify(token(signers["EdDSA"])))
    await asyncio.sleep(0)

    impatient.cancel()
    key_server.gate.set()

    assert (await patient).subject == "ada"
    assert key_server.requests == 1


async def test_keys_are_refreshed_in_the_background(
    entrance: Entrance, key_server: KeyServer, signers: Signers
) -> None:
    key_server.keys = [signers["EdDSA"].jwk()]
    assert await entrance.status(token(signers["EdDSA"])) == 200
    entrance.clock.pass_by(REFRESH - 1)
    assert await entrance.status(token(signers["EdDSA"])) == 200
    assert key_server.requests == 1

    entrance.clock.pass_by(1)
    assert await entrance.status(token(signers["EdDSA"])) == 200

    await settled()
    assert await entrance.status(token(signers["EdDSA"])) == 200
    assert key_server.requests == 2


async def test_tokens_of_a_removed_key_are_refused_even_if_accepted_before(
    entrance: Entrance, key_server: KeyServer, signers: Signers
) -> None:
    leaked, fresh = signers["EdDSA"], signers["ES256"]
    key_server.keys = [leaked.jwk()]
    let_in = token(leaked)
    assert await entrance.status(let_in) == 200

    key_server.keys = [fresh.jwk()]
    assert await entrance.status(token(fresh)) == 200

    assert refusal(await entrance.enter(let_in)) == UNKNOWN_KEY


async def test_tokens_of_a_key_are_refused_after_another_takes_its_id(
    entrance: Entrance, key_server: KeyServer, signers: Signers
) -> None:
    first, second = signers["EdDSA"], Signer.generate("EdDSA", signers["EdDSA"].kid)
    key_server.keys = [first.jwk()]
    let_in = token(first)
    assert await entrance.status(let_in) == 200

    key_server.keys = [second.jwk()]
    entrance.clock.pass_by(REFRESH)
    await entrance.enter(let_in)
    await settled()

    assert refusal(await entrance.enter(let_in)) == "the signature does not match"
    assert await entrance.status(token(second)) == 200


async def test_known_keys_work_while_the_issuer_is_down(
    entrance: Entrance, key_server: KeyServer, signers: Signers
) -> None:
    key_server.keys = [signers["EdDSA"].jwk()]
    assert await entrance.status(token(signers["EdDSA"])) == 200
    await key_server.stop()

    for _ in range(5):
        entrance.clock.pass_by(REFRESH)
        assert await entrance.status(token(signers["EdDSA"])) == 200


async def test_an_unknown_key_gets_503_while_the_issuer_is_down(
    entrance: Entrance, key_server: KeyServer, signers: Signers
) -> None:
    key_server.keys = [signers["EdDSA"].jwk()]
    assert await entrance.status(token(signers["EdDSA"])) == 200
    await key_server.stop()

    answer = await entrance.enter(token(signers["ES256"]))

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == str(COOLDOWN)

    key_server.keys = [signers["EdDSA"].jwk(), signers["ES256"].jwk()]
    await key_server.start()
    entrance.clock.pass_by(COOLDOWN)
    assert await entrance.status(token(signers["ES256"])) == 200


DRIVER_ERRORS = {
    "HTML": http(b"<!doctype html><title>Sign in</title>", "200 OK", "Content-Type: text/html"),
    "an empty body": http(b""),
    "a redirect": http(b"", "302 Found", "Location: http://127.0.0.1:1/jwks"),
    "an error": http(b'{"keys": []}', "500 Internal Server Error"),
    "not found": http(b"Not Found", "404 Not Found"),
    "a list": http(b"[]"),
    "keys that are an object": http(b'{"keys": {}}'),
    "100,000 brackets": http(b"[" * 60_000),
    "something huge": http(b'{"keys": [' + b" " * 1_000_000 + b"]}"),
    "half an answer": b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{",
    "no HTTP": b"220 mail.example.org ESMTP\r\n",
    "nothing": b"",
    "gzip that nobody asked for": http(b"\x1f\x8b\x08\x00", "200 OK", "Content-Encoding: gzip"),
    "no keys": http(b'{"keys": []}'),
    "only keys that cannot be used": http(b'{"keys": [null, 7, {"kid": "a", "kty": "oct", "k": "c2VjcmV0"}]}'),
}


@pytest.mark.parametrize("fault", DRIVER_ERRORS)
async def test_without_any_key_requests_get_503(
    entrance: Entrance, key_server: KeyServer, signers: Signers, fault: str
) -> None:
    key_server.raw = DRIVER_ERRORS[fault]

    answers = [await entrance.enter(token(signers["EdDSA"])) for _ in range(3)]

    for answer in answers:
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "1"
        assert answer.json()["error"]["code"] == "SERVICE_UNAVAILABLE"
    assert key_server.requests == 1

    key_server.raw = None
    key_server.keys = [signers["EdDSA"].jwk()]
    entrance.clock.pass_by(1)
    assert await entrance.status(token(signers["EdDSA"])) == 200


@pytest.mark.parametrize("fault", [fault for fault in DRIVER_ERRORS if "keys" not in fault or "object" in fault])
async def test_a_wrong_answer_does_not_replace_good_keys(
    entrance: Entrance, key_server: KeyServer, signers: Signers, fault: str
) -> None:
    key_server.keys = [signers["EdDSA"].jwk()]
    assert await entrance.status(token(signers["EdDSA"])) == 200
    key_server.raw = DRIVER_ERRORS[fault]
    entrance.clock.pass_by(REFRESH)

    assert await entrance.status(token(signers["EdDSA"])) == 200
    await settled()
    assert await entrance.status(token(signers["EdDSA"])) == 200


async def test_a_redirect_is_not_followed_even_to_good_keys(
    entrance: Entrance, key_server: KeyServer, other_server: KeyServer, signers: Signers
) -> None:
    other_server.keys = [signers["EdDSA"].jwk()]
    for status in ("301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary Redirect", "308 Permanent"):
        key_server.raw = http(b"", status, f"Location: {other_server.url}")

        assert await entrance.status(token(signers["EdDSA"])) == 503
        entrance.clock.pass_by(1)

    assert (key_server.requests, other_server.requests) == (5, 0)


async def test_a_jwks_url_in_a_token_is_never_fetched(
    entrance: Entrance, key_server: KeyServer, other_server: KeyServer, signers: Signers
) -> None:
    attacker = Signer.generate("EdDSA", "attackers")
    key_server.keys = [signers["EdDSA"].jwk()]
    other_server.keys = [attacker.jwk()]
    addresses = {"jku": other_server.url, "x5u": other_server.url}

    refused = await entrance.enter(
        attacker.sign(better_auth_claims(), {"alg": "EdDSA", "kid": "attackers", **addresses})
    )

    assert refusal(refused) == UNKNOWN_KEY
    assert other_server.requests == 0


async def test_an_empty_key_set_removes_all_keys(entrance: Entrance, key_server: KeyServer, signers: Signers) -> None:
    key_server.keys = [signers["EdDSA"].jwk()]
    let_in = token(signers["EdDSA"])
    assert await entrance.status(let_in) == 200

    key_server.keys = []
    assert await entrance.status(token(signers["ES256"])) == 503

    assert await entrance.status(let_in) == 503


async def test_a_shared_secret_works_while_the_issuer_is_down(entrance: Entrance, key_server: KeyServer) -> None:
    await key_server.stop()

    assert await entrance.status(token_of(claims_of("ada"))) == 200


async def test_a_failed_fetch_is_logged_with_issuer_and_reason(
    entrance: Entrance, key_server: KeyServer, signers: Signers, logs: Logs
) -> None:
    key_server.raw = DRIVER_ERRORS["an error"]
    await entrance.enter(token(signers["EdDSA"]))
    await key_server.stop()
    entrance.clock.pass_by(1)
    await entrance.enter(token(signers["EdDSA"]))

    failures = logs.named("accounts.keys.fetch_failed")
    assert [(event["issuer"], event["reason"], event["kept"]) for event in failures] == [
        ("better-auth", "status 500", 0),
        ("better-auth", "ConnectError", 0),
    ]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_several_keys_of_one_algorithm_all_work(
    entrance: Entrance, key_server: KeyServer, signers: Signers, algorithm: str
) -> None:
    both = signers[algorithm], Signer.generate(algorithm, "second")
    key_server.keys = [signer.jwk() for signer in both]

    assert [await entrance.status(token(signer)) for signer in both] == [200, 200]
