"""Earlier versions of an idea, of one snapshot, which are verified to be a chain."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec.structs import asdict

from creatorvault.core.database.sessions import ReadSession, run
from creatorvault.core.database.statements import Row
from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import vault_ids
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.history.errors import VersionNotFound
from creatorvault.history.schemas import IdeaVersion
from creatorvault.history.statements.versions import LINKS, PRUNED, SOME
from creatorvault.ideas.history.chain import End, Link, is_unbroken
from creatorvault.ideas.history.sealing import PruningSealer, VersionColumns, open_version
from creatorvault.ideas.lookups import find_idea
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import IdeaColumns, IdeaSealer
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.tenants.opening import OpenVault, Snapshot

TABLE: Final = "idea_versions"
WIDTH: Final = len(IdeaColumns._fields)


class Versions:
    """The versions of one idea. `kept` are the earlier ones, newest first, without those that are too old to be kept.

    What connects versions is trusted only if they open: each method opens those that it returns, and the one after
    them. So whoever reads all versions notices each one that is missing, moved or put back.
    """

    def __init__(
        self, snapshot: Snapshot, vault: OpenVault, newest: IdeaColumns, idea: IdeaResponse, kept: Sequence[Link]
    ) -> None:
        self._snapshot = snapshot
        self._vault = vault
        self._newest = newest
        self._idea = idea
        self.kept = kept

    @property
    def current(self) -> int:
        """The number of the current version."""
        return self._newest.number

    async def page(self, offset: int, limit: int) -> list[IdeaVersion]:
        """Raises as `open_version`, and VaultMismatch."""
        numbers = [link.number for link in self.kept[max(0, offset - 1) : offset + limit]]
        opened = await self._opened(numbers)
        return [opened[number] for number in numbers[0 if offset == 0 else 1 :]]

    async def one(self, number: int) -> IdeaVersion:
        """Raises VersionNotFound, and as `page`."""
        if number == self.current:
            return _version(self._idea, number, None)
        places = [place for place, link in enumerate(self.kept) if link.number == number]
        if not places:
            # The version after it says whether it is missing.
            await self._opened([link.number for link in self.kept if link.number > number][-1:])
            raise VersionNotFound(self._idea.id, number)
        return (await self.page(places[0], 1))[0]

    async def _opened(self, numbers: Sequence[int]) -> dict[int, IdeaVersion]:
        snapshot, links = self._snapshot, {link.number: link for link in self.kept}
        arguments = str(snapshot.id.tenant_id), snapshot.id.user_id, self._idea.id, list(numbers)
        found: dict[int, IdeaVersion] = {}
        for row in await run(snapshot.session, SOME, *arguments) if numbers else ():
            version = version_columns(row)
            idea, number = opened_version(self._vault.cipher, version), version.row.number
            found[number] = _version(idea, number, links[number].replaced_at)
        return found


async def versions_of(idea_id: UUID, retention_days: int, snapshot: Snapshot) -> Versions:
    """`retention_days` is that of the vault.

    Raises IdeaNotFound, VaultMismatch if the chain is broken, and the alerts of what does not open.
    """
    found = await find_idea(idea_id, snapshot)
    vault, newest = found.vault, found.row
    idea = IdeaSealer.of(vault.cipher).open(newest)
    scope = str(snapshot.id.tenant_id), snapshot.id.user_id
    links = [Link(*row) for row in await run(snapshot.session, LINKS, *scope, idea_id)]
    until = await pruned_until(snapshot.session, vault.cipher)
    if not is_unbroken(End.of_newest(newest), links, until):
        raise VaultMismatch(**vault_ids(vault.id), idea_id=str(idea_id), table=TABLE)
    oldest = datetime.now(UTC) - timedelta(days=retention_days)
    kept = [link for link in links if retention_days and link.replaced_at > oldest]
    return Versions(snapshot, vault, newest, idea, kept)


async def pruned_until(session: ReadSession, cipher: VaultCipher) -> datetime | None:
    """Returns until when versions may be missing; None if none was pruned. Raises as `PruningSealer.check`."""
    rows = await run(session, PRUNED, str(cipher.vault.tenant_id), cipher.vault.user_id)
    if not rows:
        return None
    until: datetime = rows[0][0]
    try:
        PruningSealer.of(cipher).check(until, rows[0][1])
    except Alert as alert:
        alert.ids["table"] = "history_prunings"
        raise
    return until


def version_columns(row: Row) -> VersionColumns:
    """`row` has the columns of SOME."""
    return VersionColumns(IdeaColumns(*row[:WIDTH]), *row[WIDTH:])


def opened_version(cipher: VaultCipher, version: VersionColumns) -> IdeaResponse:
    """Raises as `open_version`."""
    try:
        return open_version(cipher, version)
    except Alert as alert:
        alert.ids["table"] = TABLE
        raise


def _version(idea: IdeaResponse, number: int, replaced_at: datetime | None) -> IdeaVersion:
    return IdeaVersion(**asdict(idea), number=number, replaced_at=replaced_at)
