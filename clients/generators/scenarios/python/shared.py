"""Input and output that the scenarios of all Python clients share."""

import json
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

type Fact = str | int | bool | Sequence[Fact] | None
type Facts = Mapping[str, Fact]

NOBODY: Final = UUID("00000000-0000-4000-8000-000000000000")
UNMATCHED: Final = '"no such version"'
DUE: Final = datetime.fromisoformat("2026-12-24T18:00:00+05:30")
PASSPHRASE: Final = "correct horse battery staple"
FILE: Final = b"title,stage\nImported,outline\n"


@dataclass(frozen=True)
class Person:
    id: str
    token: str


@dataclass(frozen=True)
class Stage:
    """What `service.py` has prepared for one client; every client has its own people."""

    url: str
    creator: Person
    stranger: Person
    leaver: Person
    hurried: Person
    owner: Person
    organization: str
    operator: str
    viewer: str
    second_tenant: str


def read_stage() -> Stage:
    given = json.loads(os.environ["STAGE"])
    return Stage(
        url=given["url"],
        creator=Person(**given["creator"]),
        stranger=Person(**given["stranger"]),
        leaver=Person(**given["leaver"]),
        hurried=Person(**given["hurried"]),
        owner=Person(**given["owner"]),
        organization=given["organization"],
        operator=given["operator"],
        viewer=given["viewer"],
        second_tenant=given["secondTenant"],
    )


def seen(call: str, status: int, facts: Facts | None = None) -> None:
    """Reports one call. `expectations.py` has the status and the facts that are right."""
    print(json.dumps({"call": call, "status": status, "facts": facts or {}}), flush=True)


def instant(when: datetime | None) -> str | None:
    """Returns a time as the service writes it."""
    return None if when is None else when.astimezone(UTC).isoformat().replace("+00:00", "Z")


def until(when: datetime | None) -> None:
    """Waits until an erasure may be confirmed."""
    if when is not None:
        time.sleep(max(0.0, (when - datetime.now(UTC)).total_seconds() + 0.05))


def outage() -> None:
    """Waits until the database of the service has been stopped."""
    print(json.dumps({"waits": "outage"}), flush=True)
    sys.stdin.readline()


def walk(page: Callable[[str], tuple[Sequence[str], str | None]]) -> Facts:
    """Reads pages, given as titles and the next cursor, until there is none."""
    titles: list[str] = []
    pages = 0
    cursor: str | None = ""
    while cursor is not None:
        more, cursor = page(cursor)
        titles += more
        pages += 1
    return {"titles": titles, "pages": pages}
