"""Registration of the sync app. Its tables are those of the ideas app, which writes them."""

from typing import Final

from creatorvault.ideas.literal_user_ids import under_reserved_ids
from creatorvault.management.apps import App
from creatorvault.sync.changes.controllers import ChangesController
from creatorvault.sync.changes.pruning import PRUNING

APP: Final = App(
    name="sync",
    controllers=[ChangesController, *under_reserved_ids(ChangesController)],
    schedules=[PRUNING],
)
