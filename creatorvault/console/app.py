"""Registration of the console."""

from typing import Final

from creatorvault.console.assets import AssetController
from creatorvault.console.controllers import PageController
from creatorvault.console.controllers_of_languages import LanguageController
from creatorvault.console.controllers_of_sessions import SessionController, SignInController
from creatorvault.console.parts import console_parts
from creatorvault.management.apps import App

APP: Final = App(
    name="console",
    controllers=[SignInController, SessionController, LanguageController, AssetController, PageController],
    parts=[console_parts],
    enabled=lambda settings: settings.console.enabled,
)
