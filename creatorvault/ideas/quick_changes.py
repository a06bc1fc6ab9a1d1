"""The writes that most requests are: two statements between BEGIN and COMMIT. `ideas.services` does the same at length.

Both lock the vault's row before anything else, so they wait for each other and never deadlock.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple
from uuid import UUID

from creatorvault.core.errors import InternalError
from creatorvault.core.glances import Glances
from creatorvault.core.identifiers import KeyVersion, VaultId, VaultRevision
from creatorvault.core.preconditions import Precondition
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.crypto.keyring import Keyring
from creatorvault.ideas.glances import COLUMNS
from creatorvault.ideas.schemas import IdeaCreate, IdeaResponse, IdeaUpdate
from creatorvault.ideas.sealing import IdeaColumns, IdeaSealer, SealedRow, sealed_size
from creatorvault.ideas.services import StoredIdea, changed, drafted, idea_tag, replaced, stamped
from creatorvault.settings import TenancySettings
from creatorvault.tenants.models import TenantStatus
from creatorvault.tenants.quotas import Quotas
from creatorvault.tenants.repositories import TenantState

# The idea is locked too, after the vault: a request that had to wait then reads what the other one stored.
LOCKED: Final = """
    SELECT tenants.status, tenants.idea_quota, tenants.byte_quota, tenants.vault_idea_quota, tenants.vault_byte_quota,
           vault.revision, vault.idea_count, vault.sealed_bytes, vault.key_version{columns}
    FROM (SELECT * FROM vaults WHERE tenant_id = $1 AND user_id = $2 FOR UPDATE) AS vault
    JOIN tenants ON tenants.tenant_id = $1
"""
LOCKED_VAULT: Final = LOCKED.format(columns="")
LOCKED_IDEA: Final = f"""
    {LOCKED.format(columns=", idea.*")}
    JOIN LATERAL (
        SELECT {COLUMNS} FROM ideas
        WHERE ideas.tenant_id = $1 AND ideas.user_id = $2 AND ideas.id = $3 AND ideas.revision <= vault.revision
        FOR UPDATE
    ) AS idea ON true
"""  # noqa: S608 - put together from constants
ADVANCED: Final = """
    WITH advanced AS (
        UPDATE vaults
        SET revision = $3, idea_count = idea_count + $4, sealed_bytes = sealed_bytes + $5, changed_at = $6
        WHERE tenant_id = $1 AND user_id = $2
    )
"""
INSERT: Final = f"""
    {ADVANCED}
    INSERT INTO ideas (tenant_id, user_id, revision, {COLUMNS.removesuffix(", revision")})
    VALUES ($1, $2, $3, $7, $8, $9, $10, $11, $12, $13, $6, $6)
"""  # noqa: S608 - put together from constants
UPDATE: Final = f"""
    {ADVANCED}
    UPDATE ideas
    SET title = $8, notes = $9, tags = $10, stage = $11, priority = $12, due_date = $13, updated_at = $6, revision = $3
    WHERE tenant_id = $1 AND user_id = $2 AND id = $7
"""  # noqa: S608 - put together from constants
TENANT: Final = slice(0, 5)
VAULT: Final = slice(5, 9)
IDEA: Final = slice(9, None)


class LockedState(NamedTuple):
    revision: VaultRevision
    idea_count: int
    sealed_bytes: int
    key_version: KeyVersion

    @property
    def next_revision(self) -> VaultRevision:
        return VaultRevision(self.revision + 1)


class Changing(NamedTuple):
    """A vault under its lock, and the idea that is to be changed."""

    database: Any
    vault: LockedState
    quotas: Quotas
    cipher: VaultCipher
    idea: IdeaColumns | None


class QuickChanges:
    """Each answer is None, and nothing was done, where it takes more than this: ask `IdeaWritingService` then.

    That is for a first write, a tenant that is not served, an idea that is not there, a key that is not at hand or has
    to be rotated, and quotas that are used up or speak of a whole tenant.
    """

    def __init__(
        self, glances: Glances, vault: VaultId, keyring: Keyring, tenancy: TenancySettings, precondition: Precondition
    ) -> None:
        self._glances = glances
        self._vault = vault
        self._keyring = keyring
        self._tenancy = tenancy
        self._precondition = precondition

    async def create(self, given: IdeaCreate) -> StoredIdea | None:
        if not self._keyring.holds(self._vault):
            return None
        async with self._glances.transaction(self._vault.tenant_id) as database:
            changing = await self._locked(database, LOCKED_VAULT)
            if changing is None:
                return None
            idea = drafted(given, self._vault.user_id)
            row = IdeaSealer(changing.cipher).seal(idea, changing.vault.next_revision)
            return await self._write(INSERT, changing, idea, row, ideas=1, growth=row.size)

    async def replace(self, idea_id: UUID, given: IdeaCreate) -> StoredIdea | None:
        """Raises PreconditionFailed, and the alarms of `IdeaSealer.open`."""
        return await self._change(idea_id, lambda idea: stamped(replaced(idea, given)))

    async def change(self, idea_id: UUID, given: IdeaUpdate) -> StoredIdea | None:
        """Raises as `replace`."""

        def change(idea: IdeaResponse) -> IdeaResponse:
            after = changed(idea, given)
            return idea if after == idea else stamped(after)

        return await self._change(idea_id, change)

    async def _change(self, idea_id: UUID, change: Callable[[IdeaResponse], IdeaResponse]) -> StoredIdea | None:
        if not self._keyring.holds(self._vault):
            return None
        async with self._glances.transaction(self._vault.tenant_id) as database:
            changing = await self._locked(database, LOCKED_IDEA, idea_id)
            if changing is None or (before := changing.idea) is None:
                return None
            self._precondition.check(idea_tag(VaultRevision(before.revision)))
            sealer = IdeaSealer(changing.cipher)
            stored = sealer.open(before)
            idea = change(stored)
            if idea is stored:
                return StoredIdea(stored, VaultRevision(before.revision))
            row = sealer.seal(idea, changing.vault.next_revision)
            growth = row.size - sealed_size(before.title, before.notes, before.tags)
            return await self._write(UPDATE, changing, idea, row, ideas=0, growth=growth)

    async def _locked(self, database: Any, statement: str, *arguments: object) -> Changing | None:
        found = await database.fetchrow(statement, *self._vault, *arguments)
        if found is None:
            return None
        tenant, vault = TenantState(*found[TENANT]), LockedState(*found[VAULT])
        cipher = self._keyring.at_hand(self._vault, vault.key_version)
        if tenant.status != TenantStatus.ACTIVE or cipher is None:
            return None
        if self._keyring.must_rotate(cipher, vault.next_revision):
            return None
        columns = found[IDEA]
        return Changing(
            database, vault, Quotas(tenant, self._tenancy), cipher, IdeaColumns(*columns) if columns else None
        )

    async def _write(
        self,
        statement: str,
        changing: Changing,
        idea: IdeaResponse,
        row: SealedRow,
        *,
        ideas: int,
        growth: int,
    ) -> StoredIdea | None:
        database, vault, quotas, *_ = changing
        if not quotas.surely_allow(vault.idea_count, vault.sealed_bytes, ideas=ideas, sealed_bytes=growth):
            return None
        values = row.values
        status = await database.execute(
            statement,
            *self._vault,
            *(vault.next_revision, ideas, growth, idea.updated_at),
            *(values[name] for name in ("id", "title", "notes", "tags", "stage", "priority", "due_date")),
        )
        if not status.endswith(" 1"):
            raise InternalError
        return StoredIdea(idea, vault.next_revision)
