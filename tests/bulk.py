"""Ideas that are stored in bulk by a running application, as an import would."""

from collections.abc import AsyncGenerator, Sequence

from creatorvault.audit.services import COMMAND
from creatorvault.ideas.bulk import BatchStored, store_batches
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from creatorvault.tenants.services import VaultService
from tests.application import House
from tests.factories import Creator
from tests.ways import vault_of


def service_of(house: House, creator: Creator) -> VaultService:
    vault, parts = vault_of(creator), house.parts
    org_id = creator.claims.get("org_id")
    kind = TenantKind.PERSONAL if org_id is None else TenantKind.ORGANIZATION
    tenant = TenantName(kind, "better-auth", org_id or creator.user_id)
    return VaultService(parts.vaults, tenant, vault, lambda: parts.audit.recorder(COMMAND))


async def store(house: House, creator: Creator, *batches: Sequence[IdeaResponse]) -> list[BatchStored]:
    async def given() -> AsyncGenerator[Sequence[IdeaResponse]]:
        for batch in batches:
            yield batch

    return [stored async for stored in store_batches(service_of(house, creator), given())]
