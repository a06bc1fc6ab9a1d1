"""Litestar dependency providers: the erasure of the caller's own vault."""

from datetime import UTC, datetime, timedelta
from typing import Any

from litestar import Request
from litestar.datastructures import State

from creatorvault.accounts.identity import Identity
from creatorvault.core.identifiers import VaultId
from creatorvault.core.parts import part_of
from creatorvault.erasure.errors import TokenTooOld
from creatorvault.erasure.openapi import FRESH_SECONDS
from creatorvault.erasure.parts import ErasureParts
from creatorvault.erasure.services import VaultErasureService
from creatorvault.tenants.resolution import tenant_id_of, user_actor

OwnRequest = Request[Identity, Any, State]


async def provide_own_erasure(request: OwnRequest) -> VaultErasureService:
    parts, identity = part_of(request.app, ErasureParts), request.user
    recorder = parts.audit.recorder(user_actor(identity), request.scope)
    return VaultErasureService(parts, VaultId(tenant_id_of(identity), identity.subject), recorder)


def require_fresh_token(identity: Identity) -> None:
    """Raises TokenTooOld. A token that this process remembers keeps the time at which it was issued."""
    if datetime.now(UTC) - identity.issued_at > timedelta(seconds=FRESH_SECONDS):
        raise TokenTooOld(FRESH_SECONDS)
