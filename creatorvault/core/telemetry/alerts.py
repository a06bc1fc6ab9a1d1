"""Alarms for operators, each a log event and a counter. docs/operations/alarms.md lists the responses."""

from collections import Counter

from creatorvault.core.telemetry.logging import get_logger

log = get_logger(__name__)

RAISED: Counter[str] = Counter()
"""Number of alarms by code since the start of the process."""


def raise_alert(code: str, **ids: str) -> None:
    """`ids` identify the subject of the alarm: ids and names of parts, never content."""
    RAISED[code] += 1
    log.error("alarm", code=code, **ids)
