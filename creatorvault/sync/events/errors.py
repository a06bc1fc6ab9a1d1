"""Errors of streams. All of them are raised before anything is sent."""

from typing import Final

from creatorvault.core.errors import ServiceUnavailable, TooManyRequests

RETRY_SECONDS: Final = 10


class TooManyStreams(TooManyRequests):
    """The caller has as many streams open in this process as `live.streams_per_identity` allows."""

    code = "too_many_streams"

    def __init__(self) -> None:
        super().__init__(retry_after=RETRY_SECONDS)
        self.detail = f"Too many streams of yours are open: close one, or try again in {RETRY_SECONDS} seconds"


class NoRoomForStreams(ServiceUnavailable):
    """The process has as many streams open as `live.streams` allows, or is about to stop."""

    code = "streams_busy"

    def __init__(self) -> None:
        super().__init__("No more streams can be opened here", retry_after=RETRY_SECONDS)
