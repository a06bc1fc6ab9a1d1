"""Process-wide objects of the erasure app."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from creatorvault.audit.parts import AuditParts
from creatorvault.audit.services import AuditLog
from creatorvault.core.database.operator_login import operators_database
from creatorvault.core.database.sessions import Database
from creatorvault.core.database.statements import Statements
from creatorvault.core.database.tenant_data import TenantData
from creatorvault.core.parts import Parts
from creatorvault.crypto.parts import CryptoParts
from creatorvault.erasure.keeper import ErasureKeeper
from creatorvault.erasure.signing.receipt_keys import ReceiptKeys
from creatorvault.erasure.worker import ErasureWorker
from creatorvault.settings.sections import Settings
from creatorvault.tenants.parts import VaultParts


@dataclass(slots=True)
class ErasureParts:
    settings: Settings
    database: Database
    vaults: VaultParts
    audit: AuditLog
    receipt_keys: ReceiptKeys
    worker: ErasureWorker
    keeper: ErasureKeeper


@asynccontextmanager
async def erasure_parts(parts: Parts) -> AsyncGenerator[ErasureParts]:
    settings, database, vaults, audit = parts[Settings], parts[Database], parts[VaultParts], parts[AuditParts].log
    async with AsyncExitStack() as stack:
        operators = operators_database(settings.database)
        if operators is not None:
            stack.push_async_callback(operators.close)
        keys = ReceiptKeys(parts[CryptoParts].root_keys, database)
        worker = ErasureWorker(database, operators, audit, keys, parts[TenantData], settings.erasure)
        stack.push_async_callback(worker.aclose)
        keeper = ErasureKeeper(database, parts[Statements], vaults, worker, settings.erasure.receipt_days)
        stack.push_async_callback(keeper.aclose)
        yield ErasureParts(settings, database, vaults, audit, keys, worker, keeper)
