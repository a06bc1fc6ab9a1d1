"""Opens everything that is stored of a vault, and compares it with the vault's row and its checkpoint."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from uuid import UUID

from creatorvault.core.database.sealed_data import SealedTable
from creatorvault.core.database.sessions import ReadSession, run
from creatorvault.core.database.streams import batches_of_rows
from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import KeyVersion, VaultId, VaultRevision, VaultVersion
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.ideas.checkpoints.comparing import compare, opened_checkpoint
from creatorvault.ideas.checkpoints.digests import ContentDigest, DigestedPart
from creatorvault.ideas.checkpoints.repositories import CheckpointRepository
from creatorvault.ideas.checkpoints.sealing import Checkpoint
from creatorvault.ideas.checkpoints.writer import PendingCheckpoint, write_checkpoint
from creatorvault.key_management.findings import SERVICE_KEYS, Finding, Report, Unusable, named, problem_of
from creatorvault.key_management.installation import Installation
from creatorvault.key_management.opening import RowOpener
from creatorvault.key_management.scopes import Scope, vaults_in
from creatorvault.key_management.statements.keys import KEY_VERSIONS, VAULT, wraps_of
from creatorvault.key_management.statements.sealed_rows import RowStatements
from creatorvault.tenants.opening import OpenVault

BATCH: Final = 512


@dataclass(slots=True)
class Verified:
    vaults: int = 0
    rows: int = 0
    findings: int = 0


@dataclass(slots=True)
class Contents:
    """Of a vault: the size of its envelopes that are counted, in bytes, the rows of each table, and of each idea its
    revision, id and stamp.
    """

    sealed_bytes: int = 0
    rows: dict[str, int] = field(default_factory=dict)
    versions: list[tuple[int, UUID, int]] = field(default_factory=list)

    def add(self, idea_id: UUID, stamp: int, revision: int) -> None:
        self.versions.append((revision, idea_id, stamp))

    @property
    def digest(self) -> int:
        digest = 0
        for _, _, stamp in self.versions:
            digest ^= stamp
        return digest

    def checkpoint(self, revision: VaultRevision) -> Checkpoint:
        content = ContentDigest()
        if self.versions:
            content.add(DigestedPart.of(self.versions))
        return Checkpoint(revision, len(self.versions), content.value())


class Verification:
    """Each vault is read in one snapshot. `done` receives the number of ideas of each batch."""

    def __init__(self, place: Installation, report: Report, done: Callable[[int], None] = lambda _: None) -> None:
        self._place = place
        self._tables = [(table, RowStatements.of(table)) for table in place.data.sealed]
        self._give = report
        self._done = done
        self.result = Verified()

    async def verify(self, scope: Scope) -> Verified:
        """Keys of the service are verified with all vaults. Raises ServiceUnavailable."""
        if scope == Scope():
            await self._verify_service_keys()
        async for vault in vaults_in(self._place.operators, scope):
            await self.is_sound(vault)
            self.result.vaults += 1
        return self.result

    async def is_sound(self, vault: VaultId) -> bool:
        """Returns whether there are no findings. Then writes a new checkpoint if the vault has changed since the last.

        Raises ServiceUnavailable.
        """
        before = self.result.findings
        checkpoint = await self._verify_vault(vault)
        if self.result.findings > before:
            return False
        if checkpoint is not None:
            async with self._place.vaults.database.writing(vault.tenant_id) as session:
                await write_checkpoint(partial(run, session), checkpoint)
        return True

    def _report(self, vault: VaultId, table: str, row: str, problem: str) -> None:
        self.result.findings += 1
        self._give(Finding(vault, table, row, problem))

    async def _verify_service_keys(self) -> None:
        async with self._place.operators.reading() as session:
            for table in self._place.data.wrapped:
                for *key, root_key_id, wrapped in await run(session, wraps_of(table)):
                    try:
                        await self._place.root_keys.unwrap(root_key_id, wrapped, table.context(key))
                    except Unusable as error:
                        self._report(SERVICE_KEYS, table.name, named(table.key, key), problem_of(error))

    async def _verify_vault(self, vault: VaultId) -> PendingCheckpoint | None:
        """Returns the checkpoint to write, if the vault has changed since the stored one."""
        before, contents = await self._seen_by_operators(vault), Contents()
        async with self._place.vaults.database.reading(vault.tenant_id) as session:
            counters = await run(session, VAULT, str(vault.tenant_id), vault.user_id)
            if not counters:
                self._report(vault, "vaults", "", "the vault is not visible")
                return None
            revision, digest, idea_count, trash_count, sealed_bytes, key_version = counters[0]
            cipher = await self._cipher(session, vault, key_version)
            if cipher is None:
                return None
            opened = OpenVault(vault, VaultVersion(revision, digest, idea_count), cipher)
            for table, statements in self._tables:
                await self._verify_table(session, cipher, table, statements, contents)
                if table.is_trash:
                    self._compare(vault, (("rows in its trash", contents.rows[table.name], trash_count),))
            version = opened.version
            self._compare(
                vault,
                (
                    ("rows of its ideas", len(contents.versions), version.idea_count),
                    ("sealed_bytes", contents.sealed_bytes, sealed_bytes),
                    ("digest of its ideas", contents.digest, version.digest),
                ),
            )
            newest = max((revision for revision, *_ in contents.versions), default=0)
            if newest > version.revision:
                self._report(vault, "vaults", "", f"an idea has revision {newest}, the vault is at {version.revision}")
            pending = await self._compared_with_checkpoint(session, opened, contents)
        if any(rows < before[name] for name, rows in contents.rows.items()):
            after = await self._seen_by_operators(vault)  # creators may have deleted rows since
            for name, rows in contents.rows.items():
                if rows < min(before[name], after[name]):
                    self._report(vault, name, "", f"{rows} rows of {after[name]} are visible")
        return pending

    async def _seen_by_operators(self, vault: VaultId) -> dict[str, int]:
        found = dict[str, int]()
        async with self._place.operators.reading() as session:
            for table, statements in self._tables:
                [(found[table.name],)] = await run(
                    session, statements.seen_by_operators, str(vault.tenant_id), vault.user_id
                )
        return found

    async def _cipher(self, session: ReadSession, vault: VaultId, version: KeyVersion) -> VaultCipher | None:
        """Reports each key that cannot be used."""
        stored = {row[0] for row in await run(session, KEY_VERSIONS, str(vault.tenant_id), vault.user_id)}
        for above in sorted(stored - set(range(version + 1))):
            self._report(vault, "keys.vault_keys", f"version {above}", f"the vault's newest key is {version}")
        try:
            cipher = await self._place.vaults.keyring.cipher(session, vault, version)
            cipher.check_carried()
        except Unusable as error:
            self._report(vault, "keys.vault_keys", f"version {version}", problem_of(error))
            return None
        for unusable, why in cipher.alerts.items():
            self._report(vault, "keys.vault_keys", f"version {unusable}", problem_of(why))
        return cipher

    async def _verify_table(
        self,
        session: ReadSession,
        cipher: VaultCipher,
        table: SealedTable,
        statements: RowStatements,
        contents: Contents,
    ) -> None:
        """Adds the rows to `contents`."""
        vault, opener, count = cipher.vault, RowOpener(table, cipher), 0
        clear = len(table.key) + len(table.bound)
        counted = [clear + table.sealed.index(name) for name in table.counted]
        batches = batches_of_rows(session, BATCH, statements.all_rows, str(vault.tenant_id), vault.user_id)
        async with aclosing(batches):
            async for rows in batches:
                for row in rows:
                    if table.is_outdated(row[:clear]):
                        continue
                    try:
                        opener.open(row)
                    except Alert as alert:
                        self._report(vault, table.name, named(table.key, row), problem_of(alert))
                    if table.tally is not None:
                        contents.add(row[0], *table.tally(row[:clear]))  # the id comes first
                    contents.sealed_bytes += sum(len(row[place]) for place in counted)
                count += len(rows)
                self._done(0 if table.tally is None else len(rows))
        contents.rows[table.name] = count
        self.result.rows += count

    def _compare(self, vault: VaultId, counts: Sequence[tuple[str, int, int]]) -> None:
        for name, found, stated in counts:
            if found != stated:
                self._report(vault, "vaults", "", f"{name}: {found}, the vault's row says {stated}")

    async def _compared_with_checkpoint(
        self, session: ReadSession, vault: OpenVault, contents: Contents
    ) -> PendingCheckpoint | None:
        found = contents.checkpoint(vault.version.revision)
        stored = await CheckpointRepository(session, vault.id).stored()
        try:
            if compare(vault, opened_checkpoint(vault, stored), found):
                return PendingCheckpoint(found, vault.version.digest, vault.cipher)
        except Alert as alert:
            self._report(vault.id, "vault_checkpoints", "", problem_of(alert))
        return None
