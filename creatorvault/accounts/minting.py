"""Development tokens, in the format of the existing front end: HS256 with the shared secret."""

import time
from collections.abc import Sequence
from typing import Any, Final

import jwt
from msgspec import Struct

from creatorvault.settings.algorithms import HS256
from creatorvault.settings.sections import Environment, IssuerSettings, Settings

HOUR: Final = 3600


class CannotMint(Exception):
    """No token can be minted; the text tells a developer why."""


class Person(Struct, frozen=True, kw_only=True):
    """The user of a development token."""

    user_id: str
    email: str | None = None
    name: str | None = None
    roles: Sequence[str] = ()
    org_id: str | None = None
    org_roles: Sequence[str] = ()


def mint_development_token(settings: Settings, person: Person, expires_in: int = HOUR) -> str:
    """Mints a token of the first shared-secret issuer. Raises CannotMint, always in production."""
    if settings.environment is Environment.PRODUCTION:
        raise CannotMint("tokens of production come from its issuer")
    if expires_in > (most := settings.auth.max_token_seconds):
        raise CannotMint(f"a token may be valid for {most} seconds (auth.max_token_seconds), not for {expires_in}")
    for issuer in settings.auth.issuers:
        if issuer.kind == "shared-secret" and issuer.secret is not None:
            claims = _claims(issuer, person, expires_in)
            return jwt.encode(claims, issuer.secret.reveal(), algorithm=HS256)
    raise CannotMint(
        "every issuer that is set (BETTER_AUTH_URL, auth.issuers) signs with keys of its own: take a token from there, "
        "or set BETTER_AUTH_SECRET too, to 32 bytes or more, and start the service with it again"
    )


def _claims(issuer: IssuerSettings, person: Person, expires_in: int) -> dict[str, Any]:
    now = int(time.time())
    claims: dict[str, Any] = {"sub": person.user_id, "user_id": person.user_id, "iat": now, "exp": now + expires_in}
    optional = {
        "iss": issuer.issuer,
        "aud": list(issuer.audiences),
        "email": person.email,
        "name": person.name,
        issuer.roles_claim: ",".join(person.roles),
        issuer.organization_claim: person.org_id,
        issuer.organization_roles_claim: ",".join(person.org_roles),
    }
    for path, value in optional.items():
        if value:
            _put(claims, path, value)
    return claims


def _put(claims: dict[str, Any], path: str, value: object) -> None:
    *outer, name = path.split(".")
    for step in outer:
        claims = claims.setdefault(step, {})
    claims[name] = value
