"""What our dependencies offer in place of each hand-written faster copy. For the benchmark only.

One process has both and changes between them when it is told to, since two processes that run the same code differ by
more than what is looked for (`benchmarks/twins.py`).
"""

import asyncio
import signal
from collections.abc import Callable, Mapping
from functools import cache
from types import TracebackType
from typing import Any, Final, NamedTuple

import structlog
from limits.aio.storage import MemoryStorage
from litestar import Response

from creatorvault.core.http import dispatch, edge
from creatorvault.core.limits.counters import ProcessCounters
from creatorvault.core.telemetry import logging
from creatorvault.core.waiting.timeouts import Timeouts
from creatorvault.ideas import controllers

TO_LIBRARY: Final = signal.SIGUSR1
TO_OURS: Final = signal.SIGUSR2
CALLERS: Final = 1_000
"""Who have sent a request in the last minute."""


class Patch(NamedTuple):
    owner: Any
    name: str
    value: Any


class NeverUsed:
    """A class without instances."""


class Timeout:
    """`asyncio.timeout` in a plain `with`: neither of its methods ever waits."""

    def __init__(self, seconds: float) -> None:
        self._timeout = asyncio.timeout(seconds)

    def __enter__(self) -> None:
        _run(self._timeout.__aenter__())

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        _run(self._timeout.__aexit__(kind, error, at))


def _run(coroutine: Any) -> None:
    try:
        coroutine.send(None)
    except StopIteration:
        return
    raise RuntimeError("it waits")


@cache
def storage() -> MemoryStorage:
    """Of a process that a thousand callers use."""
    filled = MemoryStorage()
    for number in range(CALLERS):
        filled.storage[f"reads:{number}"] = 1
        filled.expirations[f"reads:{number}"] = 2.0**40
    return filled


async def add(_own: ProcessCounters, bucket: str, window: int, seconds: int) -> int:
    return await storage().incr(f"{bucket}:{window}", seconds)


async def take_back(_own: ProcessCounters, bucket: str, window: int) -> None:
    await storage().decr(f"{bucket}:{window}")


PATCHES: Final[Mapping[str, Callable[[], list[Patch]]]] = {
    "nothing": list,
    "dispatch": lambda: [Patch(dispatch, "Operation", NeverUsed)],
    "response": lambda: [
        Patch(controllers, "StructResponse", lambda content, headers: Response(content, headers=headers))
    ],
    "cors": lambda: [Patch(edge, "CORSMiddleware", NeverUsed)],  # so the edge does not pass Litestar's by
    "timeouts": lambda: [Patch(Timeouts, "within", staticmethod(Timeout))],
    "logging": lambda: [
        Patch(
            logging.Logger,
            "_proxy_to_logger",
            structlog.BoundLoggerBase._proxy_to_logger,  # noqa: SLF001 - what a wrapper class overrides
        )
    ],
    "counters": lambda: [Patch(ProcessCounters, "add", add), Patch(ProcessCounters, "take_back", take_back)],
}


def install(name: str) -> None:
    """Into this process: `TO_LIBRARY` and `TO_OURS` change between them."""
    patches = PATCHES[name]()
    ours = [Patch(owner, attribute, getattr(owner, attribute)) for owner, attribute, _ in patches]

    def change(number: int, _frame: object) -> None:
        for owner, attribute, value in patches if number == TO_LIBRARY else ours:
            setattr(owner, attribute, value)

    for number in (TO_LIBRARY, TO_OURS):
        signal.signal(number, change)
