"""Strict parsing of an unverified token, a JWS in compact form (RFC 7515 §7.1).

The result is only used to look up which configured issuer and key may verify the token.
"""

import base64
import json
import re
from typing import Final

from msgspec import Struct

from creatorvault.accounts.errors import TokenRefused

MAX_TOKEN_BYTES: Final = 8192

_COMPACT: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", re.ASCII)
_INSTEAD: Final = "fetch a JWT from Better Auth (GET /api/auth/token) and send that instead"
_NOT_A_JWT: Final = f"this is not a signed JWT. If it is a Better Auth session token or cookie, {_INSTEAD}"
_ANOTHER_TYPE: Final = f"the token is of another type than JWT. If it is a cached Better Auth session, {_INSTEAD}"


class UnverifiedToken(Struct, frozen=True):
    text: str
    algorithm: str
    key_id: str | None
    issuer: str | None


def read_token(text: str) -> UnverifiedToken:
    """Raises TokenRefused for anything that is not a regular JWT.

    The text must not be longer than MAX_TOKEN_BYTES, which `refuse_long` checks before.
    """
    if not _COMPACT.fullmatch(text):
        raise TokenRefused(_NOT_A_JWT)
    header_part, claims_part, _ = text.split(".")
    header = _json_object(header_part, "header")
    claims = _json_object(claims_part, "claims set")
    _refuse_unusual(header)
    return UnverifiedToken(
        text=text,
        algorithm=_text(header, "alg") or "",
        key_id=_text(header, "kid"),
        issuer=_text(claims, "iss"),
    )


def refuse_long(text: str) -> None:
    if len(text) > MAX_TOKEN_BYTES:
        raise TokenRefused(f"the token is longer than {MAX_TOKEN_BYTES} bytes")


def _refuse_unusual(header: dict[str, object]) -> None:
    """`typ` is a case-insensitive media type, whose `application/` may be omitted (RFC 7515 §4.1.9, RFC 8725 §3.11)."""
    kind = header.get("typ", "JWT")
    if not isinstance(kind, str) or kind.lower().removeprefix("application/") != "jwt":
        raise TokenRefused(_ANOTHER_TYPE)
    if "crit" in header:
        raise TokenRefused("the token demands extensions that are not supported")


def _text(members: dict[str, object], name: str) -> str | None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise TokenRefused(f"{name} is not text")
    return value


def _json_object(part: str, what: str) -> dict[str, object]:
    try:
        value: object = _STRICT.decode(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)).decode())
    except (ValueError, RecursionError) as error:
        raise TokenRefused(f"the {what} of the token is not JSON") from error
    if not isinstance(value, dict):
        raise TokenRefused(f"the {what} of the token is not a JSON object")
    return value


def _without_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """RFC 7515 §4 permits refusing duplicate names; parsers that choose different ones enable attacks."""
    members = dict(pairs)
    if len(members) != len(pairs):
        raise TokenRefused("the token holds a name twice")
    return members


def _not_a_number(constant: str) -> object:
    raise TokenRefused("the token holds a number that JSON does not know")


_STRICT: Final = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_not_a_number)
