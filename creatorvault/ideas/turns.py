"""Long work on the event loop is done in turns, so that no other request waits for more than a moment."""

import asyncio
from time import perf_counter

TURN_SECONDS = 0.001


class LoopTurn:
    """How long the running task has held the event loop: between its steps, work rests when its turn is over."""

    __slots__ = ("_ends",)

    def __init__(self) -> None:
        self._ends = perf_counter() + TURN_SECONDS

    async def rest_if_over(self) -> None:
        if perf_counter() >= self._ends:
            await asyncio.sleep(0)
            self._ends = perf_counter() + TURN_SECONDS
