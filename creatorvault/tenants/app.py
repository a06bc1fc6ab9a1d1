"""Registration of the tenants app."""

from typing import Final

from sqlalchemy import func

from creatorvault.core.database.tenant_data import Tombstone
from creatorvault.management.apps import App
from creatorvault.tenants.admin import TENANTS
from creatorvault.tenants.admin_of_vaults import VAULTS
from creatorvault.tenants.controllers import OwnEventsController, TenantController
from creatorvault.tenants.models import Tenant, Vault
from creatorvault.tenants.parts import tenant_naming, vault_parts

APP: Final = App(
    name="tenants",
    controllers=[TenantController, OwnEventsController],
    parts=[vault_parts, tenant_naming],
    console=[TENANTS, VAULTS],
    erases=[
        Tombstone(
            model=Vault,
            reason="Neither its revision nor its key version may ever come again with something else behind it.",
            emptied={"digest": 0, "idea_count": 0, "trash_count": 0, "sealed_bytes": 0, "changed_at": func.now()},
        ),
        Tombstone(model=Tenant, reason="What is erased stays erased: its id is the same whenever it is derived again."),
    ],
)
