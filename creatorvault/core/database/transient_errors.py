"""Transient database errors: the same request, unchanged, may succeed later."""

from typing import Final

import asyncpg
from sqlalchemy.dialects.postgresql.asyncpg import AsyncAdapt_asyncpg_dbapi
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.telemetry.alerts import raise_alert
from creatorvault.core.telemetry.logging import get_logger

log = get_logger(__name__)

# SQLSTATE classes and codes (PostgreSQL, appendix A).
TRANSIENT_CLASSES: Final = (
    "08",  # connection
    "28",  # the login is refused: its password or pg_hba.conf is being changed
    "53",  # resources: disk full, out of memory, too many connections
    "57",  # operator intervention: shutdown, start-up, a cancelled statement, which includes statement_timeout
    "58",  # input and output
)
READ_ONLY: Final = "25006"
"""The server has become read-only under an open connection: another one may be the primary now."""

TRANSIENT_CODES: Final = frozenset(
    {
        "3D000",  # no such database: it is being restored
        READ_ONLY,
        "25P03",  # idle_in_transaction_session_timeout
        "25P04",  # transaction_timeout
        "40001",  # serialisation failure
        "40P01",  # deadlock
        "55000",  # the database accepts no connections: it is being restored, or an operator has closed it
        "55P03",  # lock_timeout
    }
)
DIVISION_BY_ZERO: Final = "22012"
UNIQUE_VIOLATION: Final = "23505"
LOST_STATEMENTS: Final = frozenset({"26000", "42P05"})
"""A prepared statement does not exist, or another one has its name: a pooler has passed the connection's transactions
to sessions that do not know its statements (`core.database.prepared_statements`).
"""
DRIVER_ERRORS: Final = (
    DBAPIError,
    PoolTimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    TimeoutError,
)
"""Exceptions of the database layer. A row stream raises the driver's own exceptions unwrapped."""


def sqlstate(error: BaseException) -> str | None:
    state: str | None = getattr(_driver_error(error), "sqlstate", None)
    return state


def is_transient(error: BaseException) -> bool:
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    cause = _driver_error(error)
    if isinstance(cause, AsyncAdapt_asyncpg_dbapi.InvalidCachedStatementError):
        return True  # a migration has changed the tables of a prepared statement; the next attempt prepares it again
    state = sqlstate(error)
    if state is None:
        # No SQLSTATE: the client gave up, because the server did not respond. The driver has no exception type
        # for a connection that was closed.
        closed = isinstance(cause, asyncpg.InterfaceError) and "closed" in str(cause)
        # A server that ends sends its last error unasked. The driver is busy with it until it learns that it is closed.
        closing = isinstance(cause, asyncpg.InternalClientError) and "in progress" in str(cause)
        return closed or closing or isinstance(cause, PoolTimeoutError | OSError | TimeoutError)
    return state.startswith(TRANSIENT_CLASSES) or state in TRANSIENT_CODES or state in LOST_STATEMENTS


def unavailable(error: BaseException) -> ServiceUnavailable:
    """Returns the error to raise for a transient error. Logs it, and raises an alarm if waiting does not help."""
    state = sqlstate(error)
    log.warning("database.unavailable", error=type(error).__name__, sqlstate=state)
    if state in LOST_STATEMENTS:
        raise_alert("statements_lost", sqlstate=state)
    return ServiceUnavailable()


def described(error: BaseException) -> str:
    """Returns the message of the driver or the server, without the statement."""
    cause = _driver_error(error)
    if isinstance(cause, TimeoutError | PoolTimeoutError):
        return "it does not answer in time"
    return str(cause) or type(cause).__name__


def _driver_error(error: BaseException) -> BaseException:
    return (isinstance(error, DBAPIError) and error.orig) or error
