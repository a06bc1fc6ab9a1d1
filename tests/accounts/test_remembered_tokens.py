"""The cache of verified tokens: a cached token is accepted as long as it would be verified again."""

import time
from collections.abc import Mapping

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


@pytest.fixture
def signatures(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every token whose signature was verified."""
    checked: list[str] = []
    decode = jwt.decode

    def recording(token: str, *arguments: object, **options: object) -> Mapping[str, object]:
        checked.append(token)
        return decode(token, *arguments, **options)  # type: ignore[arg-type]  # handed through as they came

    monkeypatch.setattr(jwt, "decode", recording)
    return checked


def verifier(size: int, clock: Clock) -> TokenVerifier:
    return build_verifier(AuthSettings(issuers=ISSUERS, remembered_tokens=size), clock=clock)


def token(user: str, expires_in: int = 3600) -> str:
    return token_of({**claims_of(user), "exp": int(time.time()) + expires_in})


async def test_a_signature_is_verified_once(signatures: list[str]) -> None:
    remembering = verifier(10, Clock(time.time()))

    identities = [await remembering.verify(token("ada")) for _ in range(3)]

    assert len(signatures) == len({identity.expires_at for identity in identities})


async def test_a_token_is_evicted_after_its_expiry_and_the_leeway(signatures: list[str]) -> None:
    clock = Clock(float(int(time.time())))
    remembering, ours = verifier(10, clock), token("ada", expires_in=-LEEWAY + 20)
    expiry_and_leeway = jwt.decode(ours, options={"verify_signature": False})["exp"] + LEEWAY
    signatures.clear()
    await remembering.verify(ours)

    clock.now = expiry_and_leeway - 1
    await remembering.verify(ours)
    assert signatures == [ours]

    clock.now = expiry_and_leeway
    await remembering.verify(ours)  # still valid by the machine's clock
    assert signatures == [ours, ours]


async def test_the_least_recently_used_token_is_evicted_first(signatures: list[str]) -> None:
    remembering = verifier(2, Clock(time.time()))
    ada, bob, eve = token("ada"), token("bob"), token("eve")

    for each in (ada, bob, ada, eve, ada):
        await remembering.verify(each)
    assert signatures == [ada, bob, eve]

    await remembering.verify(bob)
    assert signatures == [ada, bob, eve, bob]
    assert remembering.remembered == 2


async def test_nothing_is_cached_with_a_size_of_zero(signatures: list[str]) -> None:
    forgetful, ours = verifier(0, Clock(time.time())), token("ada")

    for _ in range(2):
        await forgetful.verify(ours)

    assert signatures == [ours, ours]


async def test_a_refused_token_is_not_cached(signatures: list[str]) -> None:
    remembering, expired = verifier(10, Clock(time.time())), token("ada", expires_in=-3600)

    for _ in range(2):
        with pytest.raises(TokenRefused, match="expired"):
            await remembering.verify(expired)

    assert signatures == [expired, expired]
