"""The writes that most requests are: one statement that is a transaction by itself, after a glance at what it changes.

`ideas.services` does the same at length, under a lock. Here nothing is locked between reading and writing: what was
read counts if the vault is still at the revision that was seen, and is read again if it is not.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from creatorvault.core.http.conditional import Precondition
from creatorvault.core.identifiers import VaultRevision
from creatorvault.ideas.lists.pages import opened
from creatorvault.ideas.schemas import IdeaCreate, IdeaResponse, IdeaUpdate
from creatorvault.ideas.sealing import IdeaColumns, IdeaSealer, SealedRow, sealed_size
from creatorvault.ideas.services import StoredIdea, changed, idea_tag, replaced, stamped
from creatorvault.ideas.statements.reads import ONE
from creatorvault.tenants.services import OpenVault
from creatorvault.tenants.statements.changes import ADVANCED, FIRST_ARGUMENT, Expected, UsageDelta, VaultAdvances
from creatorvault.tenants.statements.vault import VAULT_COLUMNS, VaultGlances

ATTEMPTS: Final = 2

CHANGED: Final = tuple(name for name in IdeaColumns._fields if name not in {"created_at", "updated_at", "revision"})
"""What a statement is given beside the times and the revision; the id is the first of them."""

ARGUMENTS: Final = [f"${FIRST_ARGUMENT + place}" for place in range(len(CHANGED))]

# Without the first condition, which only `advanced` can meet, row-level security would be asked about the idea before
# the context is set. And should an idea that was seen at this revision not be there: a division by zero undoes it all.
# By the argument alone the planner would choose a partition, and so make a plan for each execution, which takes longer
# than executing it does. By concat(), which is merely stable, it is chosen when the statement starts. Where the vault,
# which is locked by now, has no segment, nothing has to look for the one that the idea is in.
THIS: Final = f"""
    (SELECT revision FROM advanced) = $4::bigint + 1
    AND (SELECT set_config('app.unsegmented', (NOT segmented)::text, true) FROM advanced) IS NOT NULL
    AND ideas.tenant_id = concat($1::text)::uuid AND ideas.user_id = $2 AND ideas.id = ${FIRST_ARGUMENT}
"""  # noqa: S608 - constants
ALL_OR_NOTHING: Final = "SELECT 1 / (SELECT count(*) FROM touched) FROM advanced"

INSERT: Final = f"""
    {ADVANCED}
    INSERT INTO ideas (tenant_id, user_id, revision, created_at, updated_at, {", ".join(CHANGED)})
    SELECT tenant_id, $2, revision, $7, $7, {", ".join(ARGUMENTS)} FROM advanced
    RETURNING revision
"""  # noqa: S608 - put together from constants
UPDATE: Final = f"""
    {ADVANCED}, touched AS (
        UPDATE ideas
        SET updated_at = $7, revision = $4::bigint + 1,
            {", ".join(f"{name} = {argument}" for name, argument in zip(CHANGED[1:], ARGUMENTS[1:], strict=True))}
        WHERE {THIS}
        RETURNING ideas.id
    )
    {ALL_OR_NOTHING}
"""  # noqa: S608 - put together from constants
DELETE: Final = f"""
    {ADVANCED}, touched AS (DELETE FROM ideas WHERE {THIS} RETURNING ideas.id)
    {ALL_OR_NOTHING}
"""  # noqa: S608 - put together from constants


class QuickChanges:
    """Where it takes more than this, the answer is None or False, and nothing was done: ask `IdeaWritingService` then.

    That is for a first write, a tenant that is not served, an idea that is not there, a key that is not at hand or has
    to be rotated, quotas that are used up or speak of a whole tenant, and a vault that others change all the time.
    """

    def __init__(self, vault: VaultGlances, advances: VaultAdvances, precondition: Precondition) -> None:
        self._vault = vault
        self._advances = advances
        self._precondition = precondition

    async def create(self, idea: IdeaResponse) -> StoredIdea | None:
        async with self._advances.lock():
            for look in (self._advances.guess, self._advances.look):
                if (expected := await look()) is None:
                    continue
                row = IdeaSealer.of(expected.cipher).seal(idea, expected.next_revision)
                if await self._write(INSERT, expected, idea, row, UsageDelta(ideas=1, sealed_bytes=row.size)):
                    return StoredIdea(idea, expected.next_revision)
        return None

    async def replace(self, idea_id: UUID, given: IdeaCreate) -> StoredIdea | None:
        """Raises PreconditionFailed, and the alarms of `opened`."""
        return await self._change(idea_id, lambda idea: stamped(replaced(idea, given)))

    async def change(self, idea_id: UUID, given: IdeaUpdate) -> StoredIdea | None:
        """Raises as `replace`."""

        def change(idea: IdeaResponse) -> IdeaResponse:
            after = changed(idea, given)
            return idea if after == idea else stamped(after)

        return await self._change(idea_id, change)

    async def delete(self, idea_id: UUID) -> bool:
        """Raises PreconditionFailed."""
        async with self._advances.lock():
            for _ in range(ATTEMPTS):
                if (seen := await self._seen(idea_id)) is None:
                    return False
                vault, before = seen
                expected = Expected(vault.revision, vault.cipher)
                growth = UsageDelta(ideas=-1, sealed_bytes=-sealed_size(before.title, before.notes, before.tags))
                if await self._advances.advance(DELETE, expected, growth, datetime.now(UTC), idea_id):
                    return True
        return False

    async def _change(self, idea_id: UUID, change: Callable[[IdeaResponse], IdeaResponse]) -> StoredIdea | None:
        async with self._advances.lock():
            for _ in range(ATTEMPTS):
                if (seen := await self._seen(idea_id)) is None:
                    return None
                vault, before = seen
                expected, stored = Expected(vault.revision, vault.cipher), opened(vault, before)
                idea = change(stored)
                if idea is stored:
                    return StoredIdea(stored, VaultRevision(before.revision))
                row = IdeaSealer.of(vault.cipher).seal(idea, expected.next_revision)
                growth = UsageDelta(
                    ideas=0, sealed_bytes=row.size - sealed_size(before.title, before.notes, before.tags)
                )
                if await self._write(UPDATE, expected, idea, row, growth):
                    return StoredIdea(idea, expected.next_revision)
        return None

    async def _seen(self, idea_id: UUID) -> tuple[OpenVault, IdeaColumns] | None:
        glanced = await self._vault.look(ONE, idea_id)
        if glanced is None or glanced.rows[0][VAULT_COLUMNS] is None:
            return None
        columns = IdeaColumns(*glanced.rows[0][VAULT_COLUMNS:])
        self._precondition.check(idea_tag(VaultRevision(columns.revision)))
        return glanced.vault, columns

    async def _write(
        self, statement: str, expected: Expected, idea: IdeaResponse, row: SealedRow, growth: UsageDelta
    ) -> bool:
        values: dict[str, Any] = row.values
        arguments = [values[name] for name in CHANGED]
        return await self._advances.advance(statement, expected, growth, idea.updated_at, *arguments)
