"""Registration of the health app."""

from typing import Final

from creatorvault.health.checks import reads_check
from creatorvault.health.controllers import HealthController, RootController
from creatorvault.health.parts import health_service
from creatorvault.management.apps import App

APP: Final = App(
    name="health",
    controllers=[RootController, HealthController],
    database_checks=[reads_check],
    parts=[health_service],
)
