"""The summary of a file that a creator sees before anything is stored."""

from collections.abc import Iterable
from typing import Final

import msgspec

from creatorvault.transfer.formats.imported import (
    Format,
    ImportedIdea,
    ImportedSettings,
    Loss,
    LossKind,
    Mapping,
    Parsed,
)

MOST_EXAMPLES: Final = 5
MOST_GROUPS: Final = 500
OTHERS: Final = "Further fields or reasons of this kind"


class LossGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Losses with the same kind, field and message. `times` is their number, `count` the sum of their counts.

    `examples` are the first few places.
    """

    kind: LossKind
    field: str | None
    message: str
    times: int
    count: int
    examples: list[str]


class Survey(msgspec.Struct, frozen=True, kw_only=True):
    """`ideas` counts live ideas, `trashed` those with a time of deletion."""

    format: Format
    ideas: int
    trashed: int
    versions: int
    settings: ImportedSettings | None
    mappings: list[Mapping]
    losses: list[LossGroup]


class Tally:
    """Adds up one pass over a file, in bounded memory: `parsed` yields each mapping once, and few of them."""

    def __init__(self) -> None:
        self.ideas = self.trashed = self.versions = 0
        self.settings: ImportedSettings | None = None
        self._mappings: list[Mapping] = []
        self._losses: dict[tuple[LossKind, str | None, str], LossGroup] = {}

    def add(self, parsed: Parsed) -> None:
        match parsed:
            case ImportedIdea():
                if parsed.deleted_at is None:
                    self.ideas += 1
                else:
                    self.trashed += 1
                self.versions += len(parsed.versions)
            case Loss():
                self._add_loss(parsed)
            case Mapping():
                self._mappings.append(parsed)
            case ImportedSettings():
                self.settings = parsed

    def survey(self, found: Format) -> Survey:
        return Survey(
            format=found,
            ideas=self.ideas,
            trashed=self.trashed,
            versions=self.versions,
            settings=self.settings,
            mappings=self._mappings,
            losses=list(self._losses.values()),
        )

    def _add_loss(self, loss: Loss) -> None:
        key = (loss.kind, loss.field, loss.message)
        if key not in self._losses and len(self._losses) >= MOST_GROUPS:
            key = (loss.kind, None, OTHERS)
        kind, field, message = key
        before = self._losses.get(key)
        times, count, examples = (before.times, before.count, before.examples) if before else (0, 0, [])
        if len(examples) < MOST_EXAMPLES:
            examples = [*examples, loss.where]
        self._losses[key] = LossGroup(
            kind=kind, field=field, message=message, times=times + 1, count=count + loss.count, examples=examples
        )


def tallied(found: Format, items: Iterable[Parsed]) -> Survey:
    tally = Tally()
    for item in items:
        tally.add(item)
    return tally.survey(found)
