"""The cache of verified tokens: a cached token is accepted as long as it would be verified again."""

import time

import jwt
import pytest

from creatorvault.accounts.errors import TokenRefused
from creatorvault.accounts.services import TokenVerifier, build_verifier
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import AuthSettings, IssuerSettings
from tests.accounts.entrance import Clock
from tests.factories import SECRET, claims_of, token_of

ISSUERS = (IssuerSettings(name="shared-secret", kind="shared-secret", secret=Secret(SECRET)),)
LEEWAY = 30


def verifier(size: int, clock: Clock) -> TokenVerifier:
    return build_verifier(AuthSettings(issuers=ISSUERS, remembered_tokens=size), clock=clock)


def token(user: str, expires_in: int = 3600) -> str:
    return token_of({**claims_of(user), "exp": int(time.time()) + expires_in})


async def test_a_signature_is_verified_once(verified: list[str]) -> None:
    remembering = verifier(10, Clock(time.time()))

    identities = [await remembering.verify(token("ada")) for _ in range(3)]

    assert len(verified) == len({identity.expires_at for identity in identities})


async def test_a_token_is_evicted_after_its_expiry_and_the_leeway(verified: list[str]) -> None:
    clock = Clock(float(int(time.time())))
    remembering, ours = verifier(10, clock), token("ada", expires_in=-LEEWAY + 20)
    expiry_and_leeway = jwt.decode(ours, options={"verify_signature": False})["exp"] + LEEWAY
    verified.clear()
    await remembering.verify(ours)

    clock.now = expiry_and_leeway - 1
    await remembering.verify(ours)
    assert verified == [ours]

    clock.now = expiry_and_leeway
    await remembering.verify(ours)  # still valid by the machine's clock
    assert verified == [ours, ours]


async def test_the_least_recently_used_token_is_evicted_first(verified: list[str]) -> None:
    remembering = verifier(2, Clock(time.time()))
    ada, bob, eve = token("ada"), token("bob"), token("eve")

    for each in (ada, bob, ada, eve, ada):
        await remembering.verify(each)
    assert verified == [ada, bob, eve]

    await remembering.verify(bob)
    assert verified == [ada, bob, eve, bob]
    assert remembering.remembered == 2


async def test_nothing_is_cached_with_a_size_of_zero(verified: list[str]) -> None:
    forgetful, ours = verifier(0, Clock(time.time())), token("ada")

    for _ in range(2):
        await forgetful.verify(ours)

    assert verified == [ours, ours]


async def test_a_refused_token_is_not_cached(verified: list[str]) -> None:
    remembering, expired = verifier(10, Clock(time.time())), token("ada", expires_in=-3600)

    for _ in range(2):
        with pytest.raises(TokenRefused, match="expired"):
            await remembering.verify(expired)

    assert verified == [expired, expired]
