"""Counts and times every request, by route template, method and class of status."""

from collections.abc import Generator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, Histogram

from creatorvault.core.telemetry.request_context import RequestContext

BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
UNANSWERED: Final = "none"


class Recorder:
    """A request hook of the edge. The histogram's `_count` is the counter of requests."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._durations = Histogram(
            "creatorvault_http_request_duration_seconds",
            "From a request's arrival to the end of its answer.",
            ("method", "route", "status"),
            buckets=BUCKETS,
            registry=registry,
        )
        self._by_labels: dict[
            tuple[str, str, str], Histogram
        ] = {}  # the library's own look-up costs a lock and a check
        self._in_flight = Gauge(
            "creatorvault_http_requests_in_flight", "Requests that are being answered.", registry=registry
        )

    @contextmanager
    def observe(self, context: RequestContext) -> Generator[None]:
        self._in_flight.inc()
        try:
            yield
        finally:
            self._in_flight.dec()
            labels = (context.method, context.route, _class_of(context.status))
            duration = self._by_labels.get(labels) or self._by_labels.setdefault(
                labels, self._durations.labels(*labels)
            )
            duration.observe(context.seconds_to_answer)


def _class_of(status: int) -> str:
    return f"{status // 100}xx" if status >= HTTPStatus.CONTINUE else UNANSWERED
