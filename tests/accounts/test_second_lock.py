"""A key verifies only tokens of its own algorithm (RFC 8725 §3.1), even if the look-up of keys ignored it."""

import json

import jwt
import pytest

from creatorvault.accounts.errors import TokenRefused
from creatorvault.accounts.public_keys import VerifyingKey, read_key_set
from creatorvault.accounts.services import TokenVerifier
from creatorvault.accounts.token_cache import TokenCache
from creatorvault.accounts.tokens import UnverifiedToken
from creatorvault.settings.sections import AuthSettings, IssuerSettings
from tests.accounts.signers import AUDIENCE, ISSUER, Signer, better_auth_claims

SETTINGS = IssuerSettings(name="careless", kind="jwks", issuer=ISSUER, audiences=(AUDIENCE,))
SECRET = b"a-secret-that-is-long-enough-for-each-of-the-three-hash-functions!"
RSA = Signer.generate("RS256")
OTHER_PADDING = Signer("PS256", RSA.kid, RSA.private_key)


class CarelessIssuer:
    """Accepts every algorithm, and has one key for all tokens."""

    settings = SETTINGS
    names: tuple[str, ...] = (ISSUER,)
    audiences: tuple[str, ...] = (AUDIENCE,)
    algorithms: tuple[str, ...] = ("RS256", "PS256", "HS256", "HS384", "HS512")

    def __init__(self, key: VerifyingKey) -> None:
        self._key = key

    async def key_for(self, token: UnverifiedToken) -> VerifyingKey:
        return self._key

    def still_trusts(self, key: VerifyingKey, key_id: str | None) -> bool:
        return True

    async def aclose(self) -> None:
        """Does nothing."""


def believing(key: VerifyingKey) -> TokenVerifier:
    return TokenVerifier([CarelessIssuer(key)], TokenCache(0), AuthSettings(leeway_seconds=0))


@pytest.mark.parametrize(("signer", "other"), [(RSA, OTHER_PADDING), (OTHER_PADDING, RSA)], ids=["RS256", "PS256"])
async def test_an_rsa_key_for_one_padding_verifies_no_token_of_another(signer: Signer, other: Signer) -> None:
    [key] = read_key_set(json.dumps({"keys": [signer.jwk()]}).encode(), (signer.algorithm,)).values()
    verifier = believing(key)

    assert (await verifier.verify(signer.sign(better_auth_claims()))).subject == "ada"
    with pytest.raises(TokenRefused):
        await verifier.verify(other.sign(better_auth_claims()))


async def test_a_secret_of_one_hash_function_verifies_no_token_of_another() -> None:
    verifier = believing(VerifyingKey("HS256", b"fingerprint", SECRET))

    def token(algorithm: str) -> str:
        return jwt.encode(better_auth_claims(), SECRET, algorithm=algorithm)

    assert (await verifier.verify(token("HS256"))).subject == "ada"
    for algorithm in ("HS384", "HS512"):
        with pytest.raises(TokenRefused):
            await verifier.verify(token(algorithm))
