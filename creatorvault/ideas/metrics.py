"""Metrics of search, segments and full reads."""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import asdict
from prometheus_client.core import Metric

from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.metrics import counter, gauge
from creatorvault.ideas.parts import IdeasParts

NOW: Final = frozenset({"bytes", "vaults"})
"""The statistics of the search cache that are gauges; the others are counters since the start of the process."""


def search_metrics(parts: Parts) -> Iterator[Metric]:
    for name, value in asdict(parts[IdeasParts].search_cache.statistics()).items():
        if name in NOW:
            yield gauge(f"search_{name}", f"Held in memory for searching: {name}.", value)
        else:
            yield counter(f"search_{name}", f"Of the corpora: {name}.", value)


def opened_metrics(parts: Parts) -> Iterator[Metric]:
    yield gauge("opened_bytes", "Held in memory of ideas that were opened lately.", parts[IdeasParts].opened.bytes)


def segment_metrics(parts: Parts) -> Iterator[Metric]:
    writer = parts[IdeasParts].segment_writer
    for name, count in (("written", writer.written), ("lost", writer.lost)):
        yield counter(f"segments_{name}", f"Segments: {name}.", count)


def checkpoint_metrics(parts: Parts) -> Iterator[Metric]:
    writer = parts[IdeasParts].checkpoint_writer
    for name, count in (("written", writer.written), ("lost", writer.lost)):
        yield counter(f"checkpoints_{name}", f"Checkpoints of vaults: {name}.", count)


def work_metrics(parts: Parts) -> Iterator[Metric]:
    full_reads, allowance = parts[IdeasParts].searching.full_reads, parts[IdeasParts].searching.allowance
    yield gauge("full_reads_under_way", "Vaults that are being read as a whole.", full_reads.under_way)
    yield gauge("full_reads_waiting", "Requests that wait for such a read.", full_reads.waiting)
    for name in ("answered", "behind", "failed"):
        yield counter(f"replica_{name}", f"Full reads at the replica: {name}.", getattr(full_reads.replica, name, 0))
    yield counter("work_seconds", "Processor time of searches and full reads.", allowance.seconds)
    yield gauge("work_longest_step_seconds", "The longest that such work held the event loop.", allowance.longest_step)
