"""Signers of tokens: issuers and attackers with their keys."""

import base64
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

ALGORITHMS: Final = ("EdDSA", "ES256", "ES512", "RS256", "PS256")

ISSUER: Final = "https://auth.example.org"
AUDIENCE: Final = "https://api.example.org"

_GENERATORS: Final[Mapping[str, Callable[[], Any]]] = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate,
    "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "ES384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "ES512": lambda: ec.generate_private_key(ec.SECP521R1()),
    "RS256": lambda: rsa.generate_private_key(65537, 2048),
    "PS256": lambda: rsa.generate_private_key(65537, 2048),
}


class FromNow(NamedTuple):
    """A time in a claim, relative to the creation of the token and not to the collection of the test."""

    seconds: float


@dataclass(frozen=True)
class Signer:
    algorithm: str
    kid: str
    private_key: Any = field(repr=False)

    @classmethod
    def generate(cls, algorithm: str, kid: str | None = None) -> "Signer":
        return cls(algorithm, kid or f"{algorithm}-key", _GENERATORS[algorithm]())

    def jwk(self, **members: object) -> dict[str, Any]:
        """Returns the public key as Better Auth publishes it, overridden by `members`."""
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        public = algorithm.to_jwk(self.private_key.public_key(), as_dict=True)
        named = {name: value for name, value in public.items() if name != "key_ops"}
        return {**named, "alg": self.algorithm, "kid": self.kid, **members}

    def private_jwk(self) -> dict[str, Any]:
        private = jwt.get_algorithm_by_name(self.algorithm).to_jwk(self.private_key, as_dict=True)
        return {**private, "alg": self.algorithm, "kid": self.kid, "key_ops": ["verify"]}

    def sign(self, claims: Mapping[str, Any] | str, header: Mapping[str, Any] | str | None = None) -> str:
        """Signs a token; text is used as the JSON to sign, so that it may be invalid."""
        algorithm = jwt.get_algorithm_by_name(self.algorithm)
        header = {"alg": self.algorithm, "kid": self.kid} if header is None else header
        return compact(header, claims, lambda message: algorithm.sign(message, self.private_key))


@dataclass(frozen=True)
class SecretSigner:
    """HS256 with a secret, ours or another."""

    secret: bytes = field(repr=False)

    def sign(self, claims: Mapping[str, Any] | str, header: Mapping[str, Any] | str | None = None) -> str:
        algorithm = jwt.get_algorithm_by_name("HS256")
        header = {"alg": "HS256", "typ": "JWT"} if header is None else header
        return compact(header, claims, lambda message: algorithm.sign(message, self.secret))


def compact(
    header: Mapping[str, Any] | str, claims: Mapping[str, Any] | str, signature: Callable[[bytes], bytes]
) -> str:
    message = b".".join(base64url(_json(part)) for part in (header, claims))
    return (message + b"." + base64url(signature(message))).decode()


def base64url(content: bytes) -> bytes:
    return base64.urlsafe_b64encode(content).rstrip(b"=")


def _json(part: Mapping[str, Any] | str) -> bytes:
    return (part if isinstance(part, str) else json.dumps(part)).encode()


def better_auth_claims(**claims: Any) -> dict[str, Any]:
    """Returns the claims of Better Auth's jwt plugin, overridden by `claims`; `...` omits a claim."""
    now = int(time.time())
    base = {
        "iat": now,
        "name": "Ada",
        "email": "ada@example.org",
        "emailVerified": False,
        "image": None,
        "createdAt": "2026-01-01T00:00:00.000Z",
        "updatedAt": "2026-01-01T00:00:00.000Z",
        "id": "ada",
        "sub": "ada",
        "exp": now + 900,
        "iss": ISSUER,
        "aud": AUDIENCE,
    }
    return _made({**base, **claims}, now)


def front_end_claims(**claims: Any) -> dict[str, Any]:
    """Returns the claims that the existing front end signs with the shared secret; `...` omits a claim."""
    now = int(time.time())
    base = {
        "sub": "ada",
        "user_id": "ada",
        "email": "ada@example.org",
        "name": "Ada",
        "iat": now,
        "exp": now + 3600,
    }
    return _made({**base, **claims}, now)


def _made(claims: Mapping[str, Any], now: int) -> dict[str, Any]:
    return {
        name: now + value.seconds if isinstance(value, FromNow) else value
        for name, value in claims.items()
        if value is not ...
    }
