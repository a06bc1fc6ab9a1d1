"""Erasing a tenant in two steps with a delay between them: a request, and a confirmation with the returned token."""

import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from creatorvault.admin.errors import TenantConflict, TooEarly, WrongConfirmation
from creatorvault.admin.models import TenantErasure
from creatorvault.admin.repositories import AdminRepository
from creatorvault.admin.schemas import ErasureDone, ErasureRequested, TenantResponse
from creatorvault.admin.services import locked_tenant, tenant_detail
from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.sessions import WriteSession
from creatorvault.core.database.tenant_data import TenantData
from creatorvault.core.identifiers import TenantId, UserId, VaultId
from creatorvault.erasure.persons import Persons
from creatorvault.erasure.repositories import announce
from creatorvault.tenants.models import TenantStatus


class Erasure:
    """The erasure of one tenant, within the caller's transaction.

    From the request on, the tenant is refused. The delay is longer than any request, so that nobody is still writing at
    the confirmation. It destroys the vaults' keys, which makes ideas in backups unreadable, and deletes the ideas and
    the stored results.
    """

    def __init__(
        self,
        session: WriteSession,
        recorder: AuditRecorder,
        tenant_id: TenantId,
        tenant_data: TenantData,
        persons: Persons,
    ) -> None:
        self._session = session
        self._recorder = recorder
        self._tenant_id = tenant_id
        self._tenant_data = tenant_data
        self._persons = persons
        self._repository = AdminRepository(session)

    async def request(self, delay_seconds: int) -> ErasureRequested:
        """Raises TenantNotFound, and TenantConflict if it was already requested or is done."""
        tenant = await locked_tenant(self._repository, self._tenant_id)
        if tenant.status == TenantStatus.ERASING:
            raise TenantConflict("This tenant is being erased already")
        confirmation, now = secrets.token_urlsafe(32), datetime.now(UTC)
        not_before = now + timedelta(seconds=delay_seconds)
        await self._repository.change(tenant, status=TenantStatus.ERASING.value)
        await self._repository.ask_for_erasure(
            TenantErasure(
                tenant_id=self._tenant_id,
                confirmation=_digest(confirmation),
                requested_at=now,
                not_before=not_before,
                requested_by=self._persons.caller,
            )
        )
        await self._recorder.record(self._session, self._tenant_id, "erasure.requested")
        return ErasureRequested(confirmation=confirmation, not_before=not_before)

    async def withdraw(self) -> TenantResponse:
        """Leaves the tenant suspended. Raises TenantNotFound, and TenantConflict if no erasure is pending."""
        tenant = await locked_tenant(self._repository, self._tenant_id)
        await self._waiting()
        await self._repository.forget_erasure(self._tenant_id)
        await self._repository.change(tenant, status=TenantStatus.SUSPENDED.value)
        await self._recorder.record(self._session, self._tenant_id, "erasure.withdrawn")
        return await tenant_detail(self._session, self._tenant_id)

    async def confirm(self, confirmation: str) -> tuple[ErasureDone, Sequence[VaultId]]:
        """Returns what was destroyed, and the vaults that were emptied.

        Raises TenantNotFound, TenantConflict if no erasure is pending, WrongConfirmation, AnotherPersonNeeded, and
        TooEarly.
        """
        tenant = await locked_tenant(self._repository, self._tenant_id)
        waiting, now = await self._waiting(), datetime.now(UTC)
        if not hmac.compare_digest(waiting.confirmation, _digest(confirmation)):
            raise WrongConfirmation
        self._persons.admit(waiting.requested_by)
        if now < waiting.not_before:
            raise TooEarly(waiting.not_before)
        users: Sequence[UserId] = await self._repository.locked_users(self._tenant_id)
        destroyed = await self._repository.erase(self._tenant_id, self._tenant_data)
        await self._repository.change(tenant, status=TenantStatus.ERASED.value)
        vaults = [VaultId(self._tenant_id, user_id) for user_id in users]
        await announce(self._session, vaults, now)
        counts = {name: str(count) for name, count in destroyed.items()}
        await self._recorder.record(self._session, self._tenant_id, "keys.destroyed", keys=counts["keys"])
        await self._recorder.record(self._session, self._tenant_id, "tenant.erased", **counts)
        done = ErasureDone(
            tenant_id=self._tenant_id,
            keys=destroyed["keys"],
            ideas=destroyed["ideas"],
            answers=destroyed["answers"],
        )
        return done, vaults

    async def _waiting(self) -> TenantErasure:
        erasure = await self._repository.erasure(self._tenant_id)
        if erasure is None:
            raise TenantConflict("No erasure of this tenant waits")
        return erasure


def _digest(confirmation: str) -> bytes:
    return sha256(confirmation.encode()).digest()
