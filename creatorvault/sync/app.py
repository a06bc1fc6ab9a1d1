"""Registration of the sync app. Its tables are those of the ideas app, which writes them."""

from typing import Final

from creatorvault.ideas.literal_user_ids import under_reserved_ids
from creatorvault.management.apps import App
from creatorvault.sync.changes.controllers import ChangesController
from creatorvault.sync.changes.pruning import PRUNING
from creatorvault.sync.events.controllers import EventsController
from creatorvault.sync.events.metrics import live_metrics
from creatorvault.sync.events.parts import live_parts

CONTROLLERS: Final = (ChangesController, EventsController)

APP: Final = App(
    name="sync",
    controllers=[*CONTROLLERS, *under_reserved_ids(*CONTROLLERS)],
    parts=[live_parts],
    schedules=[PRUNING],
    metrics=[live_metrics],
)
