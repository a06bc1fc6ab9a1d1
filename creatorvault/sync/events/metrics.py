"""Metrics of live updates."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.metrics import counter, gauge
from creatorvault.sync.events.parts import LiveParts


def live_metrics(parts: Parts) -> Iterator[Metric]:
    live = parts[LiveParts]
    yield gauge("live_streams", "Streams of live updates that are open.", live.hub.open)
    yield gauge(
        "live_listening", "1 while notices of other processes are received.", live.watcher.listener.is_listening
    )
    yield counter("live_streams_opened", "Streams that were opened.", live.hub.opened)
    yield counter("live_events", "Events that were sent to clients.", live.hub.sent)
    yield counter("live_notices_sent", "Notices that were sent to other processes.", live.notifier.sent)
    yield counter("live_notices_received", "Notices of other processes.", live.watcher.heard)
    yield counter("live_looks", "Looks at the revisions of watched vaults.", live.watcher.looks)
