"""Checks of the Python that runs the service. Only `creatorvault check` runs them."""

import sysconfig
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


OPTIMISED: Final = "--enable-optimizations"


async def build_check(installation: Installation) -> Iterable[Message]:
    """Returns a warning with `--deploy` if Python was built without profile-guided optimisation."""
    if not installation.deploy or is_optimised():
        return []
    return [
        Message(
            "core.W017",
            "This Python was built without optimisation, so the service answers up to a third fewer requests.",
            f"Take one that was configured with {OPTIMISED} --with-lto, as the image does.",
        )
    ]


def is_optimised() -> bool:
    return OPTIMISED in (sysconfig.get_config_var("CONFIG_ARGS") or "")


async def normalisation_check(installation: Installation) -> Iterable[Message]:
    """Returns an error with `--deploy`, otherwise a warning, if this Python normalises text in quadratic time.

    Our own folding is linear on every Python (`ideas/text/folding.py`), so an affected version does not prevent the
    service from starting; but a library that normalises client input would block it (python/cpython#149079).
    """
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
