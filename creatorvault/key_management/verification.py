"""Opens everything that is stored, and compares it with what the vaults' rows say of it."""

from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final

from creatorvault.core.database.sealed_data import SealedTable
from creatorvault.core.database.sessions import ReadSession, run
from creatorvault.core.database.streams import batches_of_rows
from creatorvault.core.errors import Alert
from creatorvault.core.identifiers import KeyVersion, VaultId
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.key_management.findings import Finding, Report, row_of
from creatorvault.key_management.installation import Installation
from creatorvault.key_management.opening import RowOpener, said
from creatorvault.key_management.root_rotation import SERVICE_KEYS
from creatorvault.key_management.rotation_runs import Scope, vaults_in
from creatorvault.key_management.statements.keys import KEY_VERSIONS, VAULT, wraps_of
from creatorvault.key_management.statements.sealed_rows import RowStatements

BATCH: Final = 512


@dataclass(slots=True)
class Verified:
    vaults: int = 0
    rows: int = 0
    findings: int = 0


class Verification:
    """Each vault is read in one snapshot. `done` receives the number of ideas of each batch."""

    def __init__(self, place: Installation, report: Report, done: Callable[[int], None] = lambda _: None) -> None:
        self._place = place
        self._tables = [(table, RowStatements.of(table)) for table in place.data.sealed]
        self._give = report
        self._done = done
        self._result = Verified()

    async def verify(self, scope: Scope) -> Verified:
        """Keys of the service are verified with all vaults. Raises ServiceUnavailable."""
        if scope == Scope():
            await self._verify_service_keys()
        async for vault in vaults_in(self._place.operators, scope):
            await self._verify_vault(vault)
            self._result.vaults += 1
        return self._result

    def _report(self, vault: VaultId, table: str, row: str, problem: str) -> None:
        self._result.findings += 1
        self._give(Finding(vault, table, row, problem))

    async def _verify_service_keys(self) -> None:
        async with self._place.operators.reading() as session:
            for table in self._place.data.wrapped:
                for *key, root_key_id, wrapped in await run(session, wraps_of(table)):
                    try:
                        await self._place.root_keys.unwrap(root_key_id, wrapped, table.context(key))
                    except Alert as alert:
                        row = ", ".join(f"{name} {value}" for name, value in zip(table.key, key, strict=True))
                        self._report(SERVICE_KEYS, table.name, row, said(alert))

    async def _verify_vault(self, vault: VaultId) -> None:
        scope = str(vault.tenant_id), vault.user_id
        before = await self._seen_by_operators(vault)
        read = dict[str, int]()
        async with self._place.vaults.database.reading(vault.tenant_id) as session:
            counters = await run(session, VAULT, *scope)
            if not counters:
                self._report(vault, "vaults", "", "the vault is not visible")
                return
            revision, digest, idea_count, sealed_bytes, key_version = counters[0]
            cipher = await self._cipher(session, vault, key_version)
            if cipher is None:
                return
            for table, statements in self._tables:
                found = await self._verify_table(session, cipher, table, statements)
                read[table.name] = found.rows
                if table.tally is not None:
                    self._compare(vault, found, Totals(idea_count, sealed_bytes, digest), revision)
        if any(rows < before[name] for name, rows in read.items()):
            after = await self._seen_by_operators(vault)  # creators may have deleted rows since
            for name, rows in read.items():
                if rows < min(before[name], after[name]):
                    self._report(vault, name, "", f"{rows} rows of {after[name]} are visible")

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
        except Alert as alert:
            self._report(vault, "keys.vault_keys", f"version {version}", said(alert))
            return None
        for unusable, why in cipher.alerts.items():
            self._report(vault, "keys.vault_keys", f"version {unusable}", said(why))
        return cipher

    async def _verify_table(
        self, session: ReadSession, cipher: VaultCipher, table: SealedTable, statements: RowStatements
    ) -> "Totals":
        vault, opener = cipher.vault, RowOpener(table, cipher)
        clear = len(table.key) + len(table.bound)
        totals = Totals()
        batches = batches_of_rows(session, BATCH, statements.all_rows, str(vault.tenant_id), vault.user_id)
        async with aclosing(batches):
            async for rows in batches:
                for row in rows:
                    if table.is_outdated(row[:clear]):
                        continue
                    try:
                        opener.open(row)
                    except Alert as alert:
                        self._report(vault, table.name, row_of(table, row), said(alert))
                    if table.tally is not None:
                        totals.add(row[clear:], *table.tally(row[:clear]))
                totals.rows += len(rows)
                self._done(0 if table.tally is None else len(rows))
        self._result.rows += totals.rows
        return totals

    def _compare(self, vault: VaultId, found: "Totals", expected: "Totals", revision: int) -> None:
        for name in ("rows", "sealed_bytes", "digest"):
            one, other = getattr(found, name), getattr(expected, name)
            if one != other:
                self._report(vault, "vaults", "", f"{name} of its ideas: {one}, the vault's row says {other}")
        if found.newest > revision:
            self._report(vault, "vaults", "", f"an idea has revision {found.newest}, the vault is at {revision}")


@dataclass(slots=True)
class Totals:
    """Of ideas: their number, the size of their envelopes in bytes, their stamps combined, and the highest revision."""

    rows: int = 0
    sealed_bytes: int = 0
    digest: int = 0
    newest: int = 0

    def add(self, sealed: Sequence[Any], stamp: int, revision: int) -> None:
        self.sealed_bytes += sum(map(len, sealed))
        self.digest ^= stamp
        self.newest = max(self.newest, revision)
