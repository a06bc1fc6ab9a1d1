"""Outcomes in a file, one a line, so that a run which was interrupted goes on."""

import json
from pathlib import Path

from benchmarks.mutants.laboratory import Outcome


class Journal:
    def __init__(self, file: Path | None) -> None:
        self._file = file
        self._known: dict[str, Outcome] = {}
        if file is not None and file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                name, *outcome = json.loads(line)
                self._known[name] = Outcome(*outcome)

    def get(self, name: str) -> Outcome | None:
        return self._known.get(name)

    def put(self, name: str, outcome: Outcome) -> None:
        self._known[name] = outcome
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps([name, *outcome]) + "\n")
