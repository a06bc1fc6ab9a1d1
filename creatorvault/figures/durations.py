"""How durations of requests are counted, so that those of all processes can be added up and percentiles be derived."""

from bisect import bisect_left
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

SHORTEST_SECONDS: Final = 0.000_25
BOUNDS: Final = tuple(SHORTEST_SECONDS * 2 ** (step / 2) for step in range(36))
"""The longest duration in each bucket but the last, in seconds: 0.25 ms to 46 s, each 1.41 times the one before.

`bisect_left` finds the bucket of a duration.
"""

BUCKETS: Final = len(BOUNDS) + 1
"""A stored row has as many numbers: another number of them needs a migration."""


def percentile(durations: Sequence[int], percent: float) -> float | None:
    """Returns milliseconds, interpolated within a bucket; None if nothing was counted.

    `durations` are numbers of requests by bucket. What is longer than the last bound counts as that bound.
    """
    sums = [*accumulate(durations)]
    rank = sums[-1] * percent / 100
    if rank == 0:
        return None
    bucket = bisect_left(sums, rank)
    upper = BOUNDS[min(bucket, len(BOUNDS) - 1)]
    lower = 0.0 if bucket == 0 else BOUNDS[bucket - 1]
    share = (rank - (sums[bucket] - durations[bucket])) / durations[bucket]
    return round((lower + (upper - lower) * share) * 1000, 2)
