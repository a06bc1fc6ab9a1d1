"""Litestar dependency providers: the imports of the caller's own vault."""

from typing import Any

from litestar import Request

from creatorvault.accounts.identity import Identity
from creatorvault.core.http.inputs import Path
from creatorvault.core.identifiers import VaultId
from creatorvault.core.parts import part_of
from creatorvault.core.telemetry.asgi_headers import header
from creatorvault.idempotency.errors import HEADER
from creatorvault.idempotency.services import IdempotencyKey
from creatorvault.tenants.resolution import tenant_name, user_actor
from creatorvault.tenants.services import VaultService
from creatorvault.transfer.importing.errors import NotYourImports
from creatorvault.transfer.importing.schemas import ImportsPath
from creatorvault.transfer.importing.services import ImportService
from creatorvault.transfer.parts import TransferParts

ImportsRequest = Request[Identity, Any, Any]


async def provide_imports(request: ImportsRequest, path: Path[ImportsPath]) -> ImportService:
    """Raises NotYourImports if the path names another user than the token."""
    identity, parts = request.user, part_of(request.app, TransferParts)
    if path.user_id != identity.subject:
        raise NotYourImports
    tenant = tenant_name(identity)
    vault = VaultService(
        parts.vaults,
        tenant,
        VaultId(tenant.id, identity.subject),
        lambda: parts.audit.recorder(user_actor(identity), request.scope),
    )
    key = header(request.scope, HEADER.lower().encode()) if request.method == "POST" else None
    return ImportService(vault, parts, None if key is None else IdempotencyKey(vault.id, key))
