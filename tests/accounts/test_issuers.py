"""Several issuers, and incomplete issuers."""

import time
from collections.abc import Mapping

import pytest

from creatorvault.accounts.errors import TokenRefused
from creatorvault.accounts.services import build_verifier
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import AuthSettings, IssuerSettings
from tests.accounts.key_server import KeyServer
from tests.accounts.signers import (
    ALGORITHMS,
    AUDIENCE,
    ISSUER,
    SecretSigner,
    Signer,
    better_auth_claims,
    front_end_claims,
)

OLD, NEW = (SecretSigner(secret * 4) for secret in (b"old-secret", b"new-secret"))


def sharing(name: str, signer: SecretSigner) -> IssuerSettings:
    return IssuerSettings(name=name, kind="shared-secret", secret=Secret(signer.secret.decode()))


async def test_a_secret_can_be_replaced_while_tokens_of_the_old_one_are_valid() -> None:
    both = build_verifier(AuthSettings(issuers=(sharing("new", NEW), sharing("old", OLD))))

    assert [(await both.verify(signer.sign(front_end_claims()))).issuer for signer in (NEW, OLD)] == ["new", "old"]
    with pytest.raises(TokenRefused, match="the signature does not match"):
        await both.verify(SecretSigner(b"x" * 32).sign(front_end_claims()))


async def test_a_good_signature_decides_and_no_other_issuer_is_asked() -> None:
    both = build_verifier(AuthSettings(issuers=(sharing("new", NEW), sharing("old", OLD))))

    with pytest.raises(TokenRefused, match="the token has expired"):
        await both.verify(NEW.sign(front_end_claims(exp=int(time.time()) - 3600)))


async def test_without_issuers_no_token_is_accepted() -> None:
    with pytest.raises(TokenRefused, match="an issuer that is not accepted here"):
        await build_verifier(AuthSettings()).verify(NEW.sign(front_end_claims()))


@pytest.mark.parametrize(
    "incomplete",
    [
        IssuerSettings(name="x", kind="shared-secret"),
        IssuerSettings(name="x", kind="jwks", issuer=ISSUER, audiences=("a",)),
        IssuerSettings(name="x", kind="jwks", issuer=ISSUER, jwks_url="https://auth.example.org/jwks"),
        IssuerSettings(name="x", kind="jwks", audiences=("a",), jwks_url="https://auth.example.org/jwks"),
    ],
)
def test_an_incomplete_issuer_prevents_the_start(incomplete: IssuerSettings) -> None:
    with pytest.raises(ValueError, match="'x'"):
        build_verifier(AuthSettings(issuers=(incomplete,)))


async def test_a_jwks_issuer_may_only_use_eddsa_by_default(
    key_server: KeyServer, signers: Mapping[str, Signer]
) -> None:
    key_server.keys = [signer.jwk() for signer in signers.values()]
    issuer = IssuerSettings(name="x", kind="jwks", issuer=ISSUER, audiences=(AUDIENCE,), jwks_url=key_server.url)
    verifier = build_verifier(AuthSettings(issuers=(issuer,)))

    assert (await verifier.verify(signers["EdDSA"].sign(better_auth_claims()))).issuer == "x"
    others: list[Signer | SecretSigner] = [NEW, *(signers[name] for name in ALGORITHMS if name != "EdDSA")]
    assert len(others) == len(ALGORITHMS)
    for signer in others:
        with pytest.raises(TokenRefused, match="an algorithm that its issuer may not use"):
            await verifier.verify(signer.sign(better_auth_claims()))
    await verifier.aclose()


@pytest.mark.parametrize("text", ["", "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA\n-----END PUBLIC KEY-----"])
def test_a_public_key_is_refused_as_a_secret(text: str) -> None:
    issuer = IssuerSettings(name="x", kind="shared-secret", secret=Secret(text))

    with pytest.raises(ValueError, match="no shared secret"):
        build_verifier(AuthSettings(issuers=(issuer,)))


@pytest.mark.parametrize("said", ["https://Auth.Example.org:443/Realm", "https://auth.example.org/Realm"])
async def test_issuer_and_audience_match_as_configured_and_as_normalised(
    key_server: KeyServer, signers: Mapping[str, Signer], said: str
) -> None:
    key_server.keys = [signer.jwk() for signer in signers.values()]
    written = "https://Auth.Example.org:443/Realm"
    issuer = IssuerSettings(name="x", kind="jwks", issuer=written, audiences=(written,), jwks_url=key_server.url)
    verifier = build_verifier(AuthSettings(issuers=(issuer,)))

    assert (await verifier.verify(signers["EdDSA"].sign(better_auth_claims(iss=said, aud=said)))).issuer == "x"
    for other in ("https://AUTH.example.org/Realm", f"{said}/", said.lower()[:-1], "https://auth.example.org"):
        with pytest.raises(TokenRefused, match="an issuer that is not accepted here"):
            await verifier.verify(signers["EdDSA"].sign(better_auth_claims(iss=other, aud=said)))
        with pytest.raises(TokenRefused, match="another audience"):
            await verifier.verify(signers["EdDSA"].sign(better_auth_claims(iss=said, aud=other)))


@pytest.mark.parametrize("most", [60, 3600, 31_622_400])
async def test_the_settings_limit_the_lifetime_of_a_token(most: int) -> None:
    verifier = build_verifier(AuthSettings(issuers=(sharing("new", NEW),), max_token_seconds=most))
    now = int(time.time())

    assert await verifier.verify(NEW.sign(front_end_claims(iat=now, exp=now + most)))
    for longer in (most + 1, most * 2):
        with pytest.raises(TokenRefused, match=f"valid for longer than {most} seconds"):
            await verifier.verify(NEW.sign(front_end_claims(iat=now, exp=now + longer)))
