"""Normalises the address of a Valkey or Redis to the form that the client supports."""

import os
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

STORAGES: Final = ("valkey://", "valkeys://", "redis://", "rediss://", "unix://")
DATABASES: Final = 65_535
FILES: Final = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "ssl_cert_reqs": ("none", "optional", "required"),
    "ssl_check_hostname": ("true", "false"),
}


def valkey_url(text: str) -> str:
    """Valkey and Redis use the same protocol; the client of one only rejects the URL scheme of the other.

    With TLS, the certificate must be valid for this host, unless the address says otherwise. Raises ValueError, whose
    text contains only the names of parameters, since the address may contain a password.
    """
    if not text.startswith(STORAGES):
        raise ValueError(f"does not begin with one of {', '.join(STORAGES)}")
    if "#" in text:
        raise ValueError("holds a #: write %23 in a password")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
        pairs = parse_qsl(parts.query, keep_blank_values=True, strict_parsing=True) if parts.query else []
    except ValueError:
        raise ValueError("is not an address like valkeys://:password@host:6379/0") from None
    query = dict(pairs)
    if len(query) != len(pairs):
        raise ValueError("gives a parameter more than once")
    local = parts.scheme == "unix"
    _check_place(unquote(parts.path), host, port, local=local)
    encrypted = parts.scheme in {"valkeys", "rediss"}
    _check_parameters(query, encrypted=encrypted)
    if encrypted and query.get("ssl_cert_reqs") != "none":
        query.setdefault("ssl_check_hostname", "true")
    scheme = {"redis": "valkey", "rediss": "valkeys"}.get(parts.scheme, parts.scheme)
    return urlunsplit(parts._replace(scheme=scheme, query=urlencode(query)))


def _check_place(path: str, host: str | None, port: int | None, *, local: bool) -> None:
    if local:
        if host or not path.startswith("/") or path == "/":
            raise ValueError("names no socket: write unix:///path/to/socket")
        return
    if not host or not host.isascii() or not host.isprintable() or " " in host:
        raise ValueError("names no host")
    if port == 0:
        raise ValueError("has a port that is none: 1 to 65535")
    if path not in {"", "/"}:
        _check_database(path.removeprefix("/"))


def _check_database(text: str) -> None:
    if not (text.isascii() and text.isdecimal() and len(text) <= len(str(DATABASES)) and int(text) <= DATABASES):
        raise ValueError(f"has a database that is none: 0 to {DATABASES}")


def _check_parameters(query: Mapping[str, str], *, encrypted: bool) -> None:
    known = {"db", *(FILES if encrypted else ()), *(CHOICES if encrypted else ())}
    if unknown := sorted(query.keys() - known):
        names = [name if name.isidentifier() else "one that is no name" for name in unknown]
        raise ValueError(f"has parameters that are not understood: {', '.join(names)}")
    if "db" in query:
        _check_database(query["db"])
    for name, choices in CHOICES.items():
        if query.get(name, choices[0]) not in choices:
            raise ValueError(f"has a {name} that is none of {', '.join(choices)}")
    for name in FILES:
        if name in query and not os.access(query[name], os.R_OK):
            raise ValueError(f"{name}: there is no such file, or it may not be read")
