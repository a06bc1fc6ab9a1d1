"""The two steps of erasing one vault: a request that destroys nothing, and a confirmation that destroys the keys."""

import hmac
import secrets
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final

from creatorvault.audit.services import AuditRecorder
from creatorvault.core.database.sessions import WriteSession
from creatorvault.core.identifiers import VaultId
from creatorvault.erasure.errors import (
    ConfirmationExpired,
    NoErasure,
    NotConfirmed,
    NothingToErase,
    NothingWaits,
    NotYet,
    VaultConflict,
)
from creatorvault.erasure.models import ErasureState, VaultErasure
from creatorvault.erasure.parts import ErasureParts
from creatorvault.erasure.persons import Persons
from creatorvault.erasure.receipts import key_of
from creatorvault.erasure.repositories import TenantRow, VaultErasureRepository, is_personal
from creatorvault.erasure.schemas import VaultErasureResponse
from creatorvault.erasure.worker import LEASE, VAULT_KEYS
from creatorvault.tenants.admission import refuse
from creatorvault.tenants.models import TenantStatus, Vault, VaultStatus

BEING_ERASED: Final = (TenantStatus.ERASING, TenantStatus.ERASED)


class VaultErasureService:
    """The erasure of one vault, by its creator or by an operator, whom `persons` names."""

    def __init__(
        self, parts: ErasureParts, vault: VaultId, recorder: AuditRecorder, persons: Persons | None = None
    ) -> None:
        self._parts = parts
        self._vault = vault
        self._recorder = recorder
        self._persons = persons
        self._by_operator = persons is not None

    async def state(self) -> VaultErasureResponse:
        """Raises NoErasure."""
        async with self._parts.database.reading(self._vault.tenant_id) as session:
            repository = VaultErasureRepository(session, self._vault)
            erasure, tenant, vault = await repository.find(), await repository.tenant(), await repository.vault()
            if erasure is None or tenant is None or vault is None:
                raise NoErasure
            return VaultErasureResponse.of(erasure, tenant, vault, await repository.key_count())

    async def ask(self) -> VaultErasureResponse:
        """The first step. A creator's request changes nothing else; an operator's closes the vault.

        Raises NothingToErase, and for creators TenantSuspended, TenantErased and VaultErased, for operators
        VaultConflict.
        """
        confirmation, now = secrets.token_urlsafe(32), datetime.now(UTC)
        settings = self._parts.settings
        async with self._parts.database.writing(self._vault.tenant_id) as session:
            repository = VaultErasureRepository(session, self._vault)
            tenant = await repository.locked_tenant()
            vault = await repository.locked_vault()
            if tenant is None or vault is None:
                raise NothingToErase
            self._admit(tenant, vault)
            delay = timedelta(seconds=settings.admin.erasure_delay_seconds if self._by_operator else 0)
            valid = timedelta(seconds=settings.erasure.confirmation_seconds)
            erasure = VaultErasure(
                tenant_id=self._vault.tenant_id,
                user_id=self._vault.user_id,
                by_operator=self._by_operator,
                actor=self._recorder.actor,
                requested_by=None if self._persons is None else self._persons.caller,
                confirmation=_digest(confirmation),
                requested_at=now,
                not_before=now + delay,
                expires_at=None if self._by_operator else now + valid,
            )
            await repository.ask(erasure)
            if self._by_operator:
                await repository.set_vault_status(VaultStatus.CLOSED)
            await self._record(session, "erasure.requested")
            answer = VaultErasureResponse.of(erasure, tenant, vault, await repository.key_count(), confirmation)
        if self._by_operator:
            self._parts.vaults.forget(self._vault)
        return answer

    async def withdraw(self) -> None:
        """Withdraws an operator's request; the vault is in use again.

        Raises NothingToErase, and NothingWaits if there is no such request.
        """
        async with self._parts.database.writing(self._vault.tenant_id) as session:
            repository = VaultErasureRepository(session, self._vault)
            if await repository.locked_vault() is None:
                raise NothingToErase
            erasure = await repository.locked()
            if erasure is None or not erasure.by_operator or erasure.state != ErasureState.REQUESTED:
                raise NothingWaits
            await repository.withdraw()
            await repository.set_vault_status(None)
            await self._record(session, "erasure.withdrawn")

    async def confirm(self, confirmation: str) -> VaultErasureResponse:
        """The second step: destroys the keys, and waits a short while for the rest. May be repeated.

        Raises NotConfirmed and AuditKeyMissing, for creators ConfirmationExpired, TenantSuspended and TenantErased, for
        operators NothingWaits, AnotherPersonNeeded, NotYet and VaultConflict.
        """
        async with self._parts.database.writing(self._vault.tenant_id) as session:
            repository = VaultErasureRepository(session, self._vault)
            tenant, vault = await repository.locked_tenant(), await repository.locked_vault()
            erasure = await repository.locked()
            if erasure is None or tenant is None or vault is None or erasure.by_operator != self._by_operator:
                raise NothingWaits if self._by_operator else NotConfirmed
            if not hmac.compare_digest(erasure.confirmation, _digest(confirmation)):
                raise NotConfirmed
            if erasure.state == ErasureState.REQUESTED:
                await self._destroy_keys(session, erasure, tenant)
        self._parts.vaults.forget(self._vault)
        await self._parts.worker.work(self._vault)
        return await self.state()

    def _admit(self, tenant: TenantRow, vault: Vault) -> None:
        if not self._by_operator:
            refuse(TenantStatus(tenant.status), self._parts.settings.tenancy)
            if vault.status is not None:
                refuse(VaultStatus(vault.status), self._parts.settings.tenancy)
        elif tenant.status in BEING_ERASED:
            raise VaultConflict("The vault's tenant is being erased or has been")
        elif vault.status is not None:
            raise VaultConflict("This vault is being erased or has been")

    async def _destroy_keys(self, session: WriteSession, erasure: VaultErasure, tenant: TenantRow) -> None:
        repository, now = VaultErasureRepository(session, self._vault), datetime.now(UTC)
        if erasure.expires_at is not None and now >= erasure.expires_at:
            raise ConfirmationExpired
        if self._persons is not None:
            self._persons.admit(erasure.requested_by)
        if now < erasure.not_before:
            raise NotYet(erasure.not_before)
        if not self._by_operator:
            refuse(TenantStatus(tenant.status), self._parts.settings.tenancy)
        elif tenant.status in BEING_ERASED:
            raise VaultConflict("The vault's tenant is being erased or has been")
        keys = await repository.destroy_keys()
        await repository.change(
            erasure,
            state=ErasureState.ERASING.value,
            actor=self._recorder.actor,
            destroyed_at=now,
            leased_until=now + LEASE,
            keys=[key_of(*key) for key in keys],
            rows={VAULT_KEYS: len(keys)},
        )
        await repository.mark_destroyed(now, whole_tenant=is_personal(tenant))
        await self._record(session, "keys.destroyed", keys=str(len(keys)))

    async def _record(self, session: WriteSession, verb: str, **targets: str) -> None:
        user_id = self._vault.user_id
        await self._recorder.record(session, self._vault.tenant_id, verb, user_id=user_id, **targets)


def _digest(confirmation: str) -> bytes:
    return sha256(confirmation.encode()).digest()
