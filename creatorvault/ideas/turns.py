"""Long work on the event loop is done in turns, so that no other request waits for more than a moment."""

import asyncio
import time
from time import perf_counter
from typing import Final

TURN_SECONDS = 0.001
LET_GO_SECONDS: Final = 0.00005
"""For the server's own thread, which takes requests in and brings answers out: while this one sleeps, it gets the
interpreter's lock. Otherwise it would have to wait for five milliseconds, at each of a request's steps: the event loop
leaves the lock while it looks for news, but for less time than anybody takes to wake up.
"""


class LoopTurn:
    """How long the running task has held the event loop: between its steps, work rests when its turn is over."""

    __slots__ = ("_ends",)

    def __init__(self) -> None:
        self._ends = perf_counter() + TURN_SECONDS

    async def rest_if_over(self) -> None:
        if perf_counter() >= self._ends:
            time.sleep(LET_GO_SECONDS)  # noqa: ASYNC251  # it is this thread that has to sleep
            await asyncio.sleep(0)
            self._ends = perf_counter() + TURN_SECONDS
