"""Registration of the erasure app."""

from typing import Final

from creatorvault.core.database.sealed_data import WrappedTable
from creatorvault.core.database.tenant_data import Tombstone
from creatorvault.erasure.commands import receipts
from creatorvault.erasure.controllers import OwnErasureController, ReceiptKeysController
from creatorvault.erasure.models import ReceiptKey, VaultErasure
from creatorvault.erasure.parts import erasure_parts
from creatorvault.erasure.signing.receipt_keys import wrap_context
from creatorvault.erasure.upgrade import prepare_receipts
from creatorvault.management.apps import App

APP: Final = App(
    name="erasure",
    controllers=[OwnErasureController, ReceiptKeysController],
    upgrade_steps=[prepare_receipts],
    commands=[receipts],
    parts=[erasure_parts],
    wrapped=[WrappedTable(model=ReceiptKey, key=("kid",), context=lambda key: wrap_context(*key))],
    erases=[
        Tombstone(
            model=VaultErasure,
            reason="Ids, numbers and the receipt, which proves the erasure until `erasure.receipt_days` have passed.",
        )
    ],
)
