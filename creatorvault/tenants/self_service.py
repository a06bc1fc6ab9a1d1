"""Tenant self-service: members and usage of a tenant for its owners and admins, without content."""

from typing import Final

import msgspec

from creatorvault.audit.audit_key import AuditKeys
from creatorvault.audit.schemas import AuditEventList, AuditQuery
from creatorvault.audit.services import EventLists
from creatorvault.core.database.sessions import ReadSession
from creatorvault.core.http.paging import ListQuery
from creatorvault.core.identifiers import VaultId
from creatorvault.settings.sections import TenancySettings
from creatorvault.tenants.admission import refuse
from creatorvault.tenants.errors import NothingStored
from creatorvault.tenants.models import TenantStatus
from creatorvault.tenants.quotas import first
from creatorvault.tenants.repositories import MemberPlace, TenantRepository
from creatorvault.tenants.resolution import TenantName
from creatorvault.tenants.schemas import Member, MemberList, OwnTenant

_members: Final = msgspec.json.Decoder(MemberPlace)


class TenantSelfService:
    """What returns a page raises CursorInvalid and, if the query has a cursor, as `AuditKeys.chain`."""

    def __init__(
        self,
        repository: TenantRepository,
        session: ReadSession,
        keys: AuditKeys,
        tenant: TenantName,
        tenancy: TenancySettings,
    ) -> None:
        self._repository = repository
        self._session = session
        self._keys = keys
        self._tenant = tenant
        self._tenancy = tenancy

    def admit(self, status: TenantStatus | None) -> None:
        """Raises TenantSuspended, TenantErased, TenantUnknown, and NothingStored."""
        refuse(status, self._tenancy)
        if status is None:
            raise NothingStored

    async def overview(self) -> OwnTenant:
        row, usage = await self._repository.row(), await self._repository.usage()
        return OwnTenant(
            tenant_id=row.tenant_id,
            external_id=row.external_id,
            created_at=row.created_at,
            members=usage.vaults,
            ideas=usage.ideas,
            sealed_bytes=usage.sealed_bytes,
            idea_quota=first(row.idea_quota, self._tenancy.idea_quota),
            byte_quota=first(row.byte_quota, self._tenancy.byte_quota),
            vault_idea_quota=first(row.vault_idea_quota, self._tenancy.vault_idea_quota),
            vault_byte_quota=first(row.vault_byte_quota, self._tenancy.vault_byte_quota),
            retention_days=self._tenancy.retention_days if row.retention_days is None else row.retention_days,
        )

    async def members(self, query: ListQuery) -> MemberList:
        scope = self._tenant.id.bytes
        cursors = await self._keys.cursors(self._session, query, _members, "members", scope)
        found = await self._repository.vaults(query, cursors.place())
        page = cursors.page(*found, lambda row: MemberPlace(row.changed_at, row.user_id))
        items = [
            Member(
                user_id=row.user_id,
                ideas=row.idea_count,
                sealed_bytes=row.sealed_bytes,
                created_at=row.created_at,
                last_activity=row.changed_at,
            )
            for row in page.rows
        ]
        return MemberList(
            items=items,
            **page.fields(query),
        )

    async def events(self, query: AuditQuery) -> AuditEventList:
        return await EventLists(self._session, self._keys, self._tenant.id).page(query)


class OwnEvents:
    """The audit events about one creator, for that creator."""

    def __init__(self, session: ReadSession, keys: AuditKeys, vault: VaultId) -> None:
        self._lists = EventLists(session, keys, vault.tenant_id)
        self._user_id = vault.user_id

    async def page(self, query: ListQuery) -> AuditEventList:
        """Raises as `EventLists`."""
        return await self._lists.page_about(self._user_id, query)
