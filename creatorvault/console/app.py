"""Registration of the console."""

from typing import Final

from creatorvault.console.assets import AssetController
from creatorvault.console.controllers import PageController
from creatorvault.console.controllers_of_languages import LanguageController
from creatorvault.console.controllers_of_sessions import SessionController, SignInController
from creatorvault.console.parts import console_parts
from creatorvault.console.pruning import PRUNING
from creatorvault.management.apps import App
from creatorvault.settings.sections import Settings


def _is_served(settings: Settings) -> bool:
    """With a port of its own, it is served by a process of its own (`console.process`)."""
    return settings.console.enabled and settings.console.port is None


APP: Final = App(
    name="console",
    controllers=[SignInController, SessionController, LanguageController, AssetController, PageController],
    parts=[console_parts],
    schedules=[PRUNING],
    enabled=_is_served,
)
