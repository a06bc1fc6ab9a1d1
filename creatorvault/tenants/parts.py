"""What of tenants lives as long as the process."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from creatorvault.accounts.parts import TenantNaming
from creatorvault.core.parts import Parts
from creatorvault.settings.sections import Settings
from creatorvault.tenants.resolution import tenant_id_of
from creatorvault.tenants.revisions import SeenRevisions


@asynccontextmanager
async def seen_revisions(parts: Parts) -> AsyncGenerator[SeenRevisions]:
    yield SeenRevisions(parts[Settings].database.answer_seconds)


@asynccontextmanager
async def tenant_naming(_: Parts) -> AsyncGenerator[TenantNaming]:
    yield TenantNaming(tenant_id_of)
