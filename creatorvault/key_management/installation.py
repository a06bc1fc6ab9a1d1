"""What the commands work with: two logins, the keys, and the tables that the apps have declared."""

import dataclasses
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Final, Self

from msgspec.structs import replace

from creatorvault.audit.services import COMMAND, AuditLog, AuditRecorder
from creatorvault.core.database.operator_login import operators_database
from creatorvault.core.database.sealed_data import ProtectedData
from creatorvault.core.database.sessions import Database, run
from creatorvault.core.database.statements import Statements
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.crypto.keyring import Keyring
from creatorvault.crypto.providers import root_key_provider
from creatorvault.crypto.providers.composite import RootKeys
from creatorvault.key_management.errors import AlreadyRunning, LockLost, NoOperatorsLogin
from creatorvault.key_management.statements.keys import LOCK, STILL_THERE
from creatorvault.settings.sections import Settings
from creatorvault.tenants.parts import VaultParts
from creatorvault.tenants.revisions import SeenRevisions

PATIENCE_SECONDS: Final = timedelta(days=20).total_seconds()
"""Within the 24 days that PostgreSQL's settings of milliseconds reach."""

VAULTS_HELD: Final = 16


@dataclass(frozen=True, slots=True)
class Installation:
    """`vaults` uses the runtime login, with the time limits of long reads. `operators` sees the metadata of all
    tenants. Earlier keys are destroyed `grace_seconds` after the last row was sealed with a newer one.
    """

    vaults: VaultParts
    operators: Database
    root_keys: RootKeys
    audit: AuditLog
    recorder: AuditRecorder
    data: ProtectedData
    rows_per_second: int | None
    grace_seconds: float

    def acting_as(self, actor: str) -> "Installation":
        """Returns the same for somebody else than a command, as the audit log names them."""
        return dataclasses.replace(self, recorder=self.audit.recorder(actor))


@asynccontextmanager
async def installation(settings: Settings, data: ProtectedData) -> AsyncGenerator[Installation]:
    """Raises NoOperatorsLogin, SettingsError, RootKeysInvalid."""
    async with AsyncExitStack() as stack:
        operators = operators_database(settings.database, PATIENCE_SECONDS)
        if operators is None:
            raise NoOperatorsLogin
        stack.push_async_callback(operators.close)
        patient = replace(
            settings.database,
            statement_seconds=PATIENCE_SECONDS,
            idle_in_transaction_seconds=PATIENCE_SECONDS,
            answer_seconds=PATIENCE_SECONDS,
        )
        database, statements = Database(patient), Statements(patient)
        stack.push_async_callback(statements.close)
        stack.push_async_callback(database.close)
        provider = await stack.enter_async_context(root_key_provider(settings.encryption))
        keyring = Keyring(provider, settings.encryption.rotate_after_revisions, VAULTS_HELD)
        stack.push_async_callback(keyring.aclose)
        vaults = VaultParts(database, statements, keyring, SeenRevisions(), settings.tenancy)
        stack.push_async_callback(vaults.group_commits.aclose)
        audit = AuditLog(provider, settings.limits)
        yield Installation(
            vaults=vaults,
            operators=operators,
            root_keys=provider,
            audit=audit,
            recorder=audit.recorder(COMMAND),
            data=data,
            rows_per_second=settings.encryption.rotation_rows_per_second,
            grace_seconds=settings.database.answer_seconds + settings.database.connect_seconds,
        )


class RunningLock:
    """Held by the one command that changes keys."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Raises AlreadyRunning."""
        # A lock of the transaction, which a pooler keeps on one connection. The transaction has no snapshot and no
        # number while it waits, so vacuum goes on.
        self._session = await self._stack.enter_async_context(self._database.writing())
        [(locked,)] = await run(self._session, LOCK)
        if not locked:
            await self._stack.aclose()
            raise AlreadyRunning
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with suppress(ServiceUnavailable):  # the lock was lost with its connection
            await self._stack.__aexit__(kind, error, traceback)

    async def check(self) -> None:
        """Raises LockLost."""
        try:
            await run(self._session, STILL_THERE)
        except DRIVER_ERRORS as error:
            raise LockLost from error
