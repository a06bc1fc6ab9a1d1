"""What this process has run, and what it last saw of the queue, for metrics."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

type Result = Literal["done", "retried", "failed", "interrupted"]


@dataclass(slots=True)
class QueueFigures:
    """`jobs` by state; `oldest_seconds` is how long the oldest job that is due has been waiting, 0 if there is none."""

    jobs: Mapping[str, int] = field(default_factory=dict)
    oldest_seconds: float = 0.0


@dataclass(slots=True)
class JobStatistics:
    """`runs` by kind or schedule, and result. `queue` is None in a process that does not run jobs."""

    runs: Counter[tuple[str, Result]] = field(default_factory=Counter)
    queue: QueueFigures | None = None
