"""Figures over time, from what all processes have stored."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import msgspec

from creatorvault.core.database.sessions import ReadSession, run
from creatorvault.figures.counting import Counted
from creatorvault.figures.durations import BUCKETS, percentile
from creatorvault.figures.sampling import QUEUE_EVERY, VAULTS_EVERY
from creatorvault.figures.schemas import AlertFigures, FiguresPoint, FiguresSeries, Span
from creatorvault.figures.statements.series import ALERTS, QUEUE_SAMPLES, REQUESTS, VAULT_SAMPLES

MISSED: Final = 2
"""A sample counts until this many times of its interval have passed: the next one may be late."""

_versions: Final = msgspec.json.Decoder(dict[str, int])


class Steps(NamedTuple):
    length: timedelta
    number: int

    def until(self, now: datetime) -> list[datetime]:
        """Returns when the steps begin, the last of which is not over. They are the same ones at any time."""
        epoch = datetime(2000, 1, 1, tzinfo=UTC)
        last = epoch + (now - epoch) // self.length * self.length
        return [last - self.length * back for back in reversed(range(self.number))]


SPANS: Final[Mapping[Span, Steps]] = {
    "hour": Steps(timedelta(minutes=1), 60),
    "day": Steps(timedelta(minutes=5), 288),
    "week": Steps(timedelta(hours=1), 168),
}
NOTHING: Final = Counted(0, 0, [0] * BUCKETS)


class VaultSample(NamedTuple):
    taken_at: datetime
    vaults: int
    ideas: int
    sealed_bytes: int
    key_versions: str


class QueueSample(NamedTuple):
    taken_at: datetime
    waiting: int
    failed: int


class FiguresService:
    """Reads the series from one snapshot."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session

    async def series(self, span: Span, now: datetime) -> FiguresSeries:
        steps = SPANS[span]
        times, seconds = steps.until(now), steps.length.total_seconds()
        requests = {at: Counted(*counted) for at, *counted in await run(self._session, REQUESTS, seconds, times[0])}
        alerts = [AlertRow(*row) for row in await run(self._session, ALERTS, seconds, times[0])]
        vaults = await self._samples(VAULT_SAMPLES, VaultSample, times, steps.length, VAULTS_EVERY * MISSED)
        queue = await self._samples(QUEUE_SAMPLES, QueueSample, times, steps.length, QUEUE_EVERY * MISSED)
        raised: defaultdict[datetime, dict[str, int]] = defaultdict(dict)
        for row in alerts:
            raised[row.at][row.code] = row.number
        return FiguresSeries(
            span=span,
            step_seconds=int(seconds),
            items=[
                _point(at, requests.get(at, NOTHING), vaults.get(at), queue.get(at), raised.get(at, {})) for at in times
            ],
            alerts=_by_code(alerts),
        )

    async def _samples[S: (VaultSample, QueueSample)](
        self, statement: str, kind: type[S], times: Sequence[datetime], step: timedelta, lasting: timedelta
    ) -> Mapping[datetime, S]:
        """Returns the sample of each step, or the last one before if it is not older than `lasting`."""
        rows = await run(self._session, statement, step.total_seconds(), times[0] - lasting)
        taken = {at: kind(*sample) for at, *sample in rows}
        last = next((sample for at, sample in reversed(taken.items()) if at < times[0]), None)
        found = {}
        for at in times:
            last = taken.get(at, last)
            if last is not None and at - last.taken_at <= lasting:
                found[at] = last
        return found


class AlertRow(NamedTuple):
    at: datetime
    code: str
    number: int
    last_at: datetime


def _point(
    at: datetime,
    counted: Counted,
    vaults: VaultSample | None,
    queue: QueueSample | None,
    alerts: dict[str, int],
) -> FiguresPoint:
    return FiguresPoint(
        at=at,
        requests=sum(counted.durations),
        errors=counted.errors,
        writes=counted.writes,
        p50_milliseconds=percentile(counted.durations, 50),
        p95_milliseconds=percentile(counted.durations, 95),
        p99_milliseconds=percentile(counted.durations, 99),
        vaults=None if vaults is None else vaults.vaults,
        ideas=None if vaults is None else vaults.ideas,
        sealed_bytes=None if vaults is None else vaults.sealed_bytes,
        key_versions={} if vaults is None else _versions.decode(vaults.key_versions),
        jobs_waiting=None if queue is None else queue.waiting,
        jobs_failed=None if queue is None else queue.failed,
        alerts=alerts,
    )


def _by_code(rows: Sequence[AlertRow]) -> list[AlertFigures]:
    counts: Counter[str] = Counter()
    for row in rows:
        counts[row.code] += row.number
    last = {row.code: row.last_at for row in rows}  # the rows are in the order of time
    found = [AlertFigures(code=code, count=counts[code], last_at=at) for code, at in last.items()]
    return sorted(found, key=lambda alert: (alert.last_at, alert.code), reverse=True)
