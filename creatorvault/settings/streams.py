"""Settings of what is received or sent for longer than an ordinary request."""

from typing import Annotated

from msgspec import Meta, Struct

from creatorvault.settings.values import MIB, Count, Seconds


class TransferSettings(Struct, frozen=True, kw_only=True):
    """Of files that move in and out. A process receives `imports_at_once`, and imports as many, each in memory.

    `exports_at_once` is for each process. A client must take each piece of an export, 64 KiB, in
    `export_stalled_seconds`, and the whole in `export_seconds`.
    """

    import_bytes: Annotated[int, Meta(ge=MIB, le=1024 * MIB)] = 64 * MIB
    imports_at_once: Annotated[int, Meta(ge=1, le=64)] = 2
    exports_at_once: Annotated[int, Meta(ge=1, le=64)] = 4
    export_stalled_seconds: Annotated[float, Meta(gt=0, le=3600)] = 30.0
    export_seconds: Seconds = 1800.0


class LiveSettings(Struct, frozen=True, kw_only=True):
    """Of streams of live updates, in each process.

    A stream lasts for up to `longest_seconds`, and at least nine tenths of it, so that streams do not end all at once.
    `poll_seconds` is the time between two looks at the watched vaults while no notices are received.
    """

    streams: Count = 5_000
    streams_per_identity: Count = 10
    keep_alive_seconds: Annotated[float, Meta(ge=1, le=600)] = 15.0
    longest_seconds: Annotated[float, Meta(ge=0.1, le=86_400)] = 3600.0
    poll_seconds: Annotated[float, Meta(ge=0.1, le=4)] = 1.0
