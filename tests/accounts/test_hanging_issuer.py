"""An issuer that accepts connections but does not respond."""

import asyncio
from collections.abc import Mapping

import pytest

from creatorvault.accounts.errors import IssuerUnavailable
from creatorvault.accounts.services import build_verifier
from creatorvault.settings.sections import AuthSettings, IssuerSettings
from tests.accounts.entrance import open_entrance
from tests.accounts.key_server import KeyServer
from tests.accounts.signers import Signer, better_auth_claims


async def test_requests_get_503_after_the_timeout_of_the_issuer(
    key_server: KeyServer, issuers: tuple[IssuerSettings, ...], signers: Mapping[str, Signer]
) -> None:
    key_server.keys = [signers["EdDSA"].jwk()]
    key_server.gate.clear()
    token = signers["EdDSA"].sign(better_auth_claims())

    async with open_entrance(AuthSettings(issuers=issuers, jwks_timeout_seconds=0.5)) as entrance:
        answers = await asyncio.gather(*(entrance.enter(token) for _ in range(10)))
        assert {answer.status_code for answer in answers} == {503}
        assert {answer.headers["retry-after"] for answer in answers} == {"1"}
        assert key_server.requests == 1

        key_server.gate.set()
        entrance.clock.pass_by(1)
        assert await entrance.status(token) == 200


async def test_a_request_waits_for_an_issuer_within_its_wait_budget(
    key_server: KeyServer, issuers: tuple[IssuerSettings, ...], signers: Mapping[str, Signer]
) -> None:
    key_server.gate.clear()
    verifier = build_verifier(AuthSettings(issuers=issuers, jwks_timeout_seconds=60), answer_seconds=0.1)

    async with asyncio.timeout(5):
        with pytest.raises(IssuerUnavailable) as unavailable:
            await verifier.verify(signers["EdDSA"].sign(better_auth_claims()))
    await verifier.aclose()

    assert unavailable.value.retry_after == 1


async def test_the_timeout_limits_the_whole_response_of_a_slow_issuer(
    key_server: KeyServer, issuers: tuple[IssuerSettings, ...], signers: Mapping[str, Signer]
) -> None:
    key_server.raw = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    key_server.drips = True
    token = signers["EdDSA"].sign(better_auth_claims())

    async with open_entrance(AuthSettings(issuers=issuers, jwks_timeout_seconds=0.1)) as entrance:
        assert await entrance.status(token) == 503


async def test_closing_the_service_cancels_a_hanging_fetch(
    key_server: KeyServer, issuers: tuple[IssuerSettings, ...], signers: Mapping[str, Signer]
) -> None:
    key_server.gate.clear()

    async with open_entrance(AuthSettings(issuers=issuers)) as entrance:
        waiting = asyncio.create_task(entrance.verifier.verify(signers["EdDSA"].sign(better_auth_claims())))
        await key_server.asked.wait()

    assert isinstance((await asyncio.gather(waiting, return_exceptions=True))[0], asyncio.CancelledError)
