"""Opens a vault: checks its tenant's status and its row, in a statement or a transaction, and provides its cipher."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from functools import partial
from typing import Final
from uuid import UUID

from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.replica import Replica
from creatorvault.core.database.sessions import Database, WriteSession, run
from creatorvault.core.database.transient_errors import (
    DIVISION_BY_ZERO,
    DRIVER_ERRORS,
    UNIQUE_VIOLATION,
    sqlstate,
)
from creatorvault.core.errors import NotFound, ServiceUnavailable
from creatorvault.core.identifiers import VaultId, VaultRevision, VaultVersion, vault_ids
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.errors import LostKey, Tampered
from creatorvault.tenants.admission import admit, check_not_set_back
from creatorvault.tenants.errors import Conflict, Undecided, VaultMismatch, VaultSetBack
from creatorvault.tenants.models import TenantStatus
from creatorvault.tenants.opening import LockedVault, OpenVault, Run, Seen, Snapshot, VaultView, WritableVault
from creatorvault.tenants.parts import VaultParts
from creatorvault.tenants.preparation import Preparation, last_needed
from creatorvault.tenants.quotas import Quotas
from creatorvault.tenants.repositories import VaultRepository
from creatorvault.tenants.resolution import TenantName
from creatorvault.tenants.statements.changes import UNLIMITED, VaultChange
from creatorvault.tenants.statements.vault import VAULT_ALONE

ATTEMPTS: Final = 3
REFUSED: Final = frozenset({DIVISION_BY_ZERO, UNIQUE_VIOLATION})
NOTHING_SEEN: Final = VaultRevision(0)
UNSURE: Final = (Undecided, NotFound, VaultMismatch, Tampered, LostKey)
"""What a single statement cannot be sure of. A value that does not open may be sealed with a key that replaced ours, or
with one that was retired while the statement ran.
"""

type Before = Callable[[WriteSession], Awaitable[None]]
"""Runs in a transaction before the vault is locked."""


class VaultService:
    """One creator's vault in one tenant. It is itself a VaultView and WritableVault that uses single statements."""

    __slots__ = ("_parts", "_recorder", "_tenant", "id")

    def __init__(
        self, parts: VaultParts, tenant: TenantName, vault: VaultId, recorder: Callable[[], AuditRecorder]
    ) -> None:
        self.id = vault
        self._parts = parts
        self._tenant = tenant
        self._recorder = recorder

    async def read[T](self, ask: Callable[[VaultView], Awaitable[T]], *uncertain: type[Exception]) -> T:
        """Reads by a single statement, and again in a snapshot if that is undecided or does not find something.

        `uncertain` are errors that a single statement cannot be sure of. Raises as `snapshot`, and as `ask`.
        """
        unsure: tuple[type[Exception], ...] = (*UNSURE, *uncertain)
        try:
            return await ask(self)
        except unsure:
            pass
        async with self.snapshot() as snapshot:
            return await ask(snapshot)

    async def write[T](self, attempt: Callable[[WritableVault], Awaitable[T]], idea_id: UUID | None = None) -> T:
        """Attempts a change by a single statement, and in a transaction if that does nothing.

        Changes of `idea_id` follow each other in this process. Raises as `transaction`, and as `attempt`.
        """
        parts = self._parts
        if (parts.tenancy.idea_quota, parts.tenancy.byte_quota) == (None, None):
            async with nullcontext() if idea_id is None else parts.changing.lock((self.id, idea_id)):
                for _ in range(ATTEMPTS - 1):
                    try:
                        return await attempt(self)
                    except Conflict:
                        continue
                    except UNSURE:
                        break
        async with self.transaction() as vault:
            return await attempt(vault)

    @property
    def default_retention_days(self) -> int:
        """How long a vault keeps earlier versions of ideas and deleted ones, unless it or its tenant has chosen."""
        return self._parts.tenancy.retention_days

    def retention_days(self, vault: OpenVault) -> int:
        """The same for this vault. 0 means not at all."""
        return self.default_retention_days if vault.retention_days is None else vault.retention_days

    @property
    def cipher(self) -> VaultCipher:
        """The newest cipher that this process has. Raises Undecided without one."""
        cipher = self._parts.keyring.newest(self.id)
        if cipher is None:
            raise Undecided
        return cipher

    async def look(self, statement: str = VAULT_ALONE, *arguments: object) -> Seen:
        """Uses a single statement. Raises Undecided if there is no such vault yet, it or its tenant is not in use, its
        key is not in memory, or it seems to be set back.
        """
        parts, vault = self._parts, self.id
        if parts.keyring.newest(vault) is None:
            raise Undecided
        known = parts.revisions.get(vault)
        rows = await parts.statements.rows(statement, str(vault.tenant_id), vault.user_id, *arguments)
        status, revision, digest, idea_count, key_version, retention_days, *_ = rows[0]
        if status != TenantStatus.ACTIVE or revision is None or (known is not None and revision < known):
            raise Undecided
        parts.revisions.put(vault, revision)
        cipher = parts.keyring.at_hand(vault, key_version)
        if cipher is None:
            raise Undecided
        return Seen(OpenVault(vault, VaultVersion(revision, digest, idea_count), cipher, retention_days), rows)

    async def apply(self, change: VaultChange, cipher: VaultCipher) -> VaultRevision:
        """The change is committed on return, perhaps with others. Raises Conflict if nothing was changed."""
        revision = await self._apply(partial(self._parts.group_commits.changed, self.id), change, cipher)
        if revision is None:
            raise Conflict
        self._parts.revisions.committed(self.id, revision)
        return revision

    @asynccontextmanager
    async def snapshot(
        self, database: Database | None = None, statement: str = VAULT_ALONE
    ) -> AsyncGenerator[Snapshot]:
        """`database` is the connection pool, if it is not the default one. `statement` begins with VAULT and returns
        one row.

        If something does not open because the vault has another key than this process has seen, it raises VaultSetBack
        instead: a failover has lost the first key, and another process has made the second.

        Raises as `admit`, VaultSetBack, and the alerts of `Keyring.cipher`.
        """
        parts, vault = self._parts, self.id
        known = parts.revisions.get(vault)
        async with (database or parts.database).reading(vault.tenant_id) as session:
            [row] = await run(session, statement, str(vault.tenant_id), vault.user_id)
            status, revision, digest, idea_count, key_version, retention_days, *more = row
            admit(parts, vault, status)
            check_not_set_back(parts, vault, known, revision)
            opened = None
            if revision is not None:
                parts.revisions.put(vault, revision)
                cipher = await parts.keyring.cipher(session, vault, key_version)
                opened = OpenVault(vault, VaultVersion(revision, digest, idea_count), cipher, retention_days)
            try:
                yield Snapshot(session, vault, opened, more)
            except Tampered:
                if opened is not None and not await parts.keyring.is_stored(session, vault, opened.cipher):
                    parts.forget(vault)
                    raise VaultSetBack(**vault_ids(vault), key_version=str(key_version)) from None
                raise

    @asynccontextmanager
    async def replayed(
        self, replica: Replica, seen: VaultVersion, statement: str = VAULT_ALONE
    ) -> AsyncGenerator[Snapshot | None]:
        """A snapshot of the replica, or None if it does not show the vault as `seen` on the primary in this request.

        It must be that very version: a later one could be of a standby that has replayed what the primary has lost.
        Raises ReplicaUnavailable, and the alerts of `Keyring.cipher`.
        """
        vault = self.id
        async with replica.reading(vault.tenant_id) as session:
            [row] = await run(session, statement, str(vault.tenant_id), vault.user_id)
            _, revision, digest, idea_count, key_version, retention_days, *more = row
            if revision is None or VaultVersion(revision, digest, idea_count) != seen:
                replica.behind += 1
                yield None
                return
            cipher = await self._parts.keyring.cipher(session, vault, key_version)
            yield Snapshot(session, vault, OpenVault(vault, seen, cipher, retention_days), more)
            replica.answered += 1

    @asynccontextmanager
    async def transaction(self, before: Before | None = None, revisions: int = 1) -> AsyncGenerator[LockedVault]:
        """Locks the vault's row, and commits on exit without an error. Creates tenant, vault and key if missing.

        The key may seal so many `revisions`, unless that are more than any key may.

        Raises as `snapshot`, and LostKey if the row of the key that seals is missing.
        """
        parts = self._parts
        async with AsyncExitStack() as stack:
            for _ in range(ATTEMPTS):
                if (vault := await self._locked(stack, before, revisions)) is not None:
                    break
                await stack.aclose()
                await Preparation(parts, self._tenant, self.id, self._recorder).make(revisions)
            else:
                raise ServiceUnavailable  # the key must be rotated again: other processes write faster than this one
            at_first = vault.revision
            yield vault
        report = parts.revisions.put if vault.revision == at_first else parts.revisions.committed
        report(self.id, vault.revision)

    async def _locked(self, stack: AsyncExitStack, before: Before | None, revisions: int) -> LockedVault | None:
        """Returns None if tenant, vault or key must be created first."""
        parts, vault = self._parts, self.id
        session = await stack.enter_async_context(parts.database.writing(vault.tenant_id))
        if before is not None:
            await before(session)
        known = parts.revisions.get(vault)
        repository = VaultRepository(session, vault)
        state = await repository.tenant()
        admit(parts, vault, state.status)
        counters = await repository.locked()
        if counters is not None:
            admit(parts, vault, counters.status or TenantStatus.ACTIVE)
        check_not_set_back(parts, vault, known, None if counters is None else counters.revision)
        if state.status is None or counters is None or not counters.key_version:
            return None
        cipher = await parts.keyring.cipher_for_sealing(session, vault, counters.key_version)
        if parts.keyring.must_rotate(cipher, last_needed(parts, counters, revisions)):
            return None

        apply = partial(self._apply, quotas_are_checked=True)
        quotas, last_revision = Quotas(state, parts.tenancy), parts.keyring.last_revision(cipher)
        return LockedVault(session, vault, counters, cipher, quotas, apply, last_revision)

    async def _apply(
        self, send: Run, change: VaultChange, cipher: VaultCipher, *, quotas_are_checked: bool = False
    ) -> VaultRevision | None:
        """Returns None if nothing was changed.

        If the row to change is missing, a division by zero aborts it all; a row that is there already, such as an
        earlier version with the number of the one to keep, aborts it as well.
        """
        vault, tenancy, usage = self.id, self._parts.tenancy, change.usage
        try:
            rows = await send(
                change.statement,
                *(str(vault.tenant_id), vault.user_id, cipher.version),
                self._parts.revisions.get(vault) or NOTHING_SEEN,
                *(usage.ideas, usage.sealed_bytes, change.digest, change.changed_at),
                *(_limit(tenancy.vault_idea_quota), _limit(tenancy.vault_byte_quota)),
                *(cipher.first_revision, *cipher.wrap, self._parts.keyring.rotate_after, quotas_are_checked),
                *(change.keeps, usage.trashed, tenancy.retention_days),
                *change.arguments,
            )
        except DRIVER_ERRORS as error:
            if sqlstate(error) not in REFUSED:
                raise
            return None
        return None if rows[0][0] is None else VaultRevision(rows[0][0])


def _limit(quota: int | None) -> int:
    return UNLIMITED if quota is None else quota
