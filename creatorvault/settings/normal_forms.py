"""Normalises settings that can be written in several ways to the form that the service compares and prints.

An invalid origin or issuer address is not changed: `settings.rules` reports it. Problems of other settings are added to
`problems`.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from creatorvault.settings.database_address import address_of
from creatorvault.settings.database_url import asyncpg_url
from creatorvault.settings.origins import normal_address, normal_origin
from creatorvault.settings.reader import UNREAD
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import AuthSettings, DatabaseSettings, EncryptionSettings, ServerSettings


def normal_server(server: ServerSettings) -> ServerSettings:
    """Normalises allowed origins to the form that browsers send, without duplicates."""
    origins = dict.fromkeys(_formed(normal_origin, origin) for origin in server.allowed_origins)
    return replace(server, allowed_origins=tuple(origins), path_prefix=server.path_prefix.removesuffix("/"))


def normal_auth(auth: AuthSettings) -> AuthSettings:
    """`issuer` is not changed, since an issuer may use the same spelling in its tokens (accounts.issuers)."""
    form = partial(normal_address, query=True)
    issuers = [replace(one, jwks_url=one.jwks_url and _formed(form, one.jwks_url)) for one in auth.issuers]
    return replace(auth, issuers=tuple(issuers))


def normal_encryption(encryption: EncryptionSettings) -> EncryptionSettings:
    url = encryption.transit_url
    return replace(encryption, transit_url=url and _formed(normal_address, url).rstrip("/"))


def normal_home(home: Path, problems: list[str]) -> Path:
    try:
        return home.expanduser().absolute()
    except RuntimeError:
        problems.append(f"CREATORVAULT_HOME: {home}: there is no such user")
        return home


def normal_database(database: DatabaseSettings, problems: list[str]) -> DatabaseSettings:
    """The default of the owner's address is the runtime login's."""
    url = _address(database.url, "DATABASE_URL", problems)
    return replace(
        database,
        url=url,
        owner_url=_address(database.owner_url, "DATABASE_OWNER_URL", problems) or url,
        operator_url=_address(database.operator_url, "DATABASE_OPERATOR_URL", problems),
        replica_url=_address(database.replica_url, "DATABASE_REPLICA_URL", problems),
        listen_url=_address(database.listen_url, "DATABASE_LISTEN_URL", problems),
        operator_replica_url=_address(database.operator_replica_url, "DATABASE_OPERATOR_REPLICA_URL", problems),
    )


def _address(url: Secret | None, variable: str, problems: list[str]) -> Secret | None:
    """Also reads certificates, so that an unusable one is reported at start."""
    try:
        if url is not None and url is not UNREAD:
            address_of(plain := asyncpg_url(url.reveal()))
            return Secret(plain)
    except ValueError as error:
        problems.append(f"{variable} {error}")
    return url


def _formed(form: Callable[[str], str], text: str) -> str:
    try:
        return form(text)
    except ValueError:
        return text
