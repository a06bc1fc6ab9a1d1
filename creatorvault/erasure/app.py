"""Registration of the erasure app."""

from typing import Final

from creatorvault.core.database.tenant_data import Tombstone
from creatorvault.erasure.commands import receipts
from creatorvault.erasure.controllers import OwnErasureController, ReceiptKeysController
from creatorvault.erasure.models import VaultErasure
from creatorvault.erasure.parts import erasure_parts
from creatorvault.erasure.upgrade import prepare_receipts
from creatorvault.management.apps import App

APP: Final = App(
    name="erasure",
    controllers=[OwnErasureController, ReceiptKeysController],
    upgrade_steps=[prepare_receipts],
    commands=[receipts],
    parts=[erasure_parts],
    erases=[
        Tombstone(
            model=VaultErasure,
            reason="Ids, numbers and the receipt, which proves the erasure until `erasure.receipt_days` have passed.",
        )
    ],
)
