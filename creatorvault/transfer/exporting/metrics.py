"""Metrics of exports."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.metrics import counter, gauge
from creatorvault.transfer.exporting.parts import ExportParts


def export_metrics(parts: Parts) -> Iterator[Metric]:
    turns = parts[ExportParts].turns
    yield gauge("exports_under_way", "Vaults that are being exported.", turns.under_way)
    yield counter("exports_finished", "Exports that were produced to their end.", turns.finished)
    yield counter("exports_broken", "Exports that failed, or that the client has left.", turns.broken)
