"""Views of one vault in a statement or a transaction, for reading and changing it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from creatorvault.core.database.sessions import ReadSession, WriteSession, run
from creatorvault.core.database.statements import Row
from creatorvault.core.identifiers import VaultId, VaultRevision, VaultVersion, vault_ids
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.tenants.quotas import QuotaLedger, Quotas
from creatorvault.tenants.repositories import Counters, VaultRepository
from creatorvault.tenants.statements.changes import UsageDelta, VaultChange
from creatorvault.tenants.statements.vault import VAULT_ALONE

type Run = Callable[..., Awaitable[Sequence[Row]]]
"""Executes a statement with its arguments, and returns its rows."""

type Apply = Callable[[Run, VaultChange, VaultCipher], Awaitable[VaultRevision | None]]
"""Executes a change, and returns the new revision, or None if nothing was changed."""


@dataclass(frozen=True, slots=True)
class OpenVault:
    """A vault as of one snapshot. `retention_days` is its own, its tenant's, or None for the settings' default."""

    id: VaultId
    version: VaultVersion
    cipher: VaultCipher
    retention_days: int | None = None


class Seen(NamedTuple):
    """`vault` is None if nothing was stored yet. `rows` begin with the columns of VAULT; there is at least one."""

    vault: OpenVault | None
    rows: Sequence[Row]


class VaultView(Protocol):
    """A vault that can be read."""

    @property
    def id(self) -> VaultId: ...

    @property
    def cipher(self) -> VaultCipher | None:
        """The newest cipher that is known before `look`."""

    async def look(self, statement: str = VAULT_ALONE, *arguments: object) -> Seen:
        """Executes `statement`, which begins with VAULT. `arguments` follow the tenant's and the user's id."""


class WritableVault(VaultView, Protocol):
    """A vault that can be changed."""

    @property
    def cipher(self) -> VaultCipher:
        """The cipher that seals."""

    async def apply(self, change: VaultChange, cipher: VaultCipher) -> VaultRevision:
        """Returns the new revision. `cipher` must have sealed the values that the change stores.

        Raises Conflict if nothing was changed.
        """


class Snapshot:
    """A vault in a REPEATABLE READ transaction whose context is set: a row that is not found does not exist."""

    def __init__(self, session: ReadSession, vault_id: VaultId, vault: OpenVault | None, more: Row = ()) -> None:
        """`more` are the columns that the statement has added to those of VAULT."""
        self.session = session
        self.id = vault_id
        self.vault = vault
        self.more = more

    @property
    def cipher(self) -> VaultCipher | None:
        return None if self.vault is None else self.vault.cipher

    async def look(self, statement: str = VAULT_ALONE, *arguments: object) -> Seen:
        rows = await run(self.session, statement, str(self.id.tenant_id), self.id.user_id, *arguments)
        return Seen(self.vault, rows)


class LockedVault:
    """A vault in a transaction that has locked the vault's row: nobody else can change its ideas until it commits.

    `last_revision` is the last one that the key of `cipher` may seal; it is higher than `revision` at first.
    """

    def __init__(
        self,
        session: WriteSession,
        vault_id: VaultId,
        counters: Counters,
        cipher: VaultCipher,
        quotas: Quotas,
        apply: Apply,
        last_revision: VaultRevision,
    ) -> None:
        self.session = session
        self.id = vault_id
        self.cipher = cipher
        self.last_revision = last_revision
        self._counters = counters
        self._quotas = quotas
        self._apply = apply

    @property
    def revision(self) -> VaultRevision:
        return self._counters.revision

    async def look(self, statement: str = VAULT_ALONE, *arguments: object) -> Seen:
        rows = await self._run(statement, str(self.id.tenant_id), self.id.user_id, *arguments)
        _, revision, digest, idea_count, _, retention_days, *_ = rows[0]
        return Seen(OpenVault(self.id, VaultVersion(revision, digest, idea_count), self.cipher, retention_days), rows)

    async def apply(self, change: VaultChange, cipher: VaultCipher) -> VaultRevision:
        """Raises QuotaExceeded, and VaultMismatch if the rows do not match the vault's row."""
        counters, usage = self._counters, change.usage
        await self.check_growth(usage)
        revision = await self._apply(self._run, change, cipher)
        if revision is None:
            raise VaultMismatch(**vault_ids(self.id))
        self._counters = counters._replace(
            revision=revision,
            idea_count=counters.idea_count + usage.ideas,
            sealed_bytes=counters.sealed_bytes + usage.sealed_bytes,
        )
        return revision

    async def check_growth(self, usage: UsageDelta) -> None:
        """Raises QuotaExceeded if the vault may not grow by `usage`."""
        await self._quotas.check_growth(self._counters, VaultRepository(self.session, self.id), usage)

    async def ledger(self, *, grows: bool) -> QuotaLedger:
        """Returns a ledger for changes of the vault in this transaction. `grows` is false if no change is growth."""
        return await self._quotas.ledger(self._counters, VaultRepository(self.session, self.id), grows=grows)

    async def _run(self, statement: str, *arguments: object) -> Sequence[Row]:
        return await run(self.session, statement, *arguments)
