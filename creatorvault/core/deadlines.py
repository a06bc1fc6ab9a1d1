"""One deadline for all that a request waits for outside of this process, however many times it waits.

It counts the waiting alone. While the process computes on what it was given, it stands still: a request that takes long
because it has much to do is not refused by a database that answers promptly.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from types import TracebackType
from typing import Final


class Patience:
    """How long one exchange has waited, in seconds. Waits at the same time count once."""

    __slots__ = ("_since", "_waited", "_waits", "over")

    def __init__(self) -> None:
        self._waited = 0.0
        self._since = 0.0
        self._waits = 0
        self.over: bool = False

    def start(self, seconds: float) -> float:
        """When the exchange will have waited for `seconds` in all if it goes on waiting, in the event loop's time."""
        now = asyncio.get_running_loop().time()
        if self._waits == 0:
            self._since = now
        self._waits += 1
        return self._since + seconds - self._waited

    def stop(self) -> None:
        self._waits -= 1
        if self._waits == 0:
            self._waited += asyncio.get_running_loop().time() - self._since


_PATIENCE: Final[ContextVar[Patience | None]] = ContextVar("patience", default=None)


@contextmanager
def asking_within_one_deadline() -> Iterator[None]:
    patience = Patience()
    token = _PATIENCE.set(patience)
    try:
        yield
    finally:
        patience.over = True
        _PATIENCE.reset(token)


def patience_now() -> Patience:
    """The exchange's. Outside of one, and in a task that outlives it, each wait has a patience of its own."""
    patience = _PATIENCE.get()
    return Patience() if patience is None or patience.over else patience


class Waiting:
    """Raises TimeoutError once the exchange has waited for `seconds`, what it has waited before included."""

    __slots__ = ("_patience", "_seconds", "_timeout")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def __aenter__(self) -> None:
        self._patience = patience_now()
        self._timeout = asyncio.timeout_at(self._patience.start(self._seconds))
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patience.stop()
        await self._timeout.__aexit__(kind, error, trace)
