"""Registration of the console."""

from typing import Final

from creatorvault.console.assets import AssetController
from creatorvault.management.apps import App

APP: Final = App(name="console", controllers=[AssetController], enabled=lambda settings: settings.console.enabled)
