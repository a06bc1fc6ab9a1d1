"""Registration of the app. `creatorvault.__main__` makes its commands, which need what all apps declare."""

from typing import Final

from creatorvault.key_management.admin import KEYS
from creatorvault.key_management.checks import needed_root_keys_check
from creatorvault.key_management.job import ROTATE
from creatorvault.key_management.schedules import WRITE_CHECKPOINTS
from creatorvault.management.apps import App

APP: Final = App(
    name="key_management",
    database_checks=[needed_root_keys_check],
    jobs=[ROTATE],
    schedules=[WRITE_CHECKPOINTS],
    console=[KEYS],
)
