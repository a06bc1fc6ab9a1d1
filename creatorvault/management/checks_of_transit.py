"""Checks whether TLS protects the connections to the databases and to the limits' storage."""

import os
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import make_url

from creatorvault.management.checks import Message
from creatorvault.settings.database_url import hosts_of
from creatorvault.settings.origins import is_loopback
from creatorvault.settings.sections import Settings
from creatorvault.settings.storage_url import valkey_url

PRIVATE: Final = "CREATORVAULT_SERVER__PRIVATE_HOSTS names hosts that only a private network of your own leads to."
HINT: Final = f"?sslmode=verify-full; docs/operations/database-url.md. {PRIVATE}"
STORAGE_HINT: Final = f"valkeys:// or rediss://. {PRIVATE}"


def transit_messages(settings: Settings) -> Iterator[Message]:
    """`core.E016`: the traffic could be read in transit. `core.W016`: an attacker could impersonate the host."""
    database = settings.database
    seen: set[str] = set()
    for variable, url in (
        ("DATABASE_URL", database.url),
        ("DATABASE_OWNER_URL", database.owner_url),
        ("DATABASE_OPERATOR_URL", database.operator_url),
        ("DATABASE_REPLICA_URL", database.replica_url),
        ("DATABASE_LISTEN_URL", database.listen_url),
        ("DATABASE_OPERATOR_REPLICA_URL", database.operator_replica_url),
    ):
        if url is not None and url.reveal() not in seen:  # without a separate owner's address it is the same
            seen.add(url.reveal())
            yield from _database(variable, url.reveal(), settings)
    if settings.limits.storage_url is not None:
        yield from _storage(settings.limits.storage_url.reveal(), settings)


def _database(variable: str, text: str, settings: Settings) -> Iterator[Message]:
    url = make_url(text)
    hosts = [host for host, _ in hosts_of(url)] or os.environ.get("PGHOST", "").split(",")
    mode = url.query.get("sslmode") or os.environ.get("PGSSLMODE", "prefer")
    for host in (host for host in hosts if _is_far(host, settings)):
        if mode not in {"require", "verify-ca", "verify-full"}:
            yield Message("core.E016", f"{variable} goes to {host} without certain TLS (sslmode={mode}).", HINT)
        elif mode != "verify-full":
            yield Message("core.W016", f"{variable} does not verify that it reaches {host} (sslmode={mode}).", HINT)


def _storage(text: str, settings: Settings) -> Iterator[Message]:
    parts = urlsplit(valkey_url(text))
    host, variable = parts.hostname or "", "CREATORVAULT_LIMITS__STORAGE_URL"
    if parts.scheme == "unix" or not _is_far(host, settings):
        return
    if parts.scheme != "valkeys":
        yield Message("core.E016", f"{variable} goes to {host} without TLS.", STORAGE_HINT)
    elif parse_qs(parts.query).get("ssl_check_hostname") != ["true"]:
        yield Message("core.W016", f"{variable} does not verify that it reaches {host}.", STORAGE_HINT)


def _is_far(host: str, settings: Settings) -> bool:
    return not (not host or host.startswith("/") or is_loopback(host) or host in settings.server.private_hosts)
