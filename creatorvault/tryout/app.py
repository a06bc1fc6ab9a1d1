"""Registration of the page."""

from typing import Final

from creatorvault.management.apps import App
from creatorvault.settings.sections import Environment
from creatorvault.tryout.controllers import TryoutController

APP: Final = App(
    name="tryout",
    controllers=[TryoutController],
    enabled=lambda settings: settings.environment is Environment.DEVELOPMENT,
)
