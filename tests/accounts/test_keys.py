"""Keys of a JWK Set that may verify tokens."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from creatorvault.accounts.public_keys import InvalidKeySet, read_key_set
from creatorvault.settings.algorithms import ASYMMETRIC
from tests.accounts.signers import Signer

ED = Signer.generate("EdDSA")
EC = Signer.generate("ES256")
RSA = Signer.generate("RS256")


def usable(*jwks: Any, algorithms: tuple[str, ...] = ASYMMETRIC) -> set[tuple[str, str]]:
    return set(read_key_set(json.dumps({"keys": jwks}).encode(), algorithms))


def without(jwk: dict[str, Any], *members: str) -> dict[str, Any]:
    return {name: value for name, value in jwk.items() if name not in members}


@pytest.mark.parametrize("algorithm", ASYMMETRIC)
def test_each_algorithm_has_its_type_of_key(algorithm: str) -> None:
    signer = Signer.generate(algorithm)

    assert usable(signer.jwk()) == {(signer.kid, algorithm)}
    assert usable(without(signer.jwk(), "alg"), algorithms=(algorithm,)) == {(signer.kid, algorithm)}
    assert usable(signer.jwk(), algorithms=tuple(set(ASYMMETRIC) - {algorithm})) == set()


def test_an_rsa_key_without_algorithm_may_verify_both_allowed_ones() -> None:
    assert usable(without(RSA.jwk(), "alg")) == {(RSA.kid, "RS256"), (RSA.kid, "PS256")}
    assert usable(without(RSA.jwk(), "alg"), algorithms=("PS256",)) == {(RSA.kid, "PS256")}


@pytest.mark.parametrize(
    "jwk",
    [
        pytest.param(None, id="null"),
        pytest.param("key", id="text"),
        pytest.param({}, id="empty"),
        pytest.param(without(ED.jwk(), "kid"), id="without an id"),
        pytest.param(ED.jwk(kid=7), id="an id that is a number"),
        pytest.param(ED.jwk(kty="XXX"), id="an unknown type"),
        pytest.param(ED.jwk(kty=["OKP"]), id="a type that is a list"),
        pytest.param(ED.jwk(crv="Ed448"), id="another curve"),
        pytest.param(ED.jwk(crv="X25519"), id="a curve for key agreement"),
        pytest.param(EC.jwk(crv="secp256k1"), id="the curve of coins"),
        pytest.param(Signer.generate("ES384").jwk(), id="P-384"),
        pytest.param(EC.jwk(alg="ES512"), id="an algorithm that does not fit the curve"),
        pytest.param(ED.jwk(alg="ES256"), id="an algorithm that does not fit the type"),
        pytest.param(ED.jwk(use="enc"), id="for encryption"),
        pytest.param(ED.jwk(key_ops=["sign"]), id="for signing"),
        pytest.param(ED.jwk(key_ops="verify"), id="operations that are text"),
        pytest.param(ED.private_jwk(), id="a private Ed25519 key"),
        pytest.param(RSA.private_jwk(), id="a private RSA key"),
        pytest.param({"kid": "a", "kty": "oct", "k": "c2VjcmV0c2VjcmV0", "alg": "HS256"}, id="symmetric"),
        pytest.param(without(ED.jwk(), "x"), id="without the point"),
        pytest.param(ED.jwk(x="AAAA"), id="a short point"),
        pytest.param(ED.jwk(x="*"), id="a point that is no base64"),
        pytest.param(ED.jwk(x=7), id="a point that is a number"),
        pytest.param(ED.jwk(x=None), id="a point that is null"),
        pytest.param(EC.jwk(y=EC.jwk()["x"]), id="a point that is not on the curve"),
        pytest.param(RSA.jwk(n="AQAB"), id="a tiny modulus"),
        pytest.param(RSA.jwk(n=7), id="a modulus that is a number"),
        pytest.param(RSA.jwk(e="AA"), id="an exponent of zero"),
    ],
)
def test_an_untrusted_key_is_ignored_and_the_other_keys_are_used(jwk: Any) -> None:
    assert usable(jwk, ED.jwk(kid="neighbour")) == {("neighbour", "EdDSA")}


@pytest.mark.parametrize("signer", [ED, EC, RSA], ids=lambda signer: signer.algorithm)
def test_a_key_with_one_private_member_is_ignored(signer: Signer) -> None:
    """RFC 7518 §6.2.2, §6.3.2 and §6.4: part of a private key, or of a key mixed up with another."""
    for member in ("d", "p", "q", "dp", "dq", "qi", "oth", "k"):
        assert usable(signer.jwk(**{member: "AQAB"}), ED.jwk(kid="neighbour")) == {("neighbour", "EdDSA")}, member


def test_an_rsa_key_below_2048_bits_is_ignored() -> None:
    weak = Signer("RS256", "weak", rsa.generate_private_key(65537, 1024))

    assert usable(weak.jwk()) == set()


def test_of_two_keys_with_one_id_the_first_is_used() -> None:
    other = Signer.generate("EdDSA", ED.kid)

    keys = read_key_set(json.dumps({"keys": [ED.jwk(), other.jwk()]}).encode(), ("EdDSA",))
    [alone] = read_key_set(json.dumps({"keys": [ED.jwk()]}).encode(), ("EdDSA",)).values()

    assert keys[ED.kid, "EdDSA"].is_same_as(alone)


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"\xff\xfe", b"null", b"[]", b"{}", b'{"keys": null}', b'{"keys": {}}', b"[" * 60_000]
)
def test_an_invalid_key_set_is_refused_as_a_whole(body: bytes) -> None:
    with pytest.raises(InvalidKeySet):
        read_key_set(body, ASYMMETRIC)
