"""Counts of requests, which a process keeps in memory until they are stored."""

from bisect import bisect_left
from typing import Final, NamedTuple

from creatorvault.core.http.edge import Edge
from creatorvault.core.parts import parts_of
from creatorvault.core.telemetry.request_context import RequestContext
from creatorvault.figures.durations import BOUNDS, BUCKETS
from creatorvault.settings.sections import Settings

WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
SERVER_ERRORS: Final = 500
"""An integer: comparing with a member of HTTPStatus would take longer than all the rest."""

PROBES: Final = ("/health", "/metrics")
"""Beginnings of paths that nobody waits for: they would hide how long creators wait."""


class Counted(NamedTuple):
    """`durations` are numbers of requests by bucket; errors and writes are among them."""

    errors: int
    writes: int
    durations: list[int]

    def plus(self, other: "Counted") -> "Counted":
        summed = [one + another for one, another in zip(self.durations, other.durations, strict=True)]
        return Counted(self.errors + other.errors, self.writes + other.writes, summed)


class RequestCounts:
    """One per process. Counting is all that a request does for figures."""

    __slots__ = ("_durations", "_errors", "_writes")

    def __init__(self) -> None:
        self._begin()

    def count(self, context: RequestContext) -> None:
        """A completion hook of the application. Counts what was answered, except to probes."""
        status = context.status
        if not status or context.route.startswith(PROBES):
            return
        self._durations[bisect_left(BOUNDS, context.seconds_to_answer)] += 1
        if status >= SERVER_ERRORS:
            self._errors += 1
        if context.method in WRITES:
            self._writes += 1

    def take(self) -> Counted | None:
        """Returns what was counted since the last call; None if nothing was."""
        counted = Counted(self._errors, self._writes, self._durations)
        if not any(counted.durations):
            return None
        self._begin()
        return counted

    def _begin(self) -> None:
        self._errors = self._writes = 0
        self._durations = [0] * BUCKETS


def install_figures(app: Edge, settings: Settings) -> None:
    """Has requests counted if there is a login for operators, which stores the counts; otherwise does nothing."""
    if settings.database.operator_url is not None:
        counts = RequestCounts()
        parts_of(app).add(counts)
        app.completion_hooks = (*app.completion_hooks, counts.count)
