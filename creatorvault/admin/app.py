"""Registration of the admin app."""

from typing import Final

from creatorvault.admin.commands import operators_group
from creatorvault.admin.controllers import AdminController
from creatorvault.admin.metrics import replica_metrics
from creatorvault.admin.models import TenantErasure, TenantTotals, TotalledVault
from creatorvault.admin.parts import admin_parts
from creatorvault.admin.statements.totals import POSITION_LOCKED
from creatorvault.core.database.tenant_data import Erased, Tombstone
from creatorvault.management.apps import App

APP: Final = App(
    name="admin",
    controllers=[AdminController],
    commands=[operators_group],
    parts=[admin_parts],
    metrics=[replica_metrics],
    erases=[
        Erased(model=TenantErasure),
        # Locked, so that nobody adds up a vault meanwhile as it was before the erasure.
        Erased(model=TotalledVault, first=POSITION_LOCKED),
        Tombstone(
            model=TenantTotals,
            reason="Numbers alone; without the row, lists in their order would omit the tenant.",
            emptied={"vaults": 0, "ideas": 0, "sealed_bytes": 0},
        ),
    ],
)
