"""Registration of the moods app."""

from typing import Final

from creatorvault.core.database.tenant_data import Erased
from creatorvault.management.apps import App

from .checks import moods_check
from .controllers import MoodController
from .metrics import mood_metrics
from .models import Mood
from .parts import mood_parts

APP: Final = App(
    name="moods",
    controllers=[MoodController],
    checks=[moods_check],
    parts=[mood_parts],
    erases=[Erased(model=Mood)],
    metrics=[mood_metrics],
)
