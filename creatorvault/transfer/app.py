"""Registration of the transfer app."""

from typing import Final

from creatorvault.core.database.tenant_data import Erased
from creatorvault.ideas.literal_user_ids import under_reserved_ids
from creatorvault.management.apps import App
from creatorvault.transfer.commands import import_group
from creatorvault.transfer.exporting.controllers import ExportController, MemberExportController
from creatorvault.transfer.exporting.metrics import export_metrics
from creatorvault.transfer.exporting.parts import export_parts
from creatorvault.transfer.fastapi.models import ImportedIdea
from creatorvault.transfer.importing.controllers import ImportController
from creatorvault.transfer.importing.job import IMPORTS
from creatorvault.transfer.importing.purging import PURGING
from creatorvault.transfer.models import Import, ImportChunk
from creatorvault.transfer.parts import transfer_parts
from creatorvault.transfer.sealed import CHUNKS_SEALED, REPORTS_SEALED

APP: Final = App(
    name="transfer",
    controllers=[
        ImportController,
        ExportController,
        MemberExportController,
        *under_reserved_ids(ImportController, ExportController),
    ],
    commands=[import_group],
    parts=[transfer_parts, export_parts],
    erases=[
        Erased(model=ImportChunk),
        Erased(model=Import),
        Erased(model=ImportedIdea),
    ],
    sealed=[CHUNKS_SEALED, REPORTS_SEALED],
    jobs=[IMPORTS],
    schedules=[PURGING],
    metrics=[export_metrics],
)
