"""Clocks that a test moves."""

import time
from dataclasses import dataclass
from typing import Final

from tests.application import House

TEN_MINUTES: Final = 600.0


@dataclass
class Clock:
    """`ahead` is in seconds."""

    ahead: float = 0.0

    def __call__(self) -> float:
        return time.monotonic() + self.ahead

    def move(self, seconds: float) -> None:
        self.ahead += seconds


def clock_of(house: House) -> Clock:
    """Gives keyring and providers of the application a clock that can be moved."""
    house.parts.keyring.clock = house.parts.root_keys.clock = clock = Clock()
    return clock
