"""Checks whether this Python normalises text in quadratic time (python/cpython#149079).

Only `creatorvault check` runs it. Our own folding is linear on every Python (`ideas/text/folding.py`), so an affected
version does not prevent the service from starting; but a library that normalises client input would block it.
"""

from collections.abc import Callable, Iterable
from time import process_time
from typing import Final
from unicodedata import normalize

from creatorvault.management.checks import Installation, Message

HALF: Final = 250
FACTOR: Final = 4
MEASURED: Final = 7
SUSPECT: Final = FACTOR * 2
"""A text that is four times as long takes four times as long, or sixteen times if the time is quadratic."""


async def normalisation_check(installation: Installation) -> Iterable[Message]:
    """Returns an error with `--deploy`, otherwise a warning."""
    if not is_quadratic(normalised):
        return []
    return [
        Message(
            "core.E013" if installation.deploy else "core.W008",
            "This Python normalises text in quadratic time (python/cpython#149079).",
            "Take a release of Python that has the fix. The service runs on this one too, and folds in linear time.",
        )
    ]


def is_quadratic(work: Callable[[str], object]) -> bool:
    """Measures processor time for marks in non-canonical order, the best of several runs."""
    return _seconds(work, HALF * FACTOR) > SUSPECT * _seconds(work, HALF)


def normalised(text: str) -> str:
    return normalize("NFD", text)


def _seconds(work: Callable[[str], object], half: int) -> float:
    text = "a" + "\u0315" * half + "\u0323" * half
    return min(_once(work, text) for _ in range(MEASURED))


def _once(work: Callable[[str], object], text: str) -> float:
    begun = process_time()
    work(text)
    return process_time() - begun
