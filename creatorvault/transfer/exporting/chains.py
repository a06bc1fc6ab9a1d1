"""Checks that no kept version of an idea is missing, as docs/encryption.md demands of readers."""

from datetime import datetime

from creatorvault.core.identifiers import vault_ids
from creatorvault.ideas.history.sealing import VersionColumns
from creatorvault.ideas.sealing import NONE_KEPT, IdeaColumns
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.tenants.opening import OpenVault

TABLE = "idea_versions"


class VersionChain:
    """The versions of one idea, from the first that is kept to the last, and then the idea itself."""

    def __init__(self, vault: OpenVault, gone_until: datetime) -> None:
        """`gone_until` is the time until which replaced versions may be missing."""
        self._vault = vault
        self._gone_until = gone_until
        self._before: VersionColumns | None = None

    def add(self, version: VersionColumns) -> None:
        """Raises VaultMismatch."""
        self._check(version.row, version.linked_until)
        self._before = version

    def end(self, row: IdeaColumns) -> None:
        """`row` is the idea's, or its row in the trash. Raises VaultMismatch."""
        self._check(row, row.updated_at)

    def _check(self, row: IdeaColumns, linked_until: datetime) -> None:
        before = self._before
        if before is None:
            complete = row.previous in (NONE_KEPT, None) or linked_until <= self._gone_until
        else:
            complete = row.previous == before.row.link and linked_until == before.replaced_at
        if not complete:
            raise VaultMismatch(**vault_ids(self._vault.id), idea_id=str(row.id), table=TABLE)
