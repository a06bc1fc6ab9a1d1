"""The database and its unit of work: one transaction per request, committed here and nowhere else."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.logging import get_logger
from creatorvault.settings import DatabaseSettings, SettingsError

log = get_logger(__name__)

# SQLSTATE classes and codes (PostgreSQL, appendix A) that mean "not now": connection (08), resources (53),
# operator intervention and start-up (57, statement timeouts included), lock timeout, deadlock, serialisation,
# idle-in-transaction timeout, and a server that is read-only because it is a standby.
TEMPORARY_CLASSES = ("08", "53", "57")
TEMPORARY_CODES = frozenset({"55P03", "40P01", "40001", "25P03", "25006"})


class Database:
    """A pool of connections as the runtime login.

    Reading transactions are REPEATABLE READ and read-only, so that every statement in one answers from one snapshot.
    Writing transactions are READ COMMITTED and serialised by the lock on the vault's row.
    """

    def __init__(self, settings: DatabaseSettings) -> None:
        """Connects to nothing yet. Raises SettingsError without an address."""
        if settings.url is None:
            raise SettingsError(["no database: set DATABASE_URL"])
        self.engine: AsyncEngine = create_async_engine(
            settings.url.reveal(),
            # Error texts of SQLAlchemy otherwise carry the row, and with it ciphertext and user ids, into logs.
            hide_parameters=True,
            pool_size=settings.pool_size,
            max_overflow=settings.max_overflow,
            pool_timeout=settings.pool_wait_seconds,
            pool_use_lifo=True,
            connect_args=_connect_args(settings),
        )
        self._reading = self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)

    @asynccontextmanager
    async def reading(self) -> AsyncGenerator[AsyncSession]:
        """A snapshot. Raises ServiceUnavailable when the database cannot answer now."""
        async with _unit_of_work(self._reading) as session:
            yield session

    @asynccontextmanager
    async def writing(self) -> AsyncGenerator[AsyncSession]:
        """Commits on leaving without an error, rolls back otherwise. Raises as `reading` does, at the commit too."""
        async with _unit_of_work(self.engine) as session:
            yield session

    async def close(self) -> None:
        await self.engine.dispose()


@asynccontextmanager
async def _unit_of_work(engine: AsyncEngine) -> AsyncIterator[AsyncSession]:
    try:
        async with AsyncSession(engine, expire_on_commit=False, autoflush=False) as session, session.begin():
            yield session
    except (DBAPIError, PoolTimeoutError, OSError, TimeoutError) as error:
        if not is_temporary(error):
            raise
        log.warning("database.unavailable", error=type(error).__name__, sqlstate=sqlstate(error))
        raise ServiceUnavailable from error


def sqlstate(error: BaseException) -> str | None:
    state: str | None = getattr(getattr(error, "orig", None), "sqlstate", None)
    return state


def is_temporary(error: BaseException) -> bool:
    """Whether the same request may succeed later, unchanged."""
    if not isinstance(error, DBAPIError):
        return isinstance(error, PoolTimeoutError | OSError | TimeoutError)
    state = sqlstate(error)
    if state is None:
        # No SQLSTATE: the driver, not the server, gave up (connection lost or refused, or it answered too slowly).
        return error.connection_invalidated or isinstance(error.orig, OSError | TimeoutError)
    return state.startswith(TEMPORARY_CLASSES) or state in TEMPORARY_CODES


def _connect_args(settings: DatabaseSettings) -> dict[str, Any]:
    arguments: dict[str, Any] = {
        "timeout": settings.connect_seconds,
        # The server cancels first (statement_timeout); this catches a server that does not answer at all.
        "command_timeout": settings.statement_seconds + 0.5,
    }
    if not settings.prepared_statements:
        arguments |= {"statement_cache_size": 0, "prepared_statement_cache_size": 0}
    return arguments
