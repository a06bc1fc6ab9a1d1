"""Registration of the transfer app."""

from typing import Final

from creatorvault.management.apps import App

APP: Final = App(name="transfer")
