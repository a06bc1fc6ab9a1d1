"""Cancels long, read-only work of a client that has disconnected."""

import asyncio
from types import TracebackType
from typing import Any, Self

from litestar.types import Receive

from creatorvault.core.errors import ClientGone


class ClientWatch:
    """A block that is cancelled when its client disconnects. The request's body must have been read before.

    Watching begins with `start`, since for most requests it would take longer than the request.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._watcher: asyncio.Task[None] | None = None
        self._is_gone = False

    def start(self) -> None:
        """Starts watching. May be called repeatedly."""
        if self._watcher is None:
            self._watcher = asyncio.create_task(self._watch())

    async def __aenter__(self) -> Self:
        self._task: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]  # a coroutine runs in one
        self._cancellations = self._task.cancelling()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """Raises ClientGone instead of the cancellation that this watch has caused."""
        if self._watcher is not None:
            self._watcher.cancel()
        if self._is_gone and self._task.uncancel() <= self._cancellations and kind is asyncio.CancelledError:
            raise ClientGone from error

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._is_gone = True
        self._task.cancel()
