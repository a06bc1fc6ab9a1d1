"""Metrics of moods."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.metrics import counter

from .parts import MoodParts


def mood_metrics(parts: Parts) -> Iterator[Metric]:
    yield counter("moods_noted", "Moods that were noted.", parts[MoodParts].noted)
