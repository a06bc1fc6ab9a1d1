"""Rules for settings: those that always apply, and those for production, where the service refuses to start."""

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from creatorvault.settings.algorithms import ASYMMETRIC, SYMMETRIC
from creatorvault.settings.origins import is_plain_http, normal_address, normal_origin, refused
from creatorvault.settings.rules_of_console import unsafe_console
from creatorvault.settings.rules_of_encryption import missing_encryption, unsafe_encryption
from creatorvault.settings.rules_of_limits import unsafe_limits, unsafe_metrics
from creatorvault.settings.sections import (
    DatabaseSettings,
    IssuerSettings,
    ServerSettings,
    Settings,
)

SECRET_BYTES: Final = 32
"""RFC 7518 §3.2: a key for HS256 must be at least as long as its hash."""

ANYBODY: Final = "*"
PLAIN: Final = "{!r} is plain http: anybody on the way could put in keys of his own"
# Segments of unreserved characters (RFC 3986 §2.3), which need no encoding, without dot segments.
PATH_PREFIX: Final = re.compile(r"(/(?!\.{1,2}(?:/|$))[A-Za-z0-9._~-]{1,64}){1,8}")


def unsafe(settings: Settings) -> list[str]:
    production = settings.environment == "production"
    return [
        *(_alone(settings.database) if settings.database.url is None else ()),
        *_operator_replica(settings.database),
        *_server(settings.server, production=production),
        *unsafe_encryption(settings.encryption, production=production),
        *(problem for issuer in settings.auth.issuers for problem in _issuer(issuer, production=production)),
        *_same_names(settings.auth.issuers),
        *unsafe_limits(settings.limits),
        *unsafe_metrics(
            settings.metrics,
            settings.server,
            with_jobs=settings.jobs.in_server and settings.database.operator_url is not None,
            with_console=settings.console.enabled and settings.console.port is not None,
        ),
        *unsafe_console(settings.console, settings.server, settings.database, production=production),
        *(_missing(settings) if production else ()),
    ]


def _alone(database: DatabaseSettings) -> Iterator[str]:
    for variable, url in (
        ("DATABASE_OWNER_URL", database.owner_url),
        ("DATABASE_OPERATOR_URL", database.operator_url),
        ("DATABASE_REPLICA_URL", database.replica_url),
        ("DATABASE_LISTEN_URL", database.listen_url),
        ("DATABASE_OPERATOR_REPLICA_URL", database.operator_replica_url),
    ):
        if url is not None:
            yield f"{variable} says nothing without DATABASE_URL"


def _operator_replica(database: DatabaseSettings) -> Iterator[str]:
    if database.operator_replica_url is None:
        return
    if database.url is not None and database.operator_url is None:
        yield "DATABASE_OPERATOR_REPLICA_URL says nothing without DATABASE_OPERATOR_URL"
    if database.distributed:
        yield "DATABASE_OPERATOR_REPLICA_URL: a standby of the coordinator cannot tell what other nodes have replayed"


def _missing(settings: Settings) -> Iterator[str]:
    if settings.database.url is None:
        yield "DATABASE_URL is not set: production uses no embedded database"
    if not settings.auth.issuers:
        yield "neither BETTER_AUTH_SECRET nor BETTER_AUTH_URL names an issuer, and none is listed: nobody could sign in"
    yield from missing_encryption(settings.encryption)


def _server(server: ServerSettings, *, production: bool) -> Iterator[str]:
    if ANYBODY in server.allowed_origins and server.allow_credentials:
        yield "ALLOWED_ORIGINS: * together with credentials would let every site act for its visitors"
    elif ANYBODY in server.allowed_origins and production:
        yield "ALLOWED_ORIGINS: * is not for production: list the front ends"
    for origin in server.allowed_origins:
        if origin != ANYBODY and (reason := refused(normal_origin, origin)):
            yield f"ALLOWED_ORIGINS: {reason}"
    if server.path_prefix and not PATH_PREFIX.fullmatch(server.path_prefix):
        yield f"server.path_prefix: {server.path_prefix!r} is not a path like /creatorvault"


def _issuer(issuer: IssuerSettings, *, production: bool) -> Iterator[str]:
    rules = _shared_secret(issuer) if issuer.kind == "shared-secret" else _jwks(issuer, production=production)
    return (f"issuer {issuer.name}: {problem}" for problem in rules)


def _shared_secret(issuer: IssuerSettings) -> Iterator[str]:
    if issuer.secret is None:
        yield f"{issuer.secret_variable or 'secret_variable'} is not set: a shared secret is needed"
    elif len(issuer.secret) < SECRET_BYTES:
        yield f"its secret has {len(issuer.secret)} bytes, and needs at least {SECRET_BYTES}"
    if set(issuer.algorithms) - set(SYMMETRIC):
        yield f"a shared secret signs {', '.join(SYMMETRIC)} only"


def _jwks(issuer: IssuerSettings, *, production: bool) -> Iterator[str]:
    for name, url, form in (
        ("issuer", issuer.issuer, normal_address),
        ("jwks_url", issuer.jwks_url, partial(normal_address, query=True)),
    ):
        if not url:
            yield f"{name} is missing"
        elif reason := refused(form, url) or (PLAIN.format(url) if production and is_plain_http(url) else None):
            yield f"{name} {reason}"
    if not issuer.audiences:
        yield "audiences are missing: without them tokens for other services would be taken"
    if unknown := sorted(set(issuer.algorithms) - set(ASYMMETRIC)):
        yield f"algorithms {', '.join(unknown)} are none of {', '.join(ASYMMETRIC)}"
    if not issuer.algorithms:
        yield "algorithms are missing"


def _same_names(issuers: "tuple[IssuerSettings, ...]") -> Iterator[str]:
    names = [issuer.name for issuer in issuers]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"issuer {name}: two issuers have this name"
