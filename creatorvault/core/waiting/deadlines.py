"""One deadline for all that a request waits for outside of this process, however many times it waits.

It counts the waiting alone. While the process computes on what it was given, it stands still: a request that takes long
because it has much to do is not refused by a database that answers promptly.
"""

import asyncio
from contextvars import ContextVar
from time import monotonic
from types import TracebackType
from typing import Final


class WaitBudget:
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


_WAIT_BUDGET: Final[ContextVar[WaitBudget | None]] = ContextVar("patience", default=None)


class RequestDeadline:
    """For all that is waited for within, in the tasks that are begun within too."""

    __slots__ = ("_token", "_wait_budget")

    def __enter__(self) -> None:
        self._wait_budget = WaitBudget()
        self._token = _WAIT_BUDGET.set(self._wait_budget)

    def __exit__(self, *_: object) -> None:
        self._wait_budget.over = True
        _WAIT_BUDGET.reset(self._token)


def current_wait_budget() -> WaitBudget:
    """The exchange's. Outside of one, and in a task that outlives it, each wait has a patience of its own."""
    wait_budget = _WAIT_BUDGET.get()
    return WaitBudget() if wait_budget is None or wait_budget.over else wait_budget


class Waiting:
    """Raises TimeoutError once the exchange has waited for `seconds`, what it has waited before included."""

    __slots__ = ("_seconds", "_timeout", "_wait_budget")

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    async def __aenter__(self) -> None:
        self._wait_budget = current_wait_budget()
        self._wait_budget.start(self._seconds)
        self._timeout = asyncio.timeout(self._wait_budget.left)
        await self._timeout.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._wait_budget.stop()
        await self._timeout.__aexit__(kind, error, trace)
