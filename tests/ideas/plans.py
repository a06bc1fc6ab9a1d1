"""Reads query plans from EXPLAIN."""

import json
from collections.abc import Iterator
from typing import Any


def nodes_of(explained: str) -> list[dict[str, Any]]:
    """Returns the nodes of `EXPLAIN (FORMAT JSON)`."""
    return list(_inner(json.loads(explained)[0]["Plan"]))


def _inner(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from _inner(inner)
