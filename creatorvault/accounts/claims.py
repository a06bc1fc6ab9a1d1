"""Builds an Identity from verified claims (RFC 7519 §4, and Better Auth's own)."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

from creatorvault.accounts.errors import TokenRefused, UserBanned
from creatorvault.accounts.identity import Identity
from creatorvault.core.identifiers import UserId
from creatorvault.settings.sections import IssuerSettings

MAX_ID_LENGTH: Final = 255


def identity_from(claims: Mapping[str, object], issuer: IssuerSettings) -> Identity:
    """Raises UserBanned, and TokenRefused for claims of a wrong type."""
    if _flag(claims, "banned"):
        raise UserBanned
    _number(claims, "nbf")
    roles = _words(claims, issuer.roles_claim)
    org_roles = _words(claims, issuer.organization_roles_claim)
    org_id = _identifier(claims, issuer.organization_claim) if org_roles else None
    return Identity(
        realm=issuer.realm,
        issuer=issuer.name,
        subject=UserId(_subject(claims)),
        email=_text(claims, "email"),
        name=_text(claims, "name"),
        roles=roles,
        org_id=org_id,
        org_roles=org_roles if org_id else (),
        is_admin=not set(roles).isdisjoint(issuer.admin_roles),
        issued_at=_time(claims, "iat"),
        expires_at=_time(claims, "exp"),
    )


def refuse_long_life(claims: Mapping[str, object], most: int) -> None:
    """Raises TokenRefused if the token is valid for longer than `most` seconds, since a token cannot be revoked.

    `claims` are those that `identity_from` accepts. Tokens issued in the future have been refused before.
    """
    if int(_number(claims, "exp") or 0) - int(_number(claims, "iat") or 0) > most:
        raise TokenRefused(f"the token is valid for longer than {most} seconds (auth.max_token_seconds)")


def claim(claims: Mapping[str, object], name: str) -> object:
    """Returns a claim by its name, or else by its path: `o.id` is the member `id` of the claim `o`.

    The whole name is tried first, since names that are URLs (RFC 7519 §4.2) also contain dots.
    """
    if name in claims:
        return claims[name]
    value: object = claims
    for step in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _subject(claims: Mapping[str, object]) -> str:
    subject = _identifier(claims, "sub")
    if subject is None:
        raise TokenRefused("the claim sub is empty")
    return subject


def _identifier(claims: Mapping[str, object], name: str) -> str | None:
    text = _text(claims, name)
    if text is not None and len(text) > MAX_ID_LENGTH:
        raise TokenRefused(f"the claim {name} is longer than {MAX_ID_LENGTH} characters")
    return text or None


def _text(claims: Mapping[str, object], name: str) -> str | None:
    value = claim(claims, name)
    if value is None:
        return None
    return _storable(value, name)


def _words(claims: Mapping[str, object], name: str) -> tuple[str, ...]:
    """Better Auth joins several roles with commas; other issuers send a list."""
    value = claim(claims, name)
    if value is None:
        return ()
    texts: Iterable[object] = value if isinstance(value, list) else (value,)
    words = (word.strip() for text in texts for word in _storable(text, name).split(","))
    return tuple(dict.fromkeys(word for word in words if word))


def _storable(value: object, name: str) -> str:
    """Whether UTF-8 and PostgreSQL can store the text: no lone surrogates, no NUL."""
    if not isinstance(value, str):
        raise TokenRefused(f"the claim {name} is not text")
    if "\0" in value or not _is_unicode(value):
        raise TokenRefused(f"the claim {name} holds characters that cannot be stored")
    return value


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _flag(claims: Mapping[str, object], name: str) -> bool:
    value = claims.get(name)
    if value is not None and not isinstance(value, bool):
        raise TokenRefused(f"the claim {name} is neither true nor false")
    return bool(value)


def _number(claims: Mapping[str, object], name: str) -> float | None:
    """Reads a NumericDate (RFC 7519 §2): seconds since 1970. A boolean is an int in Python, but not in JSON."""
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TokenRefused(f"the claim {name} is not a number")
    return value


def _time(claims: Mapping[str, object], name: str) -> datetime:
    seconds = _number(claims, name)
    try:
        return datetime.fromtimestamp(int(seconds or 0), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise TokenRefused(f"the claim {name} is out of range") from error
