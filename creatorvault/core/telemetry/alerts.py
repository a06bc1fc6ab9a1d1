"""Alarms: what an operator must look at, each a log event and a counter. docs/operations/alarms.md says what to do."""

from collections import Counter

from creatorvault.core.telemetry.logging import get_logger

log = get_logger(__name__)

RAISED: Counter[str] = Counter()
"""By code, since the start of the process."""


def raise_alert(code: str, **ids: str) -> None:
    """`ids` name what the alarm is about: ids and names of parts, never content."""
    RAISED[code] += 1
    log.error("alarm", code=code, **ids)
