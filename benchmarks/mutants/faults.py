"""A designed fault: a text of the code, and what a careless or a malicious hand would write instead."""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.mutants.sandbox import CHECKOUT


class Fault(NamedTuple):
    """`noticed_by` are the files and folders of tests that have to notice it."""

    name: str
    path: str
    before: str
    after: str
    noticed_by: tuple[str, ...]

    def text(self) -> str:
        """The file with the fault."""
        return self._read().replace(self.before, self.after)

    def lines(self) -> range:
        """The lines that are changed, counted from 1."""
        text = self._read()
        start = text.index(self.before)
        first = text.count("\n", 0, start) + 1
        return range(first, first + self.before.rstrip("\n").count("\n") + 1)

    def problem(self) -> str | None:
        found = self._read().count(self.before) if (CHECKOUT / self.path).exists() else 0
        if found != 1:
            return f"{self.name}: {self.path} has its text {found} times instead of once: {self.before.strip()!r}"
        return next(
            (f"{self.name}: there is no {path}" for path in self.noticed_by if not (CHECKOUT / path).exists()), None
        )

    def _read(self) -> str:
        return (CHECKOUT / self.path).read_text(encoding="utf-8")


def problems(faults: Sequence[Fault]) -> list[str]:
    """Of faults that have to be adapted, since the code has moved on."""
    names = Counter(fault.name for fault in faults)
    twice = [f"{name}: another fault has this name" for name, count in names.items() if count > 1]
    return twice + [problem for fault in faults if (problem := fault.problem()) is not None]
