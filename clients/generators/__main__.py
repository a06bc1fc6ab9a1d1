"""Generates a client with each generator, compiles it strictly, and lets it call a live service: `make clients`.

    .venv/bin/python -m clients.generators [--only NAME] [--published DOCUMENT]

Clients of the service that this one replaces are generated from its document, which is not part of the repository.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from clients.generators.expectations import CALLS, STREAMED
from clients.generators.generating import CLIENTS, ROOT, Client, Failed, compile_strictly, generate
from clients.generators.running import SECONDS, Scenario
from clients.generators.service import serving

DOCUMENT: Final = ROOT / "docs" / "openapi.json"
PUBLISHED: Final = ROOT.parent / "shared" / "contract" / "openapi-structure.json"
AT_ONCE: Final = os.cpu_count() or 2


class Row:
    """What the table says about one client."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.generates = "-"
        self.compiles = "-"
        self.scenario: Scenario | None = None
        self.problems: list[str] = []

    def prepare(self, document: Path, folder: Path) -> None:
        try:
            generate(self.client, document, folder)
            self.generates = "yes"
            compile_strictly(self.client, folder)
            self.compiles = "yes"
        except Failed as problem:
            self.problems.append(str(problem))

    def judge(self) -> None:
        if self.scenario is not None:
            self.scenario.end()
            self.problems += self.scenario.failures()

    @property
    def calls(self) -> str:
        if self.scenario is None:
            return "-"
        total = len(self.scenario.expected)
        return f"{total - len(self.scenario.failures())}/{total}"

    @property
    def cells(self) -> Sequence[str]:
        return self.client.name, self.generates, self.compiles, self.calls


def uncalled(document: Path) -> Sequence[str]:
    """Returns the operations of the document that no scenario calls."""
    paths: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(document.read_text(encoding="utf-8"))["paths"]
    ids = {operation["operationId"] for path in paths.values() for operation in path.values()}
    return sorted(ids - {call.operation for call in CALLS.values()} - STREAMED)


def show(rows: Sequence[Row]) -> None:
    table = [("generator", "generates", "compiles", "calls"), *(row.cells for row in rows)]
    widths = [max(len(line[column]) for line in table) for column in range(4)]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def run(chosen: Sequence[Client], published: Path, work: Path) -> Sequence[Row]:
    rows = [Row(client) for client in chosen]
    home = work / "home"
    with ThreadPoolExecutor(AT_ONCE) as pool, serving(home) as service:
        list(
            pool.map(
                lambda row: row.prepare(published if row.client.published else DOCUMENT, work / str(rows.index(row))),
                rows,
            )
        )
        for number, row in enumerate(rows):
            if row.compiles == "yes":
                row.scenario = Scenario(row.client, work / str(number), service.stage(f"client-{number}"))
        scenarios = [row.scenario for row in rows if row.scenario is not None]
        for scenario in scenarios:
            scenario.paused.wait(SECONDS)
        service.stop_database()
        for scenario in scenarios:
            scenario.go_on()
        for row in rows:
            row.judge()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(prog="clients.generators")
    parser.add_argument("--only", help="part of a generator's name")
    parser.add_argument("--published", type=Path, default=Path(os.environ.get("PUBLISHED_DOCUMENT", PUBLISHED)))
    given = parser.parse_args()
    began = time.monotonic()
    chosen = [client for client in CLIENTS if given.only is None or given.only in client.name]
    if not given.published.is_file():
        print("Skipped the clients of the replaced service: its document is not beside this checkout")
        chosen = [client for client in chosen if not client.published]
    with tempfile.TemporaryDirectory(prefix="creatorvault-clients-") as folder:
        Path(folder).chmod(0o755)  # PostgreSQL is not root, and has to reach its files
        rows = run(chosen, given.published.absolute(), Path(folder))
    for row in rows:
        for problem in row.problems:
            print(f"{row.client.name}: {problem}", file=sys.stderr)
    if missing := uncalled(DOCUMENT):
        print(f"No scenario calls {', '.join(missing)}", file=sys.stderr)
    show(rows)
    print(f"{time.monotonic() - began:.0f} s")
    sys.exit(bool(missing) or any(row.problems for row in rows))


if __name__ == "__main__":
    main()
