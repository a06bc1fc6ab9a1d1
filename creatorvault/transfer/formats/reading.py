"""From a creator's file to ideas: recognises the format, surveys the file, and yields what is in it.

All functions raise FileRefused, and nothing else, whatever the file holds. They read `file` from its beginning, and
leave it open. They do not write files: contents stay in memory, within the limits.

Ids of ideas from foreign formats are deterministic, so that importing a file twice adds nothing: uuid5 of `namespace`
and of what identifies the idea in its file. Ids are stored in clear text and may be made from content. `namespace` must
therefore be a secret of the vault that does not change, for example a random UUID that is stored sealed; otherwise
a thief of the database could confirm guesses of titles.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO, Final
from uuid import UUID

from creatorvault.transfer.formats.imported import Format, Limits, Parsed
from creatorvault.transfer.formats.survey import Survey, tallied

LIMITS: Final = Limits()


def recognised(name: str, file: BinaryIO, limits: Limits = LIMITS) -> Format:
    """Returns the format by content first, and by the file's name where contents look alike."""
    raise NotImplementedError


def parsed(file: BinaryIO, name: str, now: datetime, limits: Limits = LIMITS, *, namespace: UUID) -> Iterator[Parsed]:
    """Yields ideas, settings, mappings and losses in the order of the file, while it is read.

    A file may be refused after ideas were yielded: store nothing before a complete pass, `surveyed`, which finds the
    same. Every id is yielded once.
    """
    raise NotImplementedError


def surveyed(file: BinaryIO, name: str, now: datetime, limits: Limits = LIMITS, *, namespace: UUID) -> Survey:
    """Reads the whole file and returns the summary."""
    found = recognised(name, file, limits)
    return tallied(found, parsed(file, name, now, limits, namespace=namespace))
