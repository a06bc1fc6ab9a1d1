"""Reads and opens everything of a vault in one snapshot, as the entries of an export."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from creatorvault.core.database.sessions import computing, run
from creatorvault.core.database.statements import Row
from creatorvault.core.identifiers import VaultVersion, vault_ids
from creatorvault.ideas.checkpoints.comparing import opened_checkpoint, stored_checkpoint
from creatorvault.ideas.history.chain import End as ChainEnd
from creatorvault.ideas.history.chain import Link, is_unbroken
from creatorvault.ideas.history.sealing import PruningSealer, VersionColumns, open_trashed, open_version
from creatorvault.ideas.opened import opened
from creatorvault.ideas.repositories import IdeaRepository
from creatorvault.ideas.sealing import IdeaColumns
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.tenants.opening import OpenVault, Snapshot
from creatorvault.transfer.exporting.entries import (
    Beginning,
    EarlierVersion,
    End,
    Entry,
    IdeaEntry,
    LiveIdea,
    TrashedIdea,
    VaultSettings,
)
from creatorvault.transfer.exporting.statements import IDEAS_FROM, KEPT, TRASH_FROM, VERSIONS_OF

BATCH: Final = 256
LOWEST_ID: Final = UUID(int=0)
HIGHEST_ID: Final = UUID(int=2**128 - 1)
BEGINNING: Final = datetime.min.replace(tzinfo=UTC)
WIDTH: Final = len(IdeaColumns._fields)

type Open = Callable[[OpenVault, Row], IdeaEntry]


class VaultSource:
    """The snapshot must be read by WITH_CHECKPOINT.

    Every value is opened, and what was read is compared with the vault's row: End comes only if both agree. What was
    replaced or deleted longer ago than `retention_days` is left out, even if it is not purged yet.

    Raises the alerts of `opened`, `open_version` and `open_trashed`, VaultMismatch, and as `opened_checkpoint`.
    """

    def __init__(self, snapshot: Snapshot, exported_at: datetime, retention_days: Callable[[OpenVault], int]) -> None:
        self._snapshot = snapshot
        self._exported_at = exported_at
        self._retention_days = retention_days
        self._ideas = self._versions = self._trashed = 0
        self._digest = 0
        self._kept_from = self._gone_until = BEGINNING

    async def entries(self) -> AsyncGenerator[Entry]:
        """The consumer's time does not count as waiting for the database, however long it takes."""
        snapshot, vault = self._snapshot, self._snapshot.vault
        own_days = await self._began(vault)
        with computing(snapshot.session):
            yield Beginning(snapshot.id.user_id, self._exported_at)
            yield VaultSettings(own_days)
        if vault is not None:
            for statement, arguments, open_row in (
                (IDEAS_FROM, (), self._live),
                (TRASH_FROM, (self._kept_from,), self._trash),
            ):
                async with aclosing(self._read(vault, statement, arguments, open_row)) as entries:
                    async for entry in entries:
                        with computing(snapshot.session, renewed=True):
                            yield entry
            if VaultVersion(vault.version.revision, self._digest, self._ideas) != vault.version:
                raise VaultMismatch(**vault_ids(vault.id))
        with computing(snapshot.session):
            yield End(self._ideas, self._versions, self._trashed)

    async def _began(self, vault: OpenVault | None) -> int | None:
        """Returns the vault's own retention in days, or None."""
        snapshot = self._snapshot
        checkpoint = stored_checkpoint(snapshot.more)
        if vault is None:
            repository = IdeaRepository(snapshot.session, snapshot.id)
            if checkpoint is not None or await repository.count():
                raise VaultMismatch(**vault_ids(snapshot.id))
            return None
        opened_checkpoint(vault, checkpoint)
        [(own_days, counted, trashed, pruned_until, pruning)] = await self._rows(KEPT)
        if counted != trashed:
            raise VaultMismatch(**vault_ids(vault.id), table="trashed_ideas")
        self._kept_from = self._exported_at - timedelta(days=self._retention_days(vault))
        self._gone_until = self._kept_from
        if pruned_until is not None:
            PruningSealer.of(vault.cipher).check(pruned_until, pruning)
            self._gone_until = max(pruned_until, self._kept_from)
        return None if own_days is None else int(own_days)

    async def _read(
        self, vault: OpenVault, statement: str, arguments: tuple[object, ...], open_row: Open
    ) -> AsyncGenerator[IdeaEntry]:
        lowest = LOWEST_ID
        while True:
            rows = await self._rows(statement, lowest, BATCH, *arguments)
            async with aclosing(self._with_versions(vault, rows, open_row)) as entries:
                async for entry in entries:
                    yield entry
            if len(rows) < BATCH or rows[-1][0] == HIGHEST_ID:
                return
            lowest = UUID(int=rows[-1][0].int + 1)

    async def _with_versions(self, vault: OpenVault, rows: Sequence[Row], open_row: Open) -> AsyncGenerator[IdeaEntry]:
        async with aclosing(self._versions_of([row[0] for row in rows])) as versions:
            version = await anext(versions, None)
            for row in rows:
                yield open_row(vault, row)
                columns, links = IdeaColumns(*row[:WIDTH]), list[Link]()
                while version is not None and version.row.id == columns.id:
                    links.append(Link.of(version))
                    yield self._version(vault, version)
                    version = await anext(versions, None)
                if not is_unbroken(ChainEnd.of_newest(columns), links[::-1], self._gone_until):
                    raise VaultMismatch(**vault_ids(vault.id), idea_id=str(columns.id), table="idea_versions")

    async def _versions_of(self, ids: Sequence[UUID]) -> AsyncGenerator[VersionColumns]:
        after: tuple[UUID, int] = (LOWEST_ID, 0)
        while ids:
            rows = await self._rows(VERSIONS_OF, ids, *after, BATCH, self._kept_from)
            for row in rows:
                yield VersionColumns(IdeaColumns(*row[:WIDTH]), *row[WIDTH:])
            if len(rows) < BATCH:
                return
            last = IdeaColumns(*rows[-1][:WIDTH])
            after = (last.id, last.number)

    def _live(self, vault: OpenVault, row: Row) -> IdeaEntry:
        columns = IdeaColumns(*row)
        idea = opened(vault, row)
        self._digest ^= columns.stamp
        self._ideas += 1
        return LiveIdea(columns.number, idea)

    def _trash(self, vault: OpenVault, row: Row) -> IdeaEntry:
        columns, (deleted_at, deletion) = IdeaColumns(*row[:WIDTH]), row[WIDTH:]
        idea = open_trashed(vault.cipher, columns, deleted_at, deletion)
        self._trashed += 1
        return TrashedIdea(columns.number, deleted_at, idea)

    def _version(self, vault: OpenVault, version: VersionColumns) -> IdeaEntry:
        idea = open_version(vault.cipher, version)
        self._versions += 1
        return EarlierVersion(version.row.number, version.replaced_at, idea)

    async def _rows(self, statement: str, *arguments: Any) -> Sequence[Row]:
        vault = self._snapshot.id
        return await run(self._snapshot.session, statement, str(vault.tenant_id), vault.user_id, *arguments)
