"""Mutants that may survive: `survivors.toml` says why."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple, Self

FILE: Final = Path(__file__).with_name("survivors.toml")
EQUIVALENT: Final = "equivalent"
ACCEPTED: Final = "accepted"


class Survivor(NamedTuple):
    """`equivalent` has no effect that anybody could notice; `accepted` has one that no test is worth."""

    verdict: str
    reason: str


class Survivors:
    def __init__(self, known: Mapping[str, Survivor]) -> None:
        self._known = known

    @classmethod
    def read(cls) -> Self:
        """Raises ValueError for an entry without a verdict or a reason."""
        known: dict[str, Survivor] = {}
        for entry in tomllib.loads(FILE.read_text(encoding="utf-8")).get("survivor", []):
            if entry["verdict"] not in {EQUIVALENT, ACCEPTED} or not entry["reason"]:
                raise ValueError(f"survivor {entry['id']} has no verdict or no reason")
            known[entry["id"]] = Survivor(entry["verdict"], entry["reason"])
        return cls(known)

    def get(self, mutant: str) -> Survivor | None:
        return self._known.get(mutant)
