"""Runs a few coroutines at a time."""

import asyncio
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self


class Workers:
    """`most` at a time. The first error ends all of them and is raised."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._running: set[asyncio.Task[None]] = set()

    async def start[**P](
        self, work: Callable[P, Coroutine[Any, Any, None]], *arguments: P.args, **more: P.kwargs
    ) -> None:
        """Waits until there is room."""
        while len(self._running) >= self._most:
            await self._wait_for_one()
        self._running.add(asyncio.create_task(work(*arguments, **more)))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            while self._running and error is None:
                await self._wait_for_one()
        finally:
            for task in self._running:
                task.cancel()
            await asyncio.gather(*self._running, return_exceptions=True)

    async def _wait_for_one(self) -> None:
        done, self._running = await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
