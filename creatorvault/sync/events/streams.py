"""One open stream: what it sends next, in the format of server-sent events (HTML Living Standard §9.2)."""

import asyncio
import random
from enum import StrEnum
from time import monotonic
from typing import Final, NamedTuple

from creatorvault.core.identifiers import VaultId, VaultRevision

KEEP_ALIVE: Final = b":\n\n"
RETRY_MILLISECONDS: Final = 2_000
MOST_DIGITS: Final = 19
PAUSE_SECONDS: Final = 0.05
"""Between revisions. A vault that is changed a thousand times a second would otherwise keep its clients busy."""

EARLIEST_SHARE: Final = 0.9
"""Of the longest life of a stream."""


class EndReason(StrEnum):
    TOKEN_EXPIRED = "token_expired"  # noqa: S105 - no password
    SUSPENDED = "suspended"
    ERASED = "erased"
    SHUTDOWN = "shutdown"
    TOO_OLD = "too_old"


class Lifetime(NamedTuple):
    """`expires_at` is the token's end in the monotonic clock. `longest_seconds` begin with the stream."""

    expires_at: float
    longest_seconds: float

    def end(self) -> tuple[float, EndReason]:
        """Returns when a stream that begins now has to end, and why."""
        share = random.uniform(EARLIEST_SHARE, 1.0)  # noqa: S311 - so that clients do not all come at once
        too_old_at = monotonic() + share * self.longest_seconds
        if self.expires_at <= too_old_at:
            return self.expires_at, EndReason.TOKEN_EXPIRED
        return too_old_at, EndReason.TOO_OLD


class Stream:
    """Remembers one revision, however many there were since it has sent the last one: at most one in PAUSE_SECONDS.

    `last` is the revision that the client has seen. `caller` is a pseudonym.
    """

    __slots__ = (
        *("_end", "_ends_at", "_is_pausing", "_lifetime", "_pauses_until", "_revision", "_sent", "_waiting"),
        *("caller", "has_ended", "vault"),
    )

    def __init__(self, vault: VaultId, caller: str, lifetime: Lifetime, last: VaultRevision | None) -> None:
        self.vault = vault
        self.caller = caller
        self._lifetime = lifetime
        self._ends_at = lifetime.end()
        self._sent = self._revision = last
        self._end: EndReason | None = None
        self._waiting: asyncio.Future[None] | None = None
        self._is_pausing = False
        self._pauses_until = 0.0
        self.has_ended = False
        """Whether the last piece has been returned."""

    def show(self, revision: VaultRevision) -> None:
        if revision != self._revision:
            self._revision = revision
            if not self._is_pausing:
                self._wake()

    def end(self, reason: EndReason) -> None:
        if self._end is None:
            self._end = reason
            self._wake()

    def first(self) -> bytes:
        """Begins the stream. Returns what the response begins with, never nothing, so that its head is sent."""
        self._ends_at = self._lifetime.end()
        retry = b"retry: %d\n" % RETRY_MILLISECONDS
        return retry + (self._pending() or b"\n")

    async def next(self, seconds: float) -> bytes:
        """Waits for the next event, for at most `seconds`; then returns a comment."""
        await self._pause()
        piece = self._pending()
        if piece is None:
            await self._wait(min(seconds, self._ends_at[0] - monotonic()))
            piece = self._pending()
        return KEEP_ALIVE if piece is None else piece

    def _pending(self) -> bytes | None:
        ends_at, reason = self._ends_at
        if self._end is None and monotonic() >= ends_at:
            self._end = reason
        if self._end is not None:
            self.has_ended = True
            return b'event: end\ndata: {"reason": "%b"}\n\n' % self._end.encode()
        if self._revision is None or self._revision == self._sent:
            return None
        self._sent = self._revision
        self._pauses_until = monotonic() + PAUSE_SECONDS
        return b'id: %d\nevent: revision\ndata: {"revision": %d}\n\n' % (self._sent, self._sent)

    async def _pause(self) -> None:
        """Only the end interrupts it."""
        seconds = self._pauses_until - monotonic()
        if seconds > 0 and self._end is None:
            self._is_pausing = True
            try:
                await self._wait(seconds)
            finally:
                self._is_pausing = False

    async def _wait(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._waiting = loop.create_future()
        timer = loop.call_later(max(0.0, seconds), self._wake)
        try:
            await self._waiting
        finally:
            timer.cancel()
            self._waiting = None

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)


def last_event_id(text: str | None) -> VaultRevision | None:
    """Returns the revision in the header `Last-Event-ID`. Anything that this service has not sent counts as missing."""
    if text is None or not (text.isascii() and text.isdecimal()) or len(text) > MOST_DIGITS:
        return None
    return VaultRevision(int(text))
