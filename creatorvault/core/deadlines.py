"""One deadline for all that a request asks of the database, however many times it asks."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class _Asking:
    """When the exchange asked first, in the event loop's seconds. A task that outlives it is not held to it."""

    began: float | None = None
    over: bool = False


_asking: ContextVar[_Asking | None] = ContextVar("asking", default=None)


@contextmanager
def asking_within_one_deadline() -> Iterator[None]:
    asking = _Asking()
    token = _asking.set(asking)
    try:
        yield
    finally:
        asking.over = True
        _asking.reset(token)


def deadline(seconds: float) -> float:
    """`seconds` after the exchange asked first, in the event loop's time; outside of an exchange, from now."""
    now = asyncio.get_running_loop().time()
    asking = _asking.get()
    if asking is None or asking.over:
        return now + seconds
    if asking.began is None:
        asking.began = now
    return asking.began + seconds
