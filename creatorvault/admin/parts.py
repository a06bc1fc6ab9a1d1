"""Process-wide objects of the admin API, and those of other apps that it uses."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from creatorvault.admin.errors import AdminOff
from creatorvault.admin.operator_keys import OperatorKeys, operator_keys
from creatorvault.admin.totals import TotalsKeeper
from creatorvault.audit.parts import AuditParts
from creatorvault.audit.services import AuditLog
from creatorvault.core.database.operator_login import operators_database, operators_replica
from creatorvault.core.database.replica import Replica
from creatorvault.core.database.sessions import Database
from creatorvault.core.database.tenant_data import TenantData
from creatorvault.core.parts import Parts
from creatorvault.crypto.keyring import Keyring
from creatorvault.crypto.parts import CryptoParts
from creatorvault.crypto.providers.composite import RootKeys
from creatorvault.ideas.parts import IdeasParts
from creatorvault.ideas.search.cache import SearchCache
from creatorvault.settings.operators import AdminSettings
from creatorvault.settings.sections import Settings
from creatorvault.tenants.parts import VaultParts


@dataclass(slots=True)
class AdminParts:
    """`operators_database` and `operator_keys` are None if there is no login for operators."""

    settings: AdminSettings
    operators_database: Database | None
    operators_replica: Replica | None
    operator_keys: OperatorKeys | None
    audit: AuditLog
    keyring: Keyring
    root_keys: RootKeys
    search_cache: SearchCache
    vaults: VaultParts
    tenant_data: TenantData

    def database(self) -> Database:
        """Raises AdminOff if there is no login for operators."""
        if self.operators_database is None:
            raise AdminOff
        return self.operators_database


@asynccontextmanager
async def admin_parts(parts: Parts) -> AsyncGenerator[AdminParts]:
    settings = parts[Settings]
    async with AsyncExitStack() as stack:
        operators = operators_database(settings.database)
        if operators is not None:
            stack.push_async_callback(operators.close)
        replica = operators_replica(settings.database)
        if replica is not None:
            stack.push_async_callback(replica.aclose)
        keys = operator_keys(settings.database, operators)
        if keys is not None:
            stack.push_async_callback(keys.aclose)
        if operators is not None:
            stack.push_async_callback(TotalsKeeper(operators).aclose)
        yield AdminParts(
            settings=settings.admin,
            operators_database=operators,
            operators_replica=replica,
            operator_keys=keys,
            audit=parts[AuditParts].log,
            keyring=parts[CryptoParts].keyring,
            root_keys=parts[CryptoParts].root_keys,
            search_cache=parts[IdeasParts].search_cache,
            vaults=parts[VaultParts],
            tenant_data=parts[TenantData],
        )
