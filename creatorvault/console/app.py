"""Registration of the console."""

from typing import Final

from creatorvault.management.apps import App

APP: Final = App(name="console", enabled=lambda settings: settings.console.enabled)
