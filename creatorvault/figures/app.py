"""Registration of the figures app."""

from typing import Final

from creatorvault.figures.admin import CHECKS, OVERVIEW, SETTINGS
from creatorvault.figures.controllers import FiguresController
from creatorvault.figures.parts import figures_parts
from creatorvault.figures.sampling import SCHEDULES
from creatorvault.management.apps import App

APP: Final = App(
    name="figures",
    controllers=[FiguresController],
    parts=[figures_parts],
    schedules=SCHEDULES,
    console=[OVERVIEW, SETTINGS, CHECKS],
)
