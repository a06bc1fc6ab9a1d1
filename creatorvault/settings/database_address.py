"""Opens connections to a PostgreSQL address: hosts, their order, and TLS."""

import asyncio
import os
import ssl
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import asyncpg
from sqlalchemy import URL, make_url

from creatorvault.settings.database_parameters import CERTAIN
from creatorvault.settings.database_url import hosts_of

PROTOCOL: Final = "postgresql"
"""PostgreSQL's name in ALPN (RFC 7301), required for direct TLS negotiation."""

NEXT_HOST_SECONDS: Final = 0.25
"""How long a host may be silent before the next one is asked as well, as in RFC 8305 section 5."""

NEXT_HOST_ERRORS: Final = (OSError, asyncpg.CannotConnectNowError, asyncpg.PostgresConnectionError)

type HostAndPort = tuple[str | None, int | None]
"""None is the driver's default."""


class Address(NamedTuple):
    """`hosts` may be empty: the driver then uses a socket on this machine, or PGHOST.

    `tls` is a context, or the name of a mode that does not require TLS.
    """

    hosts: tuple[tuple[str, int], ...]
    tls: ssl.SSLContext | str | None
    arguments: dict[str, Any]


def address_of(url: str | URL) -> Address:
    """Parses an address in the form of `asyncpg_url`. Raises ValueError for unusable certificates."""
    url = make_url(url)
    parameters = {name: str(value) for name, value in url.query.items()}
    if (passfile := parameters.get("passfile")) is not None:
        with _named("passfile"):
            Path(passfile).read_text(encoding="utf-8")
    session = {name: parameters[name] for name in ("application_name", "options") if name in parameters}
    arguments = {
        "user": url.username,
        "password": url.password,
        "database": url.database,
        "passfile": passfile,
        "server_settings": session or None,
        "target_session_attrs": parameters.get("target_session_attrs"),
        "direct_tls": parameters.get("sslnegotiation") == "direct" or None,
    }
    return Address(tuple(hosts_of(url)), _tls(parameters), arguments)


async def connected(address: Address, **arguments: Any) -> asyncpg.Connection:
    """Asks the hosts in order, each for `timeout`, and uses the first that accepts. Raises the error of the last one.

    The next host is asked when one refuses, or is silent for NEXT_HOST_SECONDS: otherwise a host that has vanished
    would cost every connection its `timeout`. While one is silent, those that refused are asked again: one of them may
    be promoted in its place.
    """
    hosts: deque[HostAndPort] = deque(address.hosts or ((None, None),))
    attempts: dict[asyncio.Task[asyncpg.Connection], HostAndPort] = {}
    refused: list[HostAndPort] = []
    try:
        while True:
            if hosts:
                host = hosts.popleft()
                attempts[asyncio.create_task(_connected(address, *host, arguments))] = host
            seconds = NEXT_HOST_SECONDS if hosts or refused else None
            done, _ = await asyncio.wait(attempts, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            for attempt in done:
                host, error = attempts.pop(attempt), attempt.exception()
                if error is None:
                    return attempt.result()
                if not isinstance(error, NEXT_HOST_ERRORS) or not (attempts or hosts):
                    raise error
                if not isinstance(error, TimeoutError):
                    refused.append(host)
            if not done and not hosts:
                hosts.extend(refused)
                refused.clear()
    finally:
        for attempt in attempts:
            attempt.cancel()
            attempt.add_done_callback(_discard)


def _discard(attempt: asyncio.Task[asyncpg.Connection]) -> None:
    """Closes a connection that was opened after another one, or although nobody waits for it any more."""
    if not attempt.cancelled() and attempt.exception() is None:
        attempt.result().terminate()


async def _connected(
    address: Address, host: str | None, port: int | None, arguments: dict[str, Any]
) -> asyncpg.Connection:
    try:
        return await asyncpg.connect(host=host, port=port, ssl=address.tls, **address.arguments, **arguments)
    except asyncpg.TargetServerAttributeNotMatched as error:
        # During a failover, temporarily no host is the primary.
        raise ConnectionError("it accepts no writes, which target_session_attrs asks for") from error
    except asyncpg.InternalClientError as error:
        raise ConnectionError("what answers there is no PostgreSQL") from error


def _tls(parameters: Mapping[str, str]) -> ssl.SSLContext | str | None:
    mode = parameters.get("sslmode")
    if mode not in CERTAIN:
        return mode
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = mode == "verify-full"
    root = parameters.get("sslrootcert") or os.environ.get("PGSSLROOTCERT") or _of_this_user()
    if mode == "verify-full" and root in {None, "system"}:
        context.load_default_certs()
    elif root is not None:
        with _named("sslrootcert"):
            context.load_verify_locations(root)
    elif mode == "verify-ca":
        raise ValueError("gives sslmode=verify-ca without sslrootcert")
    else:
        context.verify_mode = ssl.CERT_NONE
    _with_certificates(context, parameters)
    if (oldest := parameters.get("ssl_min_protocol_version")) is not None:
        context.minimum_version = _version(oldest)
    if (newest := parameters.get("ssl_max_protocol_version")) is not None:
        context.maximum_version = _version(newest)
    context.set_alpn_protocols([PROTOCOL])
    return context


def _version(name: str) -> ssl.TLSVersion:
    return ssl.TLSVersion[name.replace(".", "_")]


def _of_this_user() -> str | None:
    """Returns libpq's default path, for an address without a certificate."""
    try:
        file = Path.home() / ".postgresql" / "root.crt"
    except RuntimeError:
        return None
    return str(file) if file.is_file() else None


def _with_certificates(context: ssl.SSLContext, parameters: Mapping[str, str]) -> None:
    cert, key, crl = (parameters.get(name) for name in ("sslcert", "sslkey", "sslcrl"))
    password = parameters.get("sslpassword", "")  # never None: OpenSSL would prompt on the terminal
    if cert is not None:
        with _named("sslcert and sslkey" if key else "sslcert"):
            context.load_cert_chain(cert, key, lambda: password)
    if crl is not None:
        with _named("sslcrl"):
            context.load_verify_locations(crl)
        context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN


@contextmanager
def _named(parameter: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        raise ValueError(f"{parameter}: cannot be used ({error.reason or 'no certificate in it'})") from None
    except OSError as error:
        raise ValueError(f"{parameter}: {error.strerror}") from None
    except ValueError:
        raise ValueError(f"{parameter}: is no path, or a password that is too long") from None
