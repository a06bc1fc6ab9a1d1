"""One deadline for everything outside of this process that a request waits for, however often it waits.

Only waiting counts. The clock stops while the process computes: a request that takes long because it has much to
compute is not refused if the database answers promptly.
"""

import asyncio
from contextvars import ContextVar
from time import monotonic
from types import TracebackType
from typing import Final


class WaitBudget:
    """The time that one request has waited, in seconds. Concurrent waits count once."""

    __slots__ = ("_over_at", "_since", "_waited", "_waits", "over")

    def __init__(self) -> None:
        self._waited = 0.0
        self._since = self._over_at = 0.0
        self._waits = 0
        self.over: bool = False

    def start(self, seconds: float) -> None:
        """Starts a wait. The request may wait for `seconds` in total."""
        if self._waits == 0:
            self._since = monotonic()
            self._over_at = self._since + seconds - self._waited
        self._waits += 1

    @property
    def left(self) -> float:
        """Returns the remaining seconds of the current wait."""
        return self._over_at - monotonic()

    def stop(self) -> None:
        self._waits -= 1
        if self._waits == 0:
            self._waited += monotonic() - self._since


_WAIT_BUDGET: Final[ContextVar[WaitBudget | None]] = ContextVar("wait_budget", default=None)


class RequestDeadline:
    """Applies to all waits within the block, including those of tasks started in it."""

    __slots__ = ("_token", "_wait_budget")

    def __enter__(self) -> None:
        self._wait_budget = WaitBudget()
        self._token = _WAIT_BUDGET.set(self._wait_budget)

    def __exit__(self, *_: object) -> None:
        self._wait_budget.over = True
        _WAIT_BUDGET.reset(self._token)


def current_wait_budget() -> WaitBudget:
    """Returns the request's budget. Outside a request, and in a task that outlives it, each wait has its own budget."""
    wait_budget = _WAIT_BUDGET.get()
    return WaitBudget() if wait_budget is None or wait_budget.over else wait_budget


class Waiting:
    """Raises TimeoutError once the request has waited for `seconds` in total, including earlier waits."""

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
