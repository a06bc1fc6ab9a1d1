"""Times as microseconds since 1970, which compare in a third of the time of datetimes and fit into arrays."""

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)

NO_DUE: Final = 2**63 - 1
"""In place of a due date for an idea without one. Later than every time, and the largest number of an array."""


class Period(NamedTuple):
    """Microseconds since 1970; `first` is included, `until` is not."""

    first: int
    until: int


EVER: Final = Period(-(2**63), 2**63)
DATED: Final = Period(EVER.first, NO_DUE)
UNDATED: Final = Period(NO_DUE, EVER.until)
NEVER: Final = Period(0, 0)


def microseconds(time: datetime) -> int:
    return (time - EPOCH) // MICROSECOND


def time_of(number: int) -> datetime:
    """Inverse of `microseconds`."""
    return EPOCH + number * MICROSECOND


def period(first: datetime | None, until: datetime | None, within: Period = EVER) -> Period:
    """Returns the part of `within` from `first` until `until`; None is no bound."""
    return Period(
        within.first if first is None else max(within.first, microseconds(first)),
        within.until if until is None else min(within.until, microseconds(until)),
    )
