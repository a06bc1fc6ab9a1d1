"""The vaults that ideas are moved into."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from creatorvault.audit.services import COMMAND, AuditLog, AuditRecorder
from creatorvault.core.database.operator_login import operators_database
from creatorvault.core.database.sessions import Database, run
from creatorvault.core.database.statements import Statements
from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.crypto.keyring import Keyring
from creatorvault.crypto.providers import root_key_provider
from creatorvault.settings.sections import Settings
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.parts import VaultParts
from creatorvault.tenants.resolution import TenantName
from creatorvault.tenants.revisions import SeenRevisions
from creatorvault.tenants.services import VaultService
from creatorvault.transfer.fastapi.errors import NoOperators, SourceRefused
from creatorvault.transfer.fastapi.source import PLACE, Place, Source
from creatorvault.transfer.fastapi.statements import REMEMBERED_OF_A_SOURCE, VAULTS_OF_A_SOURCE

PATIENCE_SECONDS: Final = timedelta(hours=1).total_seconds()
VAULTS_HELD: Final = 64
AT_ONCE: Final = 500
BEGINNING: Final = VaultId(TenantId(UUID(int=0)), UserId(""))


@dataclass(frozen=True, slots=True)
class Target:
    """`realm` is that of the creators of the source, who have personal tenants in it. `source_id` identifies it."""

    vaults: VaultParts
    operators: Database
    recorder: AuditRecorder
    realm: str
    source_id: UUID

    def vault(self, user_id: str) -> VaultService:
        """Returns the vault that requests of this creator use."""
        tenant = TenantName(TenantKind.PERSONAL, self.realm, user_id)
        return VaultService(self.vaults, tenant, VaultId(tenant.id, UserId(user_id)), lambda: self.recorder)

    async def remembered(self) -> int:
        """Returns how many ideas of the source were imported, in all realms."""
        async with self.operators.reading() as session:
            [(count,)] = await run(session, REMEMBERED_OF_A_SOURCE, self.source_id)
        return int(count)

    async def vaults_of_source(self) -> AsyncGenerator[VaultService]:
        """Yields the vaults of this realm with ideas of the source."""
        after = BEGINNING
        while True:
            async with self.operators.reading() as session:
                rows = await run(session, VAULTS_OF_A_SOURCE, *after, self.source_id, AT_ONCE)
            for tenant_id, user_id in rows:
                vault = self.vault(user_id)
                if vault.id.tenant_id == tenant_id:
                    yield vault
            if len(rows) < AT_ONCE:
                return
            after = VaultId(*rows[-1])


@asynccontextmanager
async def opened_target(settings: Settings, realm: str, source: Source) -> AsyncGenerator[Target]:
    """Raises SourceRefused if the source is the target, NoOperators, RootKeysInvalid, ServiceUnavailable."""
    async with AsyncExitStack() as stack:
        operators = operators_database(settings.database, PATIENCE_SECONDS)
        if operators is None:
            raise NoOperators
        stack.push_async_callback(operators.close)
        patient = replace(
            settings.database,
            statement_seconds=PATIENCE_SECONDS,
            lock_seconds=PATIENCE_SECONDS,
            idle_in_transaction_seconds=PATIENCE_SECONDS,
            answer_seconds=PATIENCE_SECONDS,
            pool_wait_seconds=PATIENCE_SECONDS,
        )
        database, statements = Database(patient), Statements(patient)
        stack.push_async_callback(statements.close)
        stack.push_async_callback(database.close)
        async with database.reading() as session:
            [place] = await run(session, PLACE)
        if Place(*place) == source.place:
            raise SourceRefused("this is the database of CreatorVault itself (DATABASE_URL)")
        provider = await stack.enter_async_context(root_key_provider(settings.encryption))
        keyring = Keyring(provider, settings.encryption.rotate_after_revisions, VAULTS_HELD)
        stack.push_async_callback(keyring.aclose)
        vaults = VaultParts(database, statements, keyring, SeenRevisions(), settings.tenancy)
        stack.push_async_callback(vaults.group_commits.aclose)
        recorder = AuditLog(provider, settings.limits).recorder(COMMAND)
        yield Target(vaults, operators, recorder, realm, source.id)
