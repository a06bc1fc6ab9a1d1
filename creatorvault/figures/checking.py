"""Runs the system checks when an operator asks for them."""

import asyncio
import time
from contextvars import Context
from datetime import UTC, datetime
from typing import Final, NamedTuple

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.management.checks import Installation, Message, found_by
from creatorvault.management.system_checks import SystemChecks
from creatorvault.settings.sections import Environment, Settings

MOST_SECONDS: Final = 10.0


class Checked(NamedTuple):
    """`seconds` is how long the checks took."""

    messages: list[Message]
    at: datetime
    seconds: float


class SystemChecker:
    """One per process. Whoever asks while checks are running gets the result of that run.

    They run in a thread with an event loop of its own: some compute for longer than other requests should wait.
    """

    def __init__(self, checks: SystemChecks, settings: Settings, most_seconds: float = MOST_SECONDS) -> None:
        self._checks = checks
        self._installation = Installation(settings, deploy=settings.environment is Environment.PRODUCTION)
        self._most_seconds = most_seconds
        self._running: asyncio.Task[Checked] | None = None

    async def run(self) -> Checked:
        """Raises ServiceUnavailable if the checks take longer than `most_seconds`."""
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(asyncio.to_thread(self._in_thread), context=Context())
        try:
            return await asyncio.shield(self._running)
        except TimeoutError:
            raise ServiceUnavailable(f"The checks take longer than {self._most_seconds:g} seconds") from None

    async def aclose(self) -> None:
        """Waits for checks that are running."""
        if self._running is not None:
            await asyncio.gather(self._running, return_exceptions=True)

    def _in_thread(self) -> Checked:
        return asyncio.run(self._checked())

    async def _checked(self) -> Checked:
        begun = time.monotonic()
        async with asyncio.timeout(self._most_seconds):
            messages = await found_by(self._checks.checks, self._installation)
        return Checked(messages, datetime.now(UTC), round(time.monotonic() - begun, 2))
