"""Forgets sessions and refusals whose time is over. Nothing depends on it but the size of their tables."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Final

from creatorvault.console.statements import refusals, sessions
from creatorvault.core.background.declarations import Schedule
from creatorvault.core.database.operator_login import operators_statements
from creatorvault.core.parts import Parts
from creatorvault.settings.sections import Settings

EVERY: Final = timedelta(minutes=10)


async def prune_console(parts: Parts) -> None:
    """Raises ServiceUnavailable."""
    settings = parts[Settings]
    statements = operators_statements(settings.database)
    if statements is None:
        return
    now = datetime.now(UTC)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(statements.close)
        await statements.changed(sessions.PRUNE, now)
        await statements.changed(refusals.PRUNE, now - timedelta(seconds=settings.console.failure_seconds))


PRUNING: Final = Schedule(name="console.prune", every=EVERY, run=prune_console)
