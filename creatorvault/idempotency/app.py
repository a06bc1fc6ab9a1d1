"""Registration of the idempotency app."""

from typing import Final

from creatorvault.core.database.tenant_data import Erased
from creatorvault.idempotency.models import StoredResultRow
from creatorvault.idempotency.schedules import DELETE_EXPIRED
from creatorvault.idempotency.sealed import RESULTS_SEALED
from creatorvault.management.apps import App

APP: Final = App(
    name="idempotency",
    erases=[Erased(model=StoredResultRow, counted_as="answers")],
    sealed=[RESULTS_SEALED],
    schedules=[DELETE_EXPIRED],
)
