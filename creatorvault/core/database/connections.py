"""Connections that cannot hang: every transaction has server-side timeouts, and closing a connection never waits."""

import secrets
from functools import partial
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from creatorvault.core.database.tenant_context import beginning
from creatorvault.settings.database_address import address_of, connected
from creatorvault.settings.sections import DatabaseSettings

# A named statement would stay on the connection that a pooler passes to the next client, which may use the same name.
UNNAMED_STATEMENTS: Final = {"statement_cache_size": 0, "prepared_statement_cache_size": 0}

CLIENT_CHECK_SECONDS: Final = 0.1


def bounded_connection(limits: DatabaseSettings) -> type[asyncpg.Connection]:
    """Returns the `connection_class` of asyncpg with these limits.

    The limits are sent in the round trip of BEGIN and apply to the transaction, so they work behind a pooler in
    transaction mode, which accepts no start-up options and leaks a plain SET to the next client. They also limit the
    first statement. PostgreSQL also checks whether the client is still connected: otherwise an aborted request would
    hold its locks, and its idempotency key, until `lock_seconds` have passed.
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
        tenant_id: UUID | None = None
        """The tenant of the next transaction, whose context is set in the round trip of BEGIN, too."""
        distributed = limits.distributed

        def __init__(self, *arguments: Any) -> None:
            super().__init__(*arguments)
            self._token = secrets.token_hex(4)

        async def execute(self, query: str, *args: object, timeout: float | None = None) -> str:  # noqa: ASYNC109
            """Only asyncpg's own transactions begin with BEGIN; statements of a session are prepared."""
            if query.startswith("BEGIN"):
                query = f"{query} {set_limits}{beginning(self.tenant_id, distributed=self.distributed)}"
            status: str = await super().execute(query, *args, timeout=timeout)
            return status

        def _get_unique_id(self, prefix: str) -> str:
            """The driver's names are numbers, the same in every process. Behind a pooler that does not separate the
            statements of its clients, a process would run what another one has prepared under the same number.
            """
            return f"{super()._get_unique_id(prefix)}{self._token}"

        async def close(self, *, timeout: float | None = None) -> None:  # noqa: ASYNC109
            """Closes the socket. The driver's own method waits for the server, up to two seconds for one that hangs."""
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
    """Returns an engine that connects as `core.database.statements` does: to the same hosts, with the same TLS.

    It hides parameters: SQLAlchemy's error texts would write rows, with ciphertext and user ids, to logs.
    """
    opener = partial(connected, address_of(url))
    return create_async_engine(
        "postgresql+asyncpg://",
        hide_parameters=True,
        connect_args={"async_creator_fn": opener, **connect_args},
        **arguments,
    )


def passing_engine(url: str | URL, **arguments: object) -> AsyncEngine:
    """Returns an engine for commands: one connection per transaction, leaving no state on a pooler's connection."""
    return engine_for(url, {**UNNAMED_STATEMENTS, **arguments}, poolclass=NullPool)
