"""Work allowance: limits the processor time that the long computations of one identity may use.

Each process counts for itself, since it is its own processor time that is limited.
"""

import math
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Generator
from typing import Any, Final, NamedTuple

from litestar.types import HTTPScope

from creatorvault.core.errors import TooManyRequests
from creatorvault.core.limits.rate_limits import STATE_KEY, WINDOW_SECONDS, limit_headers
from creatorvault.core.lru import LRU
from creatorvault.settings.sections import LimitsSettings

POLICY: Final = "work"
REMEMBERED: Final = 100_000


class WorkUsedUp(TooManyRequests):
    """The identity's work allowance is used up; part of it is available again after `retry_after` seconds."""

    code = "work_used_up"

    def __init__(self, *, retry_after: int) -> None:
        super().__init__(retry_after=retry_after)
        self.detail = f"Too much to compute at once: try again in {retry_after} seconds"


class Meter:
    """Processor time of this thread, in seconds: total of all steps, and of the longest one."""

    __slots__ = ("longest_step", "seconds")

    def __init__(self) -> None:
        self.seconds = self.longest_step = 0.0

    def add(self, step: float) -> None:
        self.seconds += step
        self.longest_step = max(self.longest_step, step)


class Metered[T]:
    """Awaits a coroutine and measures each of its steps, from one suspension to the next.

    The time of other tasks is not included. It uses the thread's clock, so a busy machine does not count as work.
    """

    def __init__(self, meter: Meter, coroutine: Coroutine[Any, Any, T]) -> None:
        self._meter = meter
        self._coroutine = coroutine

    def __await__(self) -> Generator[Any, Any, T]:
        step: Callable[[Any], Any] = self._coroutine.send
        argument: Any = None
        while True:
            began = time.thread_time()
            try:
                awaited = step(argument)
            except StopIteration as end:
                result: T = end.value
                return result
            finally:
                self._meter.add(time.thread_time() - began)
            try:
                argument = yield awaited
            except BaseException as error:  # noqa: BLE001  # whatever it is, it is thrown into the coroutine
                step, argument = self._coroutine.throw, error
            else:
                step = self._coroutine.send


class _Level(NamedTuple):
    """Milliseconds charged to an identity, as of `at` (seconds of the clock)."""

    milliseconds: float
    at: float


class WorkAllowance:
    """Milliseconds of processor time per minute for each identity, as a leaky bucket.

    The cost of a read is known only afterwards, so it may overdraw the allowance; the overdraft is repaid first. So in
    the long run nobody uses more than the allowance.
    """

    def __init__(
        self, settings: LimitsSettings, refused: Counter[str], clock: Callable[[], float] = time.monotonic
    ) -> None:
        """`refused` counts refusals by policy."""
        self._enabled = settings.enabled
        self._quota = settings.identity_work_milliseconds
        self._refused = refused
        self._clock = clock
        self._levels = LRU[str, _Level](REMEMBERED)
        self.seconds = self.longest_step = 0.0
        """Seconds of all work since the start of the process."""

    def admit(self, scope: HTTPScope, who: str) -> None:
        """Raises WorkUsedUp if the allowance of `who`, a pseudonym, is used up."""
        if not self._enabled:
            return
        over = self._level(who) - self._quota
        if over >= 0:
            self._show(scope, who)
            self._refused[POLICY] += 1
            raise WorkUsedUp(retry_after=max(1, math.ceil(over / self._quota * WINDOW_SECONDS)))

    async def spend[T](self, scope: HTTPScope, who: str, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Does the work and charges it. Raises WorkUsedUp, and as `work`."""
        self.admit(scope, who)
        meter = Meter()
        try:
            return await Metered(meter, work())
        finally:
            self.charge(scope, who, meter)

    def charge(self, scope: HTTPScope, who: str, done: Meter) -> None:
        """Charges work, successful or not, and reports the remaining allowance in the response headers."""
        self.seconds += done.seconds
        self.longest_step = max(self.longest_step, done.longest_step)
        if not self._enabled:
            return
        level = self._level(who) + done.seconds * 1000
        self._levels.put(who, _Level(level, self._clock()))
        self._show(scope, who)

    def _level(self, who: str) -> float:
        known = self._levels.peek(who)
        if known is None:
            return 0.0
        return max(0.0, known.milliseconds - (self._clock() - known.at) * self._quota / WINDOW_SECONDS)

    def _show(self, scope: HTTPScope, who: str) -> None:
        """Adds to the policy of the request rate (draft-ietf-httpapi-ratelimit-headers-10 allows several)."""
        level = self._level(who)
        remaining, seconds = max(0, int(self._quota - level)), math.ceil(level / self._quota * WINDOW_SECONDS)
        others = [header for header in limit_headers(scope) if not header[1].startswith(b'"work"')]
        scope["state"][STATE_KEY] = (
            *others,
            (b"ratelimit-policy", b'"work";q=%d;w=%d;qu="milliseconds"' % (self._quota, WINDOW_SECONDS)),
            (b"ratelimit", b'"work";r=%d;t=%d' % (remaining, seconds)),
        )
