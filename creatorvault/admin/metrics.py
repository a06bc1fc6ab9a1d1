"""Metrics of the admin API."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from creatorvault.admin.parts import AdminParts
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.metrics import counter


def replica_metrics(parts: Parts) -> Iterator[Metric]:
    replica = parts[AdminParts].operators_replica
    for name in ("answered", "behind", "failed"):
        yield counter(
            f"operator_replica_{name}", f"Operators' reads at the replica: {name}.", getattr(replica, name, 0)
        )
