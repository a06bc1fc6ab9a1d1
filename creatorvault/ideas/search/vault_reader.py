"""How a search index reads a vault."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Protocol

from creatorvault.core.identifiers import VaultRevision, VaultVersion
from creatorvault.ideas.search.blocks import Block


class VaultReader(Protocol):
    """A vault as of one database snapshot.

    Every result must come from the snapshot that shows `version`; in PostgreSQL this requires REPEATABLE READ.
    """

    @property
    def version(self) -> VaultVersion: ...

    def changed_since(self, revision: VaultRevision) -> AsyncGenerator[Block]:
        """Yields the ideas last changed after `revision`, each once."""

    def live_ids(self) -> AsyncGenerator[Sequence[bytes]]:
        """Yields the ids of all ideas of the vault, 16 bytes each, in batches."""

    async def bodies(self, stamps: Mapping[bytes, int]) -> Mapping[bytes, bytes]:
        """As `filters.Bodies`."""
