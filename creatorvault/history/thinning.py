"""Which earlier versions of an idea are kept as they grow old. A pure rule."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

ALL_KEPT: Final = timedelta(hours=1)
HOURLY: Final = timedelta(hours=24)


class Replaced(NamedTuple):
    """An earlier version."""

    number: int
    replaced_at: datetime


def thinned(versions: Sequence[Replaced], now: datetime) -> set[int]:
    """Returns the numbers of versions that are not needed any more. `versions` are all of one idea, oldest first.

    Kept are all that were replaced within the last hour, of those within a day the last one of each hour, and of older
    ones the last one of each day, by UTC. The newest version is always kept.
    """
    kept = {_period(version, now): version.number for version in versions}
    return {version.number for version in versions} - {*kept.values()}


def _period(version: Replaced, now: datetime) -> tuple[int, timedelta, datetime]:
    """Returns what the version is the last one of, if no later one is. Within the last hour, that is itself."""
    time, age = version.replaced_at.astimezone(UTC), now - version.replaced_at
    if age <= ALL_KEPT:
        return version.number, timedelta(0), time
    if age <= HOURLY:
        return 0, ALL_KEPT, time.replace(minute=0, second=0, microsecond=0)
    return 0, HOURLY, time.replace(hour=0, minute=0, second=0, microsecond=0)
