"""No request waits for the network because of another token. Iterations of the loop are counted, not seconds."""

import asyncio
from collections.abc import Mapping
from uuid import uuid4

from tests.accounts.entrance import Entrance, without_a_turn
from tests.accounts.key_server import KeyServer
from tests.accounts.signers import Signer, better_auth_claims
from tests.factories import claims_of, token_of


def token(signer: Signer) -> str:
    return signer.sign(better_auth_claims(jti=str(uuid4())))


async def test_a_shared_secret_token_is_verified_without_waiting(entrance: Entrance) -> None:
    anew = token_of(claims_of("ada"))

    assert without_a_turn(entrance.verifier.verify(anew)).subject == "ada"
    assert without_a_turn(entrance.verifier.verify(anew)).subject == "ada"


async def test_a_known_key_never_waits_even_while_a_refresh_hangs(
    entrance: Entrance, key_server: KeyServer, signers: Mapping[str, Signer]
) -> None:
    key_server.keys = [signers["EdDSA"].jwk()]
    seen = token(signers["EdDSA"])
    await entrance.verifier.verify(seen)
    key_server.gate.clear()
    entrance.clock.pass_by(300)

    for _ in range(3):
        assert without_a_turn(entrance.verifier.verify(seen)).subject == "ada"
        assert without_a_turn(entrance.verifier.verify(token(signers["EdDSA"]))).subject == "ada"

    key_server.asked.clear()
    await key_server.asked.wait()
    assert key_server.requests == 2


async def test_the_event_loop_runs_while_a_request_waits_for_keys(
    entrance: Entrance, key_server: KeyServer, signers: Mapping[str, Signer]
) -> None:
    key_server.keys = [signers["EdDSA"].jwk()]
    key_server.gate.clear()
    waiting = asyncio.create_task(entrance.status(token(signers["EdDSA"])))
    await key_server.asked.wait()

    turns = 0
    while turns < 1000:
        await asyncio.sleep(0)
        turns += 1
        if turns % 100 == 0:
            assert await entrance.status(token_of(claims_of("grace"))) == 200

    assert not waiting.done()
    key_server.gate.set()
    assert await waiting == 200
