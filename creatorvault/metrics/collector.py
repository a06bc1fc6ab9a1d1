"""Collects the metrics of all apps at scrape time."""

from collections.abc import Iterable, Sequence

from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.metrics import MetricSource


class AppMetrics(Collector):
    def __init__(self, parts: Parts, sources: Sequence[MetricSource]) -> None:
        """All of `parts` must be open."""
        self._parts = parts
        self._sources = sources

    def collect(self) -> Iterable[Metric]:
        for source in self._sources:
            yield from source(self._parts)
