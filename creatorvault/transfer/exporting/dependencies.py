"""Litestar dependency providers: the vaults that the caller may export."""

from typing import Any

from litestar import Request

from creatorvault.accounts.identity import Identity
from creatorvault.core.http.inputs import Path
from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.request_context import request_context_of
from creatorvault.ideas.schemas import OwnerPath
from creatorvault.tenants.errors import NotItsOwner
from creatorvault.tenants.resolution import tenant_name, user_actor
from creatorvault.tenants.services import VaultService
from creatorvault.transfer.exporting.errors import NotYourVault
from creatorvault.transfer.exporting.members import MemberExports
from creatorvault.transfer.exporting.parts import ExportParts
from creatorvault.transfer.exporting.vaults import VaultExports

ExportRequestOf = Request[Identity, Any, Any]


async def provide_own_exports(request: ExportRequestOf, path: Path[OwnerPath]) -> VaultExports:
    """Raises NotYourVault if the path names another user than the token."""
    if path.user_id != request.user.subject:
        raise NotYourVault
    return _exports(request, request.user.subject)


async def provide_member_exports(request: ExportRequestOf, path: Path[OwnerPath]) -> MemberExports:
    """Requires one of the configured roles in the token's organization. Raises NotItsOwner."""
    parts, identity = part_of(request.app, ExportParts), request.user
    if set(parts.settings.admin.tenant_roles).isdisjoint(identity.org_roles):  # empty without an organization
        raise NotItsOwner
    recorder = parts.audit.recorder(user_actor(identity), request.scope)
    return MemberExports(parts, tenant_name(identity), UserId(path.user_id), recorder, _exports(request, path.user_id))


def _exports(request: ExportRequestOf, user_id: str) -> VaultExports:
    parts, identity = part_of(request.app, ExportParts), request.user
    tenant = tenant_name(identity)
    vault = VaultService(
        parts.vaults,
        tenant,
        VaultId(tenant.id, UserId(user_id)),
        lambda: parts.audit.recorder(user_actor(identity), request.scope),
    )
    return VaultExports(parts, vault, request_context_of(request.scope).caller or "", request.scope)
