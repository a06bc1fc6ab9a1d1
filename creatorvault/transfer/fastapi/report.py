"""What an import finds: numbers, and lines with ids and reasons. Nothing of any idea."""

import os
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from io import FileIO
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from creatorvault.settings.printable import one_line
from creatorvault.transfer.fastapi.digests import DigestSum
from creatorvault.transfer.fastapi.rows import BrokenRow

type Say = Callable[[str], None]

LISTED: Final = 20
"""Lines of each kind that are shown on the screen."""

OWNERS_NAMED: Final = 20


class Kind(StrEnum):
    """Of a line: what has become of a row or of an idea.

    - broken: the row cannot be an idea.
    - refused: the vault does not take it.
    - conflict: the creator has changed or deleted the idea in CreatorVault. It stays as it is.
    - mismatch: the stored idea is not that of the source.
    - missing: the idea was imported, and is no row of the source any more.
    - deleted: the same, and it was deleted.
    """

    BROKEN = "broken"
    REFUSED = "refused"
    CONFLICT = "conflict"
    MISMATCH = "mismatch"
    MISSING = "missing"
    DELETED = "deleted"


class Line(msgspec.Struct, frozen=True):
    """A line of the report."""

    kind: Kind
    user_id: str
    id: str
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        return one_line(f"{self.kind} {self.id} of {self.user_id}: {', '.join(self.reasons)}")


class Closing(msgspec.Struct, frozen=True, kw_only=True):
    """The last line of a report."""

    kind: str = "report"
    rows: int
    accepted: int
    broken: int
    reasons: dict[str, int]
    stored: int
    already_stored: int
    replaced: int
    conflicts: int
    refused: int
    mismatches: int
    missing: int
    deleted: int
    source_digest: str
    vaults_digest: str
    equal: bool


@dataclass(slots=True)
class Tally:
    """Numbers of one pass. `rows` are `accepted` or broken; the accepted ones are stored by this pass, were stored
    before, replaced by this pass, refused, conflicts or mismatches.

    `remembered` of the rows were imported by this pass or an earlier one. The digests are over all accepted rows but
    refused ones and conflicts: as the source has them, and as the vaults have them.
    """

    rows: int = 0
    accepted: int = 0
    stored: int = 0
    already_stored: int = 0
    replaced: int = 0
    remembered: int = 0
    lines: Counter[Kind] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    mismatching_owners: dict[str, None] = field(default_factory=dict)
    source: DigestSum = field(default_factory=DigestSum)
    vaults: DigestSum = field(default_factory=DigestSum)

    @property
    def changes(self) -> int:
        return self.stored + self.replaced

    @property
    def is_equal(self) -> bool:
        return self.source.value == self.vaults.value and not self.lines[Kind.MISMATCH]

    @property
    def closing(self) -> Closing:
        return Closing(
            rows=self.rows,
            accepted=self.accepted,
            broken=self.lines[Kind.BROKEN],
            reasons=dict(sorted(self.reasons.items())),
            stored=self.stored,
            already_stored=self.already_stored,
            replaced=self.replaced,
            conflicts=self.lines[Kind.CONFLICT],
            refused=self.lines[Kind.REFUSED],
            mismatches=self.lines[Kind.MISMATCH],
            missing=self.lines[Kind.MISSING],
            deleted=self.lines[Kind.DELETED],
            source_digest=self.source.text,
            vaults_digest=self.vaults.text,
            equal=self.is_equal,
        )


class Report:
    """Of one pass. Lines go to the file if there is one, else the first ones to the screen."""

    def __init__(self, say: Say, file: Path | None) -> None:
        """Empties the file, which only this user can read. Raises OSError."""
        self.tally = Tally()
        self._say = say
        self._file = None if file is None else _opened(file)

    def finish(self) -> None:
        """Writes the last line: a file without it is of a pass that was interrupted."""
        if self._file is not None:
            self._file.write(msgspec.json.encode(self.tally.closing) + b"\n")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def broken(self, row: BrokenRow) -> None:
        self.tally.reasons.update(row.reasons)
        self._line(Line(Kind.BROKEN, row.user_id, row.id, tuple(row.reasons)))

    def found(self, kind: Kind, user_id: str, ids: Iterable[UUID | str], reason: str) -> None:
        for idea_id in ids:
            self._line(Line(kind, user_id, str(idea_id), (reason,)))
        if kind is Kind.MISMATCH and len(self.tally.mismatching_owners) < OWNERS_NAMED:
            self.tally.mismatching_owners[user_id] = None

    def _line(self, line: Line) -> None:
        self.tally.lines[line.kind] += 1
        if self._file is not None:
            self._file.write(msgspec.json.encode(line) + b"\n")
        elif self.tally.lines[line.kind] <= LISTED:
            self._say(str(line))
        elif self.tally.lines[line.kind] == LISTED + 1:
            self._say(f"{line.kind}: more of them; --report lists all")


def _opened(file: Path) -> FileIO:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with suppress(OSError):  # a file that somebody else owns
        os.fchmod(descriptor, 0o600)
    return FileIO(descriptor, "w", closefd=True)


def summary(tally: Tally, *, dry_run: bool = False) -> list[str]:
    """For the screen."""
    closing = tally.closing
    lines = [f"{closing.rows:,} rows read: {closing.accepted:,} accepted, {closing.broken:,} broken."]
    lines += [f"  {count:,} × {reason}" for reason, count in closing.reasons.items()]
    if dry_run:
        return [*lines, "Nothing was stored."]
    lines.append(
        f"{closing.stored:,} ideas stored, {closing.already_stored:,} stored before, {closing.replaced:,} replaced."
    )
    lines += [
        f"{count:,} {what}."
        for count, what in (
            (closing.refused, "refused by their vaults"),
            (closing.conflicts, "conflicts: their creators have changed or deleted them here, and they stay so"),
            (closing.missing, "are no rows of the source any more, and stay: --delete-missing deletes them"),
            (closing.deleted, "were no rows of the source any more, and are deleted"),
        )
        if count
    ]
    lines.append(f"digest of the source: {closing.source_digest}")
    lines.append(f"digest of the vaults: {closing.vaults_digest}, {'equal' if closing.equal else 'NOT EQUAL'}")
    return lines
