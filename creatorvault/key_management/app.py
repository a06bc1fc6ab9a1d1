"""Registration of the app. `creatorvault.__main__` makes its commands, which need what all apps declare."""

from typing import Final

from creatorvault.management.apps import App

APP: Final = App(name="key_management")
