"""Follows the source until the cut-over, with passes over what has changed."""

import asyncio
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from creatorvault.transfer.fastapi.passes import Passes
from creatorvault.transfer.fastapi.report import Say


class Rhythm(NamedTuple):
    """Seconds between two passes, and seconds without a change after which it ends by itself; None does not."""

    every: float
    until_idle: float | None


async def follow(passes: Passes, rhythm: Rhythm, stop: asyncio.Event, say: Say) -> None:
    """After a pass over everything. Returns when another one should close it."""
    say("Following the source. After the cut-over, press Ctrl-C or send SIGTERM: then everything is compared.")
    changed = time.monotonic()
    while not stop.is_set():
        if rhythm.until_idle is not None and time.monotonic() - changed >= rhythm.until_idle:
            say(f"No change for {rhythm.until_idle:.0f} seconds.")
            return
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), rhythm.every)
        tally = await passes.changes()
        if tally.changes:
            changed = time.monotonic()
            say(f"{tally.stored:,} ideas stored, {tally.replaced:,} replaced.")


@contextmanager
def stopped_by_signals() -> Iterator[asyncio.Event]:
    """Yields an event that the first SIGINT or SIGTERM sets. The second one cancels the task."""
    loop, task, stop = asyncio.get_running_loop(), asyncio.current_task(), asyncio.Event()

    def received() -> None:
        if stop.is_set() and task is not None:
            task.cancel()
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, received)
    try:
        yield stop
    finally:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
