"""Process-wide objects of the tenants app."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Protocol
from uuid import UUID

from creatorvault.accounts.parts import TenantNaming
from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.identifiers import VaultId
from creatorvault.core.parts import Parts
from creatorvault.core.waiting.keyed_locks import KeyedLocks
from creatorvault.crypto.keyring import Keyring
from creatorvault.crypto.parts import CryptoParts
from creatorvault.settings.sections import Settings, TenancySettings
from creatorvault.tenants.group_commits import GroupCommits
from creatorvault.tenants.resolution import tenant_id_of
from creatorvault.tenants.revisions import SeenRevisions

SWEEPS: Final = 4
"""So often expired keys are looked for in the time that keys may be used."""


class VaultCache(Protocol):
    """What a process remembers of vaults: keys, or what they have opened."""

    def vaults(self) -> Iterable[VaultId]:
        """The vaults of which something is remembered now."""

    def forget(self, vault: VaultId) -> None: ...


@dataclass(slots=True)
class VaultParts:
    """Shared by all vaults. `database` and `statements` are two connection pools to the same database."""

    database: Database
    statements: Statements
    keyring: Keyring
    revisions: SeenRevisions
    tenancy: TenancySettings
    group_commits: GroupCommits = field(init=False)
    changing: KeyedLocks[tuple[VaultId, UUID]] = field(init=False)
    """Changes of one idea follow each other: of two that start from the same version, one would fail."""

    caches: list[VaultCache] = field(init=False)
    """The keyring, and the caches of apps, which add their own."""

    def __post_init__(self) -> None:
        self.group_commits = GroupCommits(self.statements)
        self.caches = [self.keyring]
        self.changing = KeyedLocks(self.statements.answer_seconds)

    def forget(self, vault: VaultId) -> None:
        """Removes the keys and caches of a vault that was erased or set back."""
        for cache in self.caches:
            cache.forget(vault)

    def held(self) -> set[VaultId]:
        """Returns the vaults of which anything is in memory."""
        return {vault for cache in self.caches for vault in cache.vaults()}

    def forget_expired(self) -> None:
        """Removes keys that may not be used any more, and what was opened with them."""
        for vault in self.keyring.expired():
            self.forget(vault)


@asynccontextmanager
async def vault_parts(parts: Parts) -> AsyncGenerator[VaultParts]:
    settings = parts[Settings]
    revisions = SeenRevisions()
    vaults = VaultParts(parts[Database], parts[Statements], parts[CryptoParts].keyring, revisions, settings.tenancy)
    forgetting = asyncio.create_task(_forget_expired(vaults, settings.encryption.key_cache_seconds / SWEEPS))
    try:
        yield vaults
    finally:
        forgetting.cancel()
        await vaults.group_commits.aclose()


async def _forget_expired(vaults: VaultParts, seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        vaults.forget_expired()


@asynccontextmanager
async def tenant_naming(_: Parts) -> AsyncGenerator[TenantNaming]:
    yield TenantNaming(tenant_id_of)
