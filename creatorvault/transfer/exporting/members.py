"""Exports of a member's vault by an owner of the organization, which the member can see in the audit log."""

from typing import Final

from creatorvault.audit.services import AuditRecorder
from creatorvault.core.http.streaming import StreamedResponse
from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.tenants.admission import refuse
from creatorvault.tenants.errors import NothingStored
from creatorvault.tenants.repositories import VaultRepository
from creatorvault.tenants.resolution import TenantName
from creatorvault.transfer.exporting.errors import NoSuchMember, OwnersMayNotExport
from creatorvault.transfer.exporting.parts import ExportParts
from creatorvault.transfer.exporting.schemas import ExportRequest
from creatorvault.transfer.exporting.vaults import VaultExports

EXPORTED: Final = "vault.exported"


class MemberExports:
    def __init__(
        self,
        parts: ExportParts,
        tenant: TenantName,
        member: UserId,
        recorder: AuditRecorder,
        exports: VaultExports,
    ) -> None:
        self._parts = parts
        self._tenant = tenant
        self._member = member
        self._recorder = recorder
        self._exports = exports

    async def response(self, wanted: ExportRequest) -> StreamedResponse:
        """The event is committed before anything is read.

        Raises NothingStored, TenantSuspended, TenantErased, TenantUnknown, OwnersMayNotExport, NoSuchMember, and as
        `VaultExports.response`.
        """
        response = self._exports.response(wanted)
        async with self._parts.vaults.database.writing(self._tenant.id) as session:
            repository = VaultRepository(session, VaultId(self._tenant.id, self._member))
            tenant = await repository.tenant()
            refuse(tenant.status, self._parts.vaults.tenancy)
            if tenant.status is None:
                raise NothingStored
            if not tenant.owner_export:
                raise OwnersMayNotExport
            if not await repository.count():
                raise NoSuchMember
            targets = {"user_id": self._member, "format": wanted.format.value}
            targets |= {"encrypted": str(wanted.is_encrypted).lower()}
            await self._recorder.record(session, self._tenant.id, EXPORTED, **targets)
        return response
