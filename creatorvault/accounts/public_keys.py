"""Public keys of an issuer (RFC 7517), each bound to the one algorithm that it may verify."""

import json
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Final

import jwt
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from msgspec import Struct

from creatorvault.settings.algorithms import KEY_TYPES

type PublicKey = Ed25519PublicKey | EllipticCurvePublicKey | RSAPublicKey

MIN_RSA_BITS: Final = 2048
_PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class VerifyingKey(Struct, frozen=True):
    """`fingerprint` distinguishes two keys with the same id, and recognises the same key after a refetch."""

    algorithm: str
    fingerprint: bytes
    material: PublicKey | bytes

    def is_same_as(self, other: "VerifyingKey | None") -> bool:
        return other is not None and self.fingerprint == other.fingerprint


type KeySet = Mapping[tuple[str, str], VerifyingKey]
"""Keys by key id and algorithm: an RSA key without an algorithm is listed under each that the issuer allows."""


class InvalidKeySet(ValueError):
    """The issuer's response is not a JWK Set."""


def read_key_set(body: bytes, algorithms: Sequence[str]) -> KeySet:
    """Returns the usable keys of a JWK Set, without private, symmetric, weak or unknown keys and those for other uses.

    Of two keys with one id the first is used. Raises InvalidKeySet.
    """
    try:
        document: object = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidKeySet("not JSON") from error
    jwks = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(jwks, list):
        raise InvalidKeySet("not a JWK Set")
    keys: dict[tuple[str, str], VerifyingKey] = {}
    for jwk in jwks:
        for key_id, key in _usable(jwk, algorithms):
            keys.setdefault((key_id, key.algorithm), key)
    return keys


def _usable(jwk: object, algorithms: Sequence[str]) -> Iterator[tuple[str, VerifyingKey]]:
    if not isinstance(jwk, dict) or not isinstance(key_id := jwk.get("kid"), str) or _is_secret(jwk):
        return
    for algorithm in algorithms:
        if _fits(jwk, algorithm) and (material := _material(jwk, algorithm)) is not None:
            yield key_id, VerifyingKey(algorithm, _fingerprint(jwk), material)


def _is_secret(jwk: Mapping[str, object]) -> bool:
    """Whether the key contains private parts: anybody can sign with a published private key, so it is not accepted."""
    return not _PRIVATE_MEMBERS.isdisjoint(jwk)


def _fits(jwk: Mapping[str, object], algorithm: str) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return (
        all(jwk.get(member) == value for member, value in KEY_TYPES[algorithm].items())
        and jwk.get("alg", algorithm) == algorithm
        and jwk.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
    )


def _material(jwk: dict[str, object], algorithm: str) -> PublicKey | None:
    try:
        key = jwt.PyJWK(jwk, algorithm=algorithm).key
    except (jwt.PyJWTError, ValueError, TypeError, AttributeError):  # the last two: members that are not strings
        return None
    if isinstance(key, RSAPublicKey):
        return key if key.key_size >= MIN_RSA_BITS else None
    return key if isinstance(key, Ed25519PublicKey | EllipticCurvePublicKey) else None


def _fingerprint(jwk: Mapping[str, object]) -> bytes:
    members = {name: jwk[name] for name in ("kty", "crv", "x", "y", "n", "e") if name in jwk}
    return sha256(json.dumps(members, sort_keys=True).encode()).digest()
