"""Metrics of the process and its database. The other apps declare their own metrics."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from sqlalchemy.pool import AsyncAdaptedQueuePool

from creatorvault import __version__
from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.parts import Parts
from creatorvault.core.telemetry.alerts import RAISED
from creatorvault.core.telemetry.metrics import counters, gauge


def process_metrics(parts: Parts) -> Iterator[Metric]:
    build = GaugeMetricFamily("creatorvault_build_info", "Always 1; the version is its label.", labels=["version"])
    build.add_metric([__version__], 1)
    yield build
    yield from _pool(parts[Database])
    yield from _statements(parts[Statements])
    alerts = (((code,), count) for code, count in RAISED.items())
    yield counters("alarms", "Each asks for an operator.", ("code",), alerts)


def _pool(database: Database) -> Iterator[Metric]:
    pool = database.engine.pool
    if isinstance(pool, AsyncAdaptedQueuePool):
        yield gauge("database_connections_in_use", "Connections that requests hold.", pool.checkedout())
        yield gauge("database_connections_idle", "Open connections that wait for a request.", pool.checkedin())
        yield gauge("database_connections_overflow", "Open beyond the pool's size.", max(0, pool.overflow()))


def _statements(statements: Statements) -> Iterator[Metric]:
    yield gauge("database_glances_in_use", "Connections that single statements hold.", statements.in_use)
    yield gauge("database_glances_idle", "Open connections that wait for such a statement.", statements.idle)
