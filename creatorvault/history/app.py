"""Registration of the history app. The tables are those of the ideas app, which writes them."""

from typing import Final

from creatorvault.history.commands import history
from creatorvault.history.controllers import SettingsController, TrashController, UndoController, VersionController
from creatorvault.history.schedule import PURGE, purge_keeper
from creatorvault.ideas.literal_user_ids import under_reserved_ids
from creatorvault.management.apps import App

CONTROLLERS: Final = (TrashController, UndoController, VersionController, SettingsController)

APP: Final = App(
    name="history",
    controllers=[*CONTROLLERS, *under_reserved_ids(*CONTROLLERS)],
    commands=[history],
    parts=[purge_keeper],
    schedules=[PURGE],
)
