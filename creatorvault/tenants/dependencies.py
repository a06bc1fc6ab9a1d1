"""Litestar dependency providers: the token's tenant, in one snapshot."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.datastructures import State

from creatorvault.accounts.identity import Identity
from creatorvault.audit.parts import AuditParts
from creatorvault.core.database.sessions import Database
from creatorvault.core.identifiers import VaultId
from creatorvault.core.parts import part_of
from creatorvault.settings.sections import Settings
from creatorvault.tenants.admission import refuse
from creatorvault.tenants.errors import NotItsOwner
from creatorvault.tenants.repositories import TenantRepository, VaultRepository
from creatorvault.tenants.resolution import tenant_name
from creatorvault.tenants.self_service import OwnEvents, TenantSelfService


async def provide_own_tenant(request: Request[Identity, Any, State]) -> AsyncGenerator[TenantSelfService]:
    """Requires one of the configured roles in the token's organization.

    Raises NotItsOwner, TenantSuspended, TenantErased, TenantUnknown, and NothingStored.
    """
    settings, tenant = part_of(request.app, Settings), tenant_name(request.user)
    if set(settings.admin.tenant_roles).isdisjoint(request.user.org_roles):  # empty without an organization
        raise NotItsOwner
    async with part_of(request.app, Database).reading(tenant.id) as session:
        entrance = VaultRepository(session, VaultId(tenant.id, request.user.subject))
        keys = part_of(request.app, AuditParts).log.keys
        service = TenantSelfService(TenantRepository(session, tenant.id), session, keys, tenant, settings.tenancy)
        service.admit((await entrance.tenant()).status)
        yield service


async def provide_own_events(request: Request[Identity, Any, State]) -> AsyncGenerator[OwnEvents]:
    """Raises TenantSuspended, TenantErased and TenantUnknown."""
    settings, tenant = part_of(request.app, Settings), tenant_name(request.user)
    async with part_of(request.app, Database).reading(tenant.id) as session:
        vault = VaultRepository(session, VaultId(tenant.id, request.user.subject))
        refuse((await vault.tenant()).status, settings.tenancy)
        yield OwnEvents(session, part_of(request.app, AuditParts).log.keys, vault.vault)
