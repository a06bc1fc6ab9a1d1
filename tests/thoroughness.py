"""What is tested exhaustively in CI, and by a random part in `make test`."""

import math
import os
import random
from collections.abc import Iterable
from typing import Final

IN_CI: Final = bool(os.environ.get("CI"))


def sampled[T](cases: Iterable[T], share: float = 0.1) -> list[T]:
    """Returns all cases in CI, else a random share of them, in their order, and at least one.

    pytest-randomly seeds `random` and prints the seed, so that a failure can be repeated: `PYTEST="--randomly-seed=…"`.
    """
    every = list(cases)
    if IN_CI or not every:
        return every
    chosen = random.sample(range(len(every)), math.ceil(len(every) * share))
    return [every[place] for place in sorted(chosen)]
