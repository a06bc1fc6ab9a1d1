"""Registration of the page."""

from typing import Final

from creatorvault.management.apps import App
from creatorvault.settings.sections import Environment

APP: Final = App(name="tryout", enabled=lambda settings: settings.environment is Environment.DEVELOPMENT)
