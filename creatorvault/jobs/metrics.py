"""Metrics of jobs."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.metrics import counters, gauge
from creatorvault.jobs.parts import JobsParts


def job_metrics(parts: Parts) -> Iterator[Metric]:
    """The queue is shown by processes that run jobs, as they saw it some seconds ago."""
    statistics = parts[JobsParts].statistics
    yield counters(
        "job_runs",
        "Runs of jobs and schedules in this process, by kind and result.",
        ("kind", "result"),
        statistics.runs.items(),
    )
    if (queue := statistics.queue) is not None:
        family = GaugeMetricFamily("creatorvault_jobs", "Jobs in the queue, by state.", labels=["state"])
        for state in ("queued", "picked", "failed"):
            family.add_metric([state], queue.jobs.get(state, 0))
        yield family
        yield gauge(
            "jobs_oldest_waiting_seconds", "How long the oldest job that is due has been waiting.", queue.oldest_seconds
        )
