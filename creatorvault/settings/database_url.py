"""Parses the forms in which deployments write a PostgreSQL address.

A table in `docs/operations` lists the forms and parameters; `tests/core/test_database_forms.py` reads it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import parse_qsl, unquote

from sqlalchemy import URL

from creatorvault.settings.database_parameters import parameters_of

DRIVERS: Final = ("postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg")
PORT: Final = 5432
PORTS: Final = 65_535
NAME: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,251}[A-Za-z0-9_.])?")

type Host = tuple[str, int | None]
"""A host name, an address or the folder of a Unix socket, and the port."""


def asyncpg_url(text: str) -> str:
    """Returns the address as `postgresql+asyncpg://…`, with the parameters that `settings.database_address` supports.

    Several hosts become `?host=a,b&port=1,2`, and the one that accepts writes is used unless the address says
    otherwise. Raises ValueError, whose text contains only the names of parameters, since the address may contain a
    password.
    """
    scheme, separator, rest = text.strip().partition("://")
    if not separator:
        raise ValueError("is not an address like postgresql://user:password@host:5432/database")
    if scheme not in DRIVERS:
        raise ValueError(f"must begin with one of {', '.join(f'{driver}://' for driver in DRIVERS)}")
    if "#" in rest:
        raise ValueError("holds a #: write %23 in a user, a password or a name")
    rest, _, query = rest.partition("?")
    authority, _, path = rest.partition("/")
    if "@" not in authority and "@" in path + query:
        raise ValueError("holds an @ behind its first / or ?: write %2F and %3F in a user or a password")
    given = _query(query)
    user, password, hosts = _authority(authority)
    behind = [_host(place) for text in given.pop("host", []) for place in text.split(",")]
    if hosts and behind:
        raise ValueError("names its host twice, before and behind the ?")
    hosts = _with_ports(hosts or behind, given.pop("port", []))
    once = {name: values[0] for name, values in given.items() if _once(name, values)}
    user = _single("user", user, once.pop("user", None))
    password = _single("password", password, once.pop("password", None))
    names = [once.pop(name) for name in ("dbname", "database") if name in once]
    database = _single("database", _decoded(path) or None, *names)
    if not database:
        raise ValueError("names no database")
    parameters = parameters_of(once, several_hosts=len(hosts) > 1)
    return _rendered(user, password, database, hosts, parameters)


def hosts_of(url: URL) -> list[tuple[str, int]]:
    """Returns the hosts of a result of `asyncpg_url`. Empty if it names none."""
    if url.host:
        return [(url.host, url.port or PORT)]
    hosts, ports = _list(url.query.get("host")), _list(url.query.get("port"))
    return [(host, int(port)) for host, port in zip(hosts, ports or [str(PORT)] * len(hosts), strict=True)]


def _list(text: str | Sequence[str] | None) -> list[str]:
    return text.split(",") if isinstance(text, str) else []


def _query(text: str) -> dict[str, list[str]]:
    """Ignores parameters with an empty value, as libpq does."""
    try:
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict") if text else []
    except ValueError:
        raise ValueError("has a parameter that is not written name=value, in UTF-8") from None
    given: dict[str, list[str]] = {}
    for name, value in pairs:
        if "\0" in value:
            raise ValueError("holds a NUL")
        if value:
            given.setdefault(name, []).append(value)
    return given


def _once(name: str, values: Sequence[str]) -> bool:
    if len(values) > 1 and name.isidentifier():
        raise ValueError(f"gives {name} more than once")
    return True


def _single(what: str, *values: str | None) -> str | None:
    given = [value for value in values if value is not None]
    if len(given) > 1:
        raise ValueError(f"gives its {what} twice, before and behind the ?")
    return given[0] if given else None


def _decoded(text: str) -> str:
    try:
        decoded = unquote(text, errors="strict")
    except UnicodeDecodeError:
        raise ValueError("is not UTF-8 when its %xx are decoded") from None
    if "\0" in decoded:
        raise ValueError("holds a NUL")
    return decoded


def _authority(text: str) -> tuple[str | None, str | None, list[Host]]:
    login, _, places = text.rpartition("@")
    user, colon, password = login.partition(":")
    hosts = [_host(place) for place in places.split(",")] if places else []
    return _decoded(user) or None, _decoded(password) if colon else None, hosts


def _with_ports(hosts: Sequence[Host], texts: Sequence[str]) -> list[Host]:
    """Hosts and ports after the ? are comma-separated lists, as in libpq, or repeated, as in SQLAlchemy."""
    ports = [_port(port) for text in texts for port in text.split(",")]
    if not ports:
        return list(hosts)
    if len(ports) not in {1, len(hosts)}:
        raise ValueError(f"gives {len(ports)} ports for {len(hosts)} hosts")
    if any(port is not None for _, port in hosts):
        raise ValueError("gives its port twice")
    return [(host, ports[i if len(ports) > 1 else 0]) for i, (host, _) in enumerate(hosts)]


def _host(text: str) -> Host:
    place = _decoded(text)
    if place.startswith("/"):
        folder, colon, port = place.rpartition(":")
        return (folder, _port(port)) if colon and port.isdecimal() else (place, None)
    if place.startswith("["):
        host, bracket, rest = place[1:].partition("]")
        colon, port = rest[:1], rest[1:]
        if not bracket or colon not in {"", ":"}:
            raise ValueError("has an IPv6 address that does not end in ]")
    elif place.count(":") > 1:
        host, colon, port = place, "", ""
    else:
        host, colon, port = place.partition(":")
    if not _is_host(host):
        raise ValueError("has a host that is neither a name nor an address nor the folder of a socket")
    return host, _port(port) if colon else None


def _is_host(host: str) -> bool:
    try:
        return bool(ip_address(host))
    except ValueError:
        return NAME.fullmatch(host) is not None


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(PORTS)) and 1 <= int(text) <= PORTS):
        raise ValueError(f"has a port that is none: 1 to {PORTS}")
    return int(text)


def _rendered(
    user: str | None, password: str | None, database: str, hosts: Sequence[Host], parameters: Mapping[str, str]
) -> str:
    [(host, port)] = hosts if len(hosts) == 1 else [(None, None)]
    query = dict(parameters)
    if len(hosts) > 1 or (host and host.startswith("/")):
        query = dict(_lists(hosts)) | query
        host = port = None
    url = URL.create("postgresql+asyncpg", user, password, host, port, database, query)
    return url.render_as_string(hide_password=False)


def _lists(hosts: Sequence[Host]) -> Iterator[tuple[str, str]]:
    yield "host", ",".join(host for host, _ in hosts)
    yield "port", ",".join(str(port or PORT) for _, port in hosts)
