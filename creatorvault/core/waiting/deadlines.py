"""One deadline for all that a request waits for outside of this process, however many times it waits.

It counts the waiting alone. While the process computes on what it was given, it stands still: a request that takes long
because it has much to do is not refused by a database that answers promptly.
"""

import asyncio
from contextvars import ContextVar
from time import monotonic
from types import TracebackType
from typing import Final


class Patience:
    """How long one exchange has waited, in seconds. Waits at the same time count once."""

    __slots__ = ("_over_at", "_since", "_waited", "_waits", "over")

    def __init__(self) -> None:
        self._waited = 0.0
        self._since = self._over_at = 0.0
        self._waits = 0
        self.over: bool = False

    def start(self, seconds: float) -> None:
        """A wait begins, and the exchange may wait for `seconds` in all."""
        if self._waits == 0:
            self._since = monotonic()
            self._over_at = self._since + seconds - self._waited
        self._waits += 1

    @property
    def left(self) -> float:
        """For how many seconds more the wait that has begun may last."""
        return self._over_at - monotonic()

    def stop(self) -> None:
        self._waits -= 1
        if self._waits == 0:
            self._waited += monotonic() - self._since


_PATIENCE: Final[ContextVar[Patience | None]] = ContextVar("patience", default=None)


class OneDeadline:
    """For all that is waited for within, in the tasks that are begun within too."""

    __slots__ = ("_patience", "_token")

    def __enter__(self) -> None:
        self._patience = Patience()
        self._token = _PATIENCE.set(self._patience)

    def __exit__(self, *_: object) -> None:
        self._patience.over = True
        _PATIENCE.reset(self._token)


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
        self._patience.start(self._seconds)
        self._timeout = asyncio.timeout(self._patience.left)
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._patience.stop()
        await self._timeout.__aexit__(kind, error, trace)
