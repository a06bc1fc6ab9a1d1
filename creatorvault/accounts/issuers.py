"""Token issuers: which tokens each configured issuer accepts, and with which key they are verified."""

from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple, Protocol

import jwt

from creatorvault.accounts.errors import KeyMismatch, TokenRefused
from creatorvault.accounts.jwks_cache import JwksCache
from creatorvault.accounts.public_keys import VerifyingKey
from creatorvault.accounts.tokens import UnverifiedToken
from creatorvault.settings.algorithms import DEFAULT_ALGORITHMS, HS256
from creatorvault.settings.origins import spellings
from creatorvault.settings.sections import AuthSettings, IssuerSettings


class Issuer(Protocol):
    settings: IssuerSettings
    names: tuple[str, ...]
    audiences: tuple[str, ...]
    algorithms: tuple[str, ...]

    async def key_for(self, token: UnverifiedToken) -> VerifyingKey:
        """Raises KeyMismatch if the issuer has no such key, IssuerUnavailable if that cannot be determined."""
        ...

    def still_trusts(self, key: VerifyingKey, key_id: str | None) -> bool:
        """Whether a token that was verified with `key` is still valid. Never waits."""
        ...

    async def aclose(self) -> None: ...


class SharedSecretIssuer:
    """HS256 with a secret shared with the front end."""

    def __init__(self, settings: IssuerSettings, secret: str) -> None:
        self.settings = settings
        self.names, self.audiences = accepted_claims(settings)
        self.algorithms: tuple[str, ...] = (HS256,)
        material = hmac_key(secret)
        self._key = VerifyingKey(HS256, sha256(material).digest(), material)

    async def key_for(self, token: UnverifiedToken) -> VerifyingKey:
        return self._key

    def still_trusts(self, key: VerifyingKey, key_id: str | None) -> bool:
        return True

    async def aclose(self) -> None:
        """Does nothing: there is nothing to close."""


class AcceptedClaims(NamedTuple):
    """Accepted values of iss and aud. If there are none, the claim is not checked."""

    names: tuple[str, ...]
    audiences: tuple[str, ...]


def accepted_claims(settings: IssuerSettings) -> AcceptedClaims:
    """Returns each value as in the settings, and as browsers normalise it.

    The token's own value is compared exactly (RFC 7519 §4.1.1) and never normalised, since the sender chooses it.
    Better Auth uses `new URL(…).origin` of its base URL; other issuers repeat their own settings.
    """
    names = () if settings.issuer is None else spellings(settings.issuer)
    return AcceptedClaims(names, tuple(text for audience in settings.audiences for text in spellings(audience)))


def hmac_key(secret: str) -> bytes:
    """Raises ValueError for a PEM or SSH key: everybody would know a public key that is used as a secret."""
    try:
        material: bytes = jwt.get_algorithm_by_name(HS256).prepare_key(secret)
    except jwt.InvalidKeyError as error:
        raise ValueError("a key of another kind, or nothing, is no shared secret") from error
    return material


class JwksIssuer:
    def __init__(self, settings: IssuerSettings, algorithms: tuple[str, ...], keys: JwksCache) -> None:
        self.settings = settings
        self.names, self.audiences = accepted_claims(settings)
        self.algorithms = algorithms
        self._keys = keys

    async def key_for(self, token: UnverifiedToken) -> VerifyingKey:
        if token.key_id is None:
            raise TokenRefused("the token does not name the key that signed it (kid)")
        key = await self._keys.find(token.key_id, token.algorithm)
        if key is None:
            raise KeyMismatch("the key that signed the token is not one that its issuer publishes")
        return key

    def still_trusts(self, key: VerifyingKey, key_id: str | None) -> bool:
        return key_id is not None and key.is_same_as(self._keys.known(key_id, key.algorithm))

    async def aclose(self) -> None:
        await self._keys.aclose()


def build_issuer(
    settings: IssuerSettings, auth: AuthSettings, answer_seconds: float, clock: Callable[[], float]
) -> Issuer:
    """Raises ValueError for an incomplete issuer; the checks report the same with a hint."""
    if settings.kind == "shared-secret":
        if settings.secret is None:
            raise ValueError(f"issuer {settings.name!r} has no secret")
        return SharedSecretIssuer(settings, settings.secret.reveal())
    if settings.jwks_url is None or settings.issuer is None or not settings.audiences:
        raise ValueError(f"issuer {settings.name!r} needs issuer, audiences and jwks_url")
    algorithms = settings.algorithms or DEFAULT_ALGORITHMS
    keys = JwksCache(settings.name, settings.jwks_url, algorithms, auth, answer_seconds, clock)
    return JwksIssuer(settings, algorithms, keys)
