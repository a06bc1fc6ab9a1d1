"""How much of what is exhaustive a run tests: `make test` a random part, `.ci/run` a larger one, EVERY_CASE=1 all.

Each run takes another part, so what one leaves out others test. The part can be chosen again: that of `make test` by
the seed that pytest-randomly prints (`PYTEST="--randomly-seed=…"`), that of `.ci/run` by the commit, as it also decides
what is covered.
"""

import math
import os
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import pytest

EVERY_CASE: Final = bool(os.environ.get("EVERY_CASE"))
IN_CI: Final = EVERY_CASE or bool(os.environ.get("CI"))
FEW: Final = 4
"""The number of cases of one test that every run tests."""

SHARE: Final = 0.2 if IN_CI else 0.05
"""The share of more cases."""

MORE_IN_CI: Final = 2
"""How many times as much of a table CI tests as `make test`."""

COVERED_WHOLLY: Final = tuple(f"tests/{name}/" for name in ("accounts", "admin", "audit", "crypto", "tenants"))
"""Of these, CI leaves nothing out, since it asks for each line and branch of the packages."""


def sampled[T](cases: Iterable[T], share: float = 0.1) -> list[T]:
    """Returns a random share of the cases, in their order, and at least one; in CI a larger share."""
    every = list(cases)
    if EVERY_CASE or not every:
        return every
    count = math.ceil(len(every) * min(1.0, share * MORE_IN_CI if IN_CI else share))
    chosen = random.sample(range(len(every)), count)
    return [every[place] for place in sorted(chosen)]


def left_out(items: Sequence[pytest.Item], seed: str) -> Iterator[pytest.Item]:
    """Yields a random part of the cases of each test that has many. The same for the same items in another order."""
    if EVERY_CASE:
        return
    cases: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in sorted(items, key=lambda item: item.nodeid):
        cases[item.nodeid.partition("[")[0]].append(item)
    for test, every in cases.items():
        if not (IN_CI and test.startswith(COVERED_WHOLLY)):
            kept = min(len(every), FEW + round(SHARE * max(0, len(every) - FEW)))
            yield from random.Random(f"{seed} {test}").sample(every, len(every) - kept)
