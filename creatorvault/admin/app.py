"""Registration of the admin app."""

from typing import Final

from creatorvault.admin.admin import OPERATORS
from creatorvault.admin.commands import operators_group
from creatorvault.admin.controllers import AdminController
from creatorvault.admin.controllers_of_audit import AuditController
from creatorvault.admin.controllers_of_jobs import JobController
from creatorvault.admin.controllers_of_keys import KeyController
from creatorvault.admin.controllers_of_operators import OperatorController
from creatorvault.admin.controllers_of_vaults import VaultErasureController
from creatorvault.admin.metrics import replica_metrics
from creatorvault.admin.models import TenantErasure, TenantTotals, TotalledVault
from creatorvault.admin.parts import admin_parts
from creatorvault.admin.statements.totals import POSITION_LOCKED
from creatorvault.core.database.tenant_data import Erased, Tombstone
from creatorvault.management.apps import App

APP: Final = App(
    name="admin",
    controllers=[
        AdminController,
        VaultErasureController,
        JobController,
        OperatorController,
        KeyController,
        AuditController,
    ],
    commands=[operators_group],
    parts=[admin_parts],
    metrics=[replica_metrics],
    console=[OPERATORS],
    erases=[
        Erased(model=TenantErasure, only_operators=True),
        # Locked, so that nobody adds up a vault meanwhile as it was before the erasure.
        # The contribution of a single vault that is erased becomes zero when vaults are added up next.
        Erased(model=TotalledVault, first=POSITION_LOCKED, only_operators=True),
        Tombstone(
            model=TenantTotals,
            reason="Numbers alone; without the row, lists in their order would omit the tenant.",
            emptied={"vaults": 0, "ideas": 0, "sealed_bytes": 0},
        ),
    ],
)
