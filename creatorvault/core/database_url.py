"""The forms in which deployments write a PostgreSQL address, read into the one that asyncpg understands."""

from typing import Final

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

DRIVERS: Final = ("postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2", "postgresql+asyncpg")
KNOWN: Final = frozenset({"host", "port", "user", "password", "ssl", "target_session_attrs"})
SSL_MODES: Final = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


def asyncpg_url(text: str) -> str:
    """Raises ValueError, in words that hold nothing of the address, which may carry a password.

    `sslmode` becomes asyncpg's `ssl`. `channel_binding` is dropped, because asyncpg has none, and `connect_timeout`
    too, because `database.connect_seconds` says it. A certificate is named by `PGSSLROOTCERT`, which asyncpg reads.
    """
    try:
        url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise ValueError("is not an address like postgresql://user:password@host:5432/database") from None
    if url.drivername not in DRIVERS:
        raise ValueError(f"must begin with one of {', '.join(f'{driver}://' for driver in DRIVERS)}")
    if not url.database:
        raise ValueError("names no database")
    query = dict(url.query)
    query.pop("channel_binding", None)
    query.pop("connect_timeout", None)
    if (mode := query.pop("sslmode", None)) is not None:
        if mode not in SSL_MODES:
            raise ValueError(f"has an sslmode that is none of {', '.join(SSL_MODES)}")
        query["ssl"] = mode
    if unknown := sorted(query.keys() - KNOWN):
        raise ValueError(f"has parameters that are not understood: {', '.join(unknown)}")
    plain = URL.create("postgresql+asyncpg", url.username, url.password, url.host, url.port, url.database, query)
    return plain.render_as_string(hide_password=False)
