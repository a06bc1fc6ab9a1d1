"""Litestar dependency providers: one transaction in the caller's tenant."""

from collections.abc import AsyncGenerator
from typing import Any

from litestar import Request
from litestar.datastructures import State

from creatorvault.accounts.identity import Identity
from creatorvault.core.identifiers import VaultId
from creatorvault.core.parts import part_of
from creatorvault.tenants.resolution import tenant_id_of

from .parts import MoodParts
from .repositories import MoodRepository

MoodRequest = Request[Identity, Any, State]


async def provide_moods(request: MoodRequest) -> AsyncGenerator[MoodRepository]:
    vault = VaultId(tenant_id_of(request.user), request.user.subject)
    async with part_of(request.app, MoodParts).database.writing(vault.tenant_id) as session:
        yield MoodRepository(session, vault)
