"""What one drill found, what it promised, and the table of all."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.faults.clients import Answer
from tests.faults.promises import table

ANSWER_MS: Final = 5000.0
RECOVERY_MS: Final = 1000.0
HEALTH_MS: Final = 100.0
HEADINGS: Final = (
    "fault", "requests", "2xx", "503", "other", "slowest ms", "lost", "duplicates", "recovery ms", "pool after",
    "health p99 ms", "verdict",
)  # fmt: skip


@dataclass
class Row:
    """`allowed` are the statuses besides 2xx and 503 that this fault may be answered with."""

    fault: str
    allowed: frozenset[int] = frozenset()
    recovery_limit_ms: float = RECOVERY_MS
    requests: int = 0
    ok: int = 0
    unavailable: int = 0
    others: Counter[int] = field(default_factory=Counter)
    slowest_ms: float = 0.0
    lost: int = 0
    duplicates: int = 0
    recovery_ms: float | None = None
    pool_after: str = "-"
    health_p99_ms: float | None = None
    broken: list[str] = field(default_factory=list)
    note: str = ""

    def count(self, answers: Iterable[Answer]) -> None:
        for answer in answers:
            self.requests += 1
            self.ok += answer.ok
            self.unavailable += answer.status == 503
            if not answer.ok and answer.status != 503:
                self.others[answer.status] += 1
            self.slowest_ms = max(self.slowest_ms, answer.seconds * 1000)

    def recovered(self, answers: Sequence[Answer], back_at: float) -> None:
        """How long after `back_at` the first request succeeded that had not been answered before."""
        successes = [answer.ended for answer in answers if answer.ok and answer.ended > back_at]
        self.recovery_ms = (min(successes) - back_at) * 1000 if successes else float("inf")

    def promise(self, holds: bool, otherwise: str) -> None:  # noqa: FBT001  # reads as the sentence it is
        if not holds:
            self.broken.append(otherwise)

    def judge(self) -> None:
        self.promise(self.requests > 0, "no request was made")
        refused = self.others.keys() - self.allowed
        self.promise(not refused, f"answers that are neither 2xx nor 503: {dict(self.others)}")
        self.promise(self.slowest_ms <= ANSWER_MS, f"an answer took {self.slowest_ms:.0f} ms")
        self.promise(self.lost == 0, f"{self.lost} acknowledged writes lost")
        self.promise(self.duplicates == 0, f"{self.duplicates} duplicates")
        self.promise(self.recovery_ms is None or self.recovery_ms <= self.recovery_limit_ms, "recovery took too long")
        self.promise(self.health_p99_ms is None or self.health_p99_ms <= HEALTH_MS, "/health was slow")

    @property
    def verdict(self) -> str:
        return self.note or "; ".join(self.broken) or "holds"

    def cells(self) -> tuple[str, ...]:
        return (
            self.fault,
            *(str(number) for number in (self.requests, self.ok, self.unavailable, self.others.total())),
            f"{self.slowest_ms:.0f}",
            str(self.lost),
            str(self.duplicates),
            *("-" if value is None else f"{value:.0f}" for value in (self.recovery_ms,)),
            self.pool_after,
            *("-" if value is None else f"{value:.1f}" for value in (self.health_p99_ms,)),
            self.verdict,
        )


def print_table(rows: Sequence[Row]) -> None:
    print(table(HEADINGS, [row.cells() for row in rows]))
