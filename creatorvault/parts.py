"""Opens the parts of the process in the lifespan of the application, and closes them in reverse order."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager

from litestar import Litestar

from creatorvault.apps import INSTALLED, background, protected_data, system_checks, tenant_data
from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.parts import Parts, parts_of
from creatorvault.core.waiting.event_loop_budget import EventLoopBudget
from creatorvault.core.waiting.shutdown import Shutdown
from creatorvault.core.waiting.timeouts import Timeouts
from creatorvault.metrics.exposition import shown_metrics
from creatorvault.settings.sections import Settings


@asynccontextmanager
async def opened_parts(application: Litestar) -> AsyncGenerator[None]:
    """Closes all opened parts, even if a later part cannot be opened or an earlier one fails to close."""
    parts = parts_of(application)
    async with AsyncExitStack() as stack:
        declared = (tenant_data(), protected_data(), background(), system_checks())
        for part in (*declared, Timeouts(), EventLoopBudget(), Shutdown()):
            _add(stack, parts, part)
        for opener in (_database, _statements, *(opener for app in INSTALLED for opener in app.parts)):
            _add(stack, parts, await stack.enter_async_context(opener(parts)))
        stack.enter_context(shown_metrics(parts, [source for app in INSTALLED for source in app.metrics]))
        yield


def _add(stack: AsyncExitStack, parts: Parts, part: object) -> None:
    parts.add(part)
    stack.callback(parts.remove, part)


@asynccontextmanager
async def _database(parts: Parts) -> AsyncGenerator[Database]:
    """The database of requests. Operators have a separate one."""
    database = Database(parts[Settings].database)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def _statements(parts: Parts) -> AsyncGenerator[Statements]:
    statements = Statements(parts[Settings].database)
    try:
        yield statements
    finally:
        await statements.close()
