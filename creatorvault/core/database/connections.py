"""Connections that cannot hang: every transaction has the server's time limits, and closing one waits for nobody."""

import secrets
from functools import partial
from typing import Any, Final

import asyncpg
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from creatorvault.settings.database_address import address_of, connected
from creatorvault.settings.sections import DatabaseSettings

# A name given to a statement would stay on the connection that a proxy hands to the next client, who may use the same.
UNNAMED_STATEMENTS: Final = {"statement_cache_size": 0, "prepared_statement_cache_size": 0}

CLIENT_CHECK_SECONDS: Final = 0.1


def bounded_connection(limits: DatabaseSettings) -> type[asyncpg.Connection]:
    """The `connection_class` of asyncpg for these limits.

    They are sent in the round trip of BEGIN and hold for the transaction, so they pass a transaction-pooling proxy,
    which accepts no start-up options and hands a plain SET to the next client. They bound the first statement too.
    PostgreSQL also looks whether anybody is still there: a request that was cut off would hold its locks, and its
    idempotency key, until `lock_seconds` are over.
    """
    set_limits = "; ".join(
        f"SET LOCAL {name} = {int(seconds * 1000)}"
        for name, seconds in (
            ("statement_timeout", limits.statement_seconds),
            ("lock_timeout", limits.lock_seconds),
            ("idle_in_transaction_session_timeout", limits.idle_in_transaction_seconds),
            ("client_connection_check_interval", CLIENT_CHECK_SECONDS),
        )
    )

    class BoundedConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self._token = secrets.token_hex(4)

        async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:  # noqa: ASYNC109
            """Only asyncpg's own transactions begin with BEGIN; what a session executes is prepared."""
            if query.startswith("BEGIN"):
                query = f"{query} {set_limits}"
            status: str = await super().execute(query, *args, timeout=timeout)
            return status

        def _get_unique_id(self, prefix: str) -> str:
            """The driver's names are numbers, the same in every process. Behind a pooler that does not keep clients'
            statements apart, a process would run what another one has prepared under the same number.
            """
            return f"{super()._get_unique_id(prefix)}{self._token}"

        async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109
            """Hangs up. The driver's own waits for a server to say goodbye, two seconds for each that hangs."""
            self.terminate()

    return BoundedConnection


def connect_arguments(settings: DatabaseSettings) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "timeout": settings.connect_seconds,
        "connection_class": bounded_connection(settings),
    }
    if not settings.prepared_statements:
        arguments |= UNNAMED_STATEMENTS
    return arguments


def engine_for(url: str | URL, connect_args: dict[str, Any], **arguments: Any) -> AsyncEngine:
    """An engine whose connections are opened as those of `core.database.statements` are: the same hosts, the same TLS.

    Error texts of SQLAlchemy otherwise carry the row, and with it ciphertext and user ids, into logs.
    """
    opener = partial(connected, address_of(url))
    return create_async_engine(
        "postgresql+asyncpg://",
        hide_parameters=True,
        connect_args={"async_creator_fn": opener, **connect_args},
        **arguments,
    )


def passing_engine(url: str | URL, **arguments: object) -> AsyncEngine:
    """For a command's few statements: a connection for each transaction, which leaves nothing behind on a proxy's."""
    return engine_for(url, {**UNNAMED_STATEMENTS, **arguments}, poolclass=NullPool)
