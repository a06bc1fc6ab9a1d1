"""Registration of the transfer app."""

from typing import Final

from creatorvault.ideas.literal_user_ids import under_reserved_ids
from creatorvault.management.apps import App
from creatorvault.transfer.exporting.controllers import ExportController, MemberExportController
from creatorvault.transfer.exporting.metrics import export_metrics
from creatorvault.transfer.exporting.parts import export_parts

APP: Final = App(
    name="transfer",
    controllers=[ExportController, MemberExportController, *under_reserved_ids(ExportController)],
    parts=[export_parts],
    metrics=[export_metrics],
)
