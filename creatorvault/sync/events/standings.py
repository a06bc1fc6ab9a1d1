"""Reads how vaults stand: whether they are in use, and their revisions."""

from collections.abc import Sequence
from itertools import batched
from typing import Final, NamedTuple

from creatorvault.core.database.sessions import Database, run
from creatorvault.core.database.statements import Row, Statements
from creatorvault.core.identifiers import VaultId, VaultRevision
from creatorvault.sync.events.statements import STANDINGS
from creatorvault.sync.events.streams import EndReason
from creatorvault.tenants.admission import Status
from creatorvault.tenants.models import TenantStatus, VaultStatus
from creatorvault.tenants.statements.vault import VAULT_ALONE

AT_ONCE: Final = 500
"""Vaults in one statement, which takes some milliseconds."""


class Standing(NamedTuple):
    """`revision` is None if nothing was stored yet."""

    status: Status
    revision: VaultRevision | None

    @property
    def end_reason(self) -> EndReason | None:
        """Why streams have to end, if they have to. A row that seems to be missing is no reason."""
        match self.status:
            case TenantStatus.SUSPENDED:
                return EndReason.SUSPENDED
            case TenantStatus.ERASING | TenantStatus.ERASED | VaultStatus.CLOSED | VaultStatus.DESTROYED:
                return EndReason.ERASED
        return None


class Standings:
    """Reads on the primary. No connection is kept."""

    def __init__(self, database: Database, statements: Statements, *, distributed: bool) -> None:
        self._database = database
        self._statements = statements
        self._distributed = distributed

    async def of(self, vaults: Sequence[VaultId]) -> list[Standing]:
        """In the order of `vaults`, in few statements. Raises ServiceUnavailable."""
        if self._distributed:
            return [_standing(await self._row(vault)) for vault in vaults]
        found: list[Standing] = []
        for some in batched(vaults, AT_ONCE, strict=False):
            tenants, users = [str(vault.tenant_id) for vault in some], [vault.user_id for vault in some]
            found += map(_standing, await self._statements.rows(STANDINGS, tenants, users))
        return found

    async def of_one(self, vault: VaultId) -> Standing:
        """Asks again in a transaction if there seems to be no tenant, as only that is sure. Raises as `of`."""
        standing = _standing(await self._row(vault))
        if standing.status is None:
            async with self._database.reading(vault.tenant_id) as session:
                standing = _standing((await run(session, VAULT_ALONE, str(vault.tenant_id), vault.user_id))[0])
        return standing

    async def _row(self, vault: VaultId) -> Row:
        return (await self._statements.rows(VAULT_ALONE, str(vault.tenant_id), vault.user_id))[0]


def _standing(row: Row) -> Standing:
    status, revision, *_ = row
    return Standing(status, revision)
