"""What the parts of the process say of themselves at the moment that somebody asks."""

from collections.abc import Iterable, Iterator

from litestar.datastructures import State
from msgspec.structs import asdict
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.pool import AsyncAdaptedQueuePool

from creatorvault import __version__
from creatorvault.accounts.jwks_cache import FETCHES
from creatorvault.core.limits.counters import SharedCounters
from creatorvault.core.telemetry.alerts import RAISED

NOW = frozenset({"bytes", "vaults"})
"""The figures of the corpora that are as of now; the others are counted since the start."""


class Figures(Collector):
    """Reads `app.state`, which has all its parts while the application's lifespan is open."""

    def __init__(self, state: State) -> None:
        self._state = state

    def collect(self) -> Iterable[Metric]:
        build = GaugeMetricFamily("creatorvault_build_info", "Always 1; the version is its label.", labels=["version"])
        build.add_metric([__version__], 1)
        yield build
        yield from self._pool()
        yield from self._search()
        yield from self._segments()
        yield from self._limits()
        yield from self._work()
        yield _gauge("keyring_vaults", "Vaults whose keys are held.", self._state.keyring.vaults_held)
        yield _gauge(
            "remembered_tokens", "Tokens that were verified and need not be again.", self._state.verifier.remembered
        )
        fetches = CounterMetricFamily(
            "creatorvault_jwks_fetches", "Requests for an issuer's keys.", labels=["issuer", "outcome"]
        )
        for (issuer, outcome), count in FETCHES.items():
            fetches.add_metric([issuer, outcome], count)
        yield fetches
        alerts = CounterMetricFamily("creatorvault_alarms", "Each asks for an operator.", labels=["code"])
        for code, count in RAISED.items():
            alerts.add_metric([code], count)
        yield alerts

    def _pool(self) -> Iterator[Metric]:
        pool = self._state.database.engine.pool
        if isinstance(pool, AsyncAdaptedQueuePool):
            yield _gauge("database_connections_in_use", "Connections that requests hold.", pool.checkedout())
            yield _gauge("database_connections_idle", "Open connections that wait for a request.", pool.checkedin())
            yield _gauge("database_connections_overflow", "Open beyond the pool's size.", max(0, pool.overflow()))
        statements = self._state.statements
        yield _gauge("database_glances_in_use", "Connections that single statements hold.", statements.in_use)
        yield _gauge("database_glances_idle", "Open connections that wait for such a statement.", statements.idle)

    def _search(self) -> Iterator[Metric]:
        for name, value in asdict(self._state.search_cache.figures()).items():
            if name in NOW:
                yield _gauge(f"search_{name}", f"Held in memory for searching: {name}.", value)
            else:
                yield CounterMetricFamily(f"creatorvault_search_{name}", f"Of the corpora: {name}.", value=value)

    def _segments(self) -> Iterator[Metric]:
        writer = self._state.segment_writer
        for name, count in (("written", writer.written), ("lost", writer.lost)):
            yield CounterMetricFamily(f"creatorvault_segments_{name}", f"Segments: {name}.", value=count)

    def _work(self) -> Iterator[Metric]:
        parts = self._state.searching
        yield _gauge("full_reads_under_way", "Vaults that are being read as a whole.", parts.full_reads.under_way)
        yield _gauge("full_reads_waiting", "Requests that wait for such a read.", parts.full_reads.waiting)
        yield CounterMetricFamily(
            "creatorvault_work_seconds", "Processor time of searches and full reads.", value=parts.allowance.seconds
        )
        yield _gauge(
            "work_longest_step_seconds", "The longest that such work held the event loop.", parts.allowance.longest_step
        )

    def _limits(self) -> Iterator[Metric]:
        limits = self._state.limits
        refused = CounterMetricFamily("creatorvault_limits_refused", "Requests answered 429.", labels=["policy"])
        for policy, count in limits.refused.items():
            refused.add_metric([policy], count)
        yield refused
        if isinstance(limits.counters, SharedCounters):
            yield _gauge("limits_storage_up", "0 while each process counts for itself.", int(limits.counters.shared))


def _gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"creatorvault_{name}", help_text, value=value)
