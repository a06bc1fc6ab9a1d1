"""Token verification."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import jwt

from creatorvault.accounts.claims import identity_from, refuse_long_life
from creatorvault.accounts.errors import KeyMismatch, TokenExpired, TokenRefused
from creatorvault.accounts.identity import Identity
from creatorvault.accounts.issuers import Issuer, build_issuer
from creatorvault.accounts.public_keys import VerifyingKey
from creatorvault.accounts.token_cache import CachedToken, TokenCache
from creatorvault.accounts.tokens import MAX_TOKEN_BYTES, UnverifiedToken, read_token, refuse_long
from creatorvault.settings.sections import AuthSettings, DatabaseSettings

_ANOTHER_AUDIENCE: Final = (
    "the token is for another audience. Set the audience of Better Auth's jwt plugin "
    "and the audience of this service (BETTER_AUTH_AUDIENCE) to the same value"
)
_REASONS: Final[Mapping[type[jwt.InvalidTokenError], str]] = {
    jwt.ImmatureSignatureError: "the token is not valid yet",
    jwt.InvalidAudienceError: _ANOTHER_AUDIENCE,
    jwt.exceptions.InvalidSubjectError: "the claim sub is not text",
}


class TokenVerifier:
    def __init__(self, issuers: Sequence[Issuer], remembered: TokenCache, settings: AuthSettings) -> None:
        self._issuers = issuers
        self._remembered = remembered
        self._leeway = settings.leeway_seconds
        self._longest_life = settings.max_token_seconds

    async def recognise(self, text: str) -> Identity | None:
        """Returns None unless the token was verified before and is still valid. Never waits."""
        return self._remembered.get(text) if len(text) <= MAX_TOKEN_BYTES else None

    async def verify(self, text: str) -> Identity:
        """Returns without yielding to the event loop unless the issuer's keys must be fetched first.

        Raises TokenRefused, or IssuerUnavailable if there is no key to verify with.
        """
        refuse_long(text)
        identity = self._remembered.get(text)
        if identity is None:
            identity = await self._verify_anew(read_token(text))
        return identity

    @property
    def remembered(self) -> int:
        """Number of cached tokens, whose signature need not be verified again."""
        return len(self._remembered)

    async def aclose(self) -> None:
        for issuer in self._issuers:
            await issuer.aclose()

    async def _verify_anew(self, token: UnverifiedToken) -> Identity:
        """There is more than one candidate issuer only while a shared secret is being replaced."""
        refusal = TokenRefused("the token is from an issuer that is not accepted here")
        for issuer in self._candidates(token):
            try:
                return await self._verify_with(issuer, token)
            except KeyMismatch as mismatch:
                refusal = mismatch
        raise refusal

    def _candidates(self, token: UnverifiedToken) -> Sequence[Issuer]:
        """Selects issuers by the claim iss, which must be absent for an issuer without names, and by the algorithm."""
        named = [issuer for issuer in self._issuers if token.issuer in (issuer.names or (None,))]
        allowed = [issuer for issuer in named if token.algorithm in issuer.algorithms]
        if named and not allowed:
            raise TokenRefused("the token is signed with an algorithm that its issuer may not use")
        return allowed

    async def _verify_with(self, issuer: Issuer, token: UnverifiedToken) -> Identity:
        key = await issuer.key_for(token)
        claims = self._verified_claims(issuer, token, key)
        identity = identity_from(claims, issuer.settings)
        refuse_long_life(claims, self._longest_life)
        until = identity.expires_at.timestamp() + self._leeway
        self._remembered.put(token.text, CachedToken(identity, issuer, key, token.key_id, until))
        return identity

    def _verified_claims(self, issuer: Issuer, token: UnverifiedToken, key: VerifyingKey) -> Mapping[str, object]:
        """Uses the algorithm of the key, so that a token cannot cause a key to be used with another algorithm."""
        claimed = ("iss", "aud") if issuer.settings.kind == "jwks" else ()
        try:
            claims: Mapping[str, object] = jwt.decode(
                token.text,
                key.material,
                algorithms=[key.algorithm],
                audience=issuer.audiences or None,
                issuer=issuer.names or None,
                leeway=self._leeway,
                options={"require": ["exp", "iat", "sub", *claimed]},
            )
        except jwt.InvalidTokenError as error:
            raise _refusal(error) from error
        return claims


def build_verifier(
    settings: AuthSettings,
    *,
    answer_seconds: float = DatabaseSettings().answer_seconds,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
) -> TokenVerifier:
    """`answer_seconds` is the total time that a request may wait, for an issuer's keys and for the database.

    Does not connect. Raises ValueError for an incomplete issuer.
    """
    issuers = [build_issuer(issuer, settings, answer_seconds, monotonic) for issuer in settings.issuers]
    return TokenVerifier(issuers, TokenCache(settings.remembered_tokens, clock), settings)


def _refusal(error: jwt.InvalidTokenError) -> TokenRefused:
    if isinstance(error, jwt.InvalidSignatureError):
        return KeyMismatch("the signature does not match")
    if isinstance(error, jwt.ExpiredSignatureError):
        return TokenExpired()
    if isinstance(error, jwt.MissingRequiredClaimError):
        return TokenRefused(f"the claim {error.claim} is missing")
    return TokenRefused(_REASONS.get(type(error), "the token is malformed"))
