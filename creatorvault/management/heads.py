"""What `creatorvault audit heads` prints to be stored elsewhere, beside the ends of the chains of the audit log.

Each line begins with a word that names its source; those of the audit log begin with a tenant's id.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Final, Protocol

import rich_click as click

from creatorvault.core.database.sessions import ReadSession

OF_THE_AUDIT_LOG: Final = ""
PRINTED_BY: Final = "`creatorvault audit heads`"

type KeptHeads = Mapping[str, Sequence[Sequence[str]]]
"""The words of each line, without the first one, by that first word; `OF_THE_AUDIT_LOG` in lines without it."""


class HeadSource(Protocol):
    """An app's statements that show whether the database was set back as a whole."""

    @property
    def word(self) -> str:
        """The first word of its lines."""

    def heads(self, session: ReadSession) -> AsyncGenerator[Sequence[str]]:
        """Yields the further words of each line, in ASCII without white space. `session` is an operator's."""

    def check(self, kept: Sequence[Sequence[str]]) -> None:
        """Raises ValueError if `kept` are not the words of its lines."""

    def findings(self, session: ReadSession, kept: Sequence[Sequence[str]]) -> AsyncGenerator[str]:
        """Yields what the database shows to be earlier than `kept`."""


def read_heads(file: Path, sources: Sequence[HeadSource]) -> KeptHeads:
    """Raises ClickException if the file cannot be read, or a line is none of its source."""
    words = {source.word for source in sources}
    kept: dict[str, list[Sequence[str]]] = {OF_THE_AUDIT_LOG: [], **{word: [] for word in words}}
    try:
        for line in file.read_text(encoding="ascii").splitlines():
            first, *others = line.split()
            kept[first if first in words else OF_THE_AUDIT_LOG].append(others if first in words else [first, *others])
        for source in sources:
            source.check(kept[source.word])
    except OSError as error:
        raise click.ClickException(f"--heads: {file}: {error.strerror}") from error
    except ValueError as error:
        raise click.ClickException(f"--heads: {file} is not what {PRINTED_BY} prints") from error
    return kept
