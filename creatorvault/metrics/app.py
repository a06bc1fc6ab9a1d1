"""Registration of the metrics app."""

from typing import Final

from creatorvault.management.apps import App
from creatorvault.metrics.process import process_metrics

APP: Final = App(name="metrics", metrics=[process_metrics])
