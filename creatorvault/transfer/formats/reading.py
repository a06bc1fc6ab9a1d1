"""From a creator's file to ideas: recognises the format, surveys the file, and yields what is in it.

All functions raise FileRefused, and nothing else, whatever the file holds. They read `file` from its beginning, and
leave it open. They do not write files: contents stay in memory, within the limits.

Ids of ideas from foreign formats are deterministic, so that importing a file twice adds nothing: uuid5 of `namespace`
and of what identifies the idea in its file. Ids are stored in clear text and may be made from content. `namespace` must
therefore be a secret of the vault that does not change, for example a random UUID that is stored sealed; otherwise
a thief of the database could confirm guesses of titles.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import BinaryIO, Final
from uuid import UUID

from creatorvault.transfer.formats.archives import Archive
from creatorvault.transfer.formats.delimited import table_ideas
from creatorvault.transfer.formats.imported import (
    Context,
    FileRefused,
    Format,
    ImportedIdea,
    Limits,
    Loss,
    LossKind,
    Mapping,
    Parsed,
)
from creatorvault.transfer.formats.markdown import page_ideas, vault_ideas
from creatorvault.transfer.formats.notion import workspace_ideas
from creatorvault.transfer.formats.own import own_ideas
from creatorvault.transfer.formats.recognition import opened
from creatorvault.transfer.formats.survey import Survey, tallied
from creatorvault.transfer.formats.trello import board_ideas

LIMITS: Final = Limits()
MOST_MAPPINGS: Final = 500
REPEATED: Final = "An idea with the same id comes before it in the file"


def recognised(name: str, file: BinaryIO, limits: Limits = LIMITS) -> Format:
    """Returns the format by content first, and by the file's name where contents look alike."""
    return opened(name, file, limits)[0]


def parsed(file: BinaryIO, name: str, now: datetime, limits: Limits = LIMITS, *, namespace: UUID) -> Iterator[Parsed]:
    """Yields ideas, settings, mappings and losses in the order of the file, while it is read.

    A file may be refused after ideas were yielded: store nothing before a complete pass, `surveyed`, which finds the
    same. Every id is yielded once.
    """
    found, archive = opened(name, file, limits)
    context = Context(name, now.astimezone(UTC), namespace, limits)
    return _checked(_items(found, archive, file, context), limits, may_be_empty=found is Format.OWN)


def surveyed(file: BinaryIO, name: str, now: datetime, limits: Limits = LIMITS, *, namespace: UUID) -> Survey:
    """Reads the whole file and returns the summary. Raises FileRefused for every file that `parsed` refuses."""
    found, archive = opened(name, file, limits)
    context = Context(name, now.astimezone(UTC), namespace, limits)
    items = _items(found, archive, file, context)
    return tallied(found, _checked(items, limits, may_be_empty=found is Format.OWN))


def _items(found: Format, archive: Archive | None, file: BinaryIO, context: Context) -> Iterator[Parsed]:
    match found:
        case Format.OWN:
            return own_ideas(file, context)
        case Format.TRELLO:
            return board_ideas(file, context)
        case Format.CSV:
            return table_ideas(file, context)
        case Format.NOTION if archive is not None:
            return workspace_ideas(archive, context)
        case _ if archive is not None:
            return vault_ideas(archive, context)
    return page_ideas(file, context)


def _checked(items: Iterator[Parsed], limits: Limits, *, may_be_empty: bool) -> Iterator[Parsed]:
    """Leaves repeated ids and mappings out, and refuses a file with too many ideas, or with nothing to tell of."""
    known: set[bytes] = set()
    mappings: set[Mapping] = set()
    is_empty = True
    for item in items:
        if isinstance(item, Mapping):
            if item not in mappings and len(mappings) < MOST_MAPPINGS:
                mappings.add(item)
                yield item
            continue
        if isinstance(item, ImportedIdea):
            if item.id.bytes in known:
                yield Loss(LossKind.ROW_REPEATED, item.source, None, REPEATED, 1 + len(item.versions))
                continue
            known.add(item.id.bytes)
            if len(known) > limits.most_ideas:
                raise FileRefused("too_many_ideas", f"The file has more than {limits.most_ideas} ideas")
        is_empty = False
        yield item
    if is_empty and not may_be_empty:
        raise FileRefused("nothing_to_import", "The file holds no ideas")
