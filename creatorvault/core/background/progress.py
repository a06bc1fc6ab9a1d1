"""Stores how far something long has come, while it goes on."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from creatorvault.core.errors import ServiceUnavailable

SECONDS: Final = 1.0


@asynccontextmanager
async def storing_progress(store: Callable[[], Awaitable[None]], seconds: float = SECONDS) -> AsyncGenerator[None]:
    """Calls `store` every so often until the block ends. While it raises ServiceUnavailable, the block goes on."""
    task = asyncio.create_task(_repeated(store, seconds))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _repeated(store: Callable[[], Awaitable[None]], seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        with suppress(ServiceUnavailable):
            await store()
