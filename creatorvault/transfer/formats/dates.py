"""Times as people and other products write them. Those without a time zone are read as UTC, as in the API."""

import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from pydantic import TypeAdapter, ValidationError

from creatorvault.ideas.fields import DueDate

LONGEST: Final = 64

_API: Final = TypeAdapter[datetime](DueDate)
_LIKE_THE_API: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[Tt ].*)?|\d{10}|\d{13}", re.ASCII)
_TIME: Final = (
    r"(?:(?:,| at|T)? ?(?P<hour>\d{1,2}):(?P<minute>\d\d)(?::(?P<second>\d\d))?(?: ?(?P<half>[AaPp])\.?[Mm]\.?)?"
    r"(?: ?\(?(?:GMT|UTC|Z)?(?P<zone>[+-]\d{1,2}(?::?[0-5]\d)?)?\)?)?)?"
)
_MONTH_FIRST: Final = r"(?P<month>[A-Za-z]{3,9})\.? (?P<day>\d{1,2})(?:st|nd|rd|th)?,? (?P<year>\d{4})"
_DAY_FIRST: Final = r"(?P<day>\d{1,2})(?:st|nd|rd|th|\.)? (?P<month>[A-Za-z]{3,9})\.?,? (?P<year>\d{4})"
_YEAR_FIRST: Final = r"(?P<year>\d{4})[./-](?P<month>\d{1,2})[./-](?P<day>\d{1,2})"
_DOTS: Final = r"(?P<day>\d{1,2})\. ?(?P<month>\d{1,2})\. ?(?P<year>\d{4})"
_SLASHES: Final = r"(?P<first>\d{1,2})[/-](?P<other>\d{1,2})[/-](?P<year>\d{4})"
_FORMS: Final = tuple(
    re.compile(date + _TIME, re.ASCII) for date in (_MONTH_FIRST, _DAY_FIRST, _YEAR_FIRST, _DOTS, _SLASHES)
)
_MONTHS: Final = (
    *("january", "february", "march", "april", "may", "june", "july", "august", "september", "october"),
    *("november", "december"),
)


def moment(text: str) -> datetime | None:
    """Returns None for a text that is no time, or not a certain one: 03/04/2026 is a day in March or in April."""
    text = text.strip()
    if len(text) > LONGEST:
        return None
    if _LIKE_THE_API.fullmatch(text):
        try:
            return _API.validate_python(text)
        except ValidationError:
            pass  # for example an hour with one digit
    for form in _FORMS:
        if found := form.fullmatch(text):
            try:
                return _time(found.groupdict())
            except (ValueError, OverflowError):
                return None
    return None


def utc(time: datetime) -> datetime | None:
    """Returns None if the time leaves the years 1 to 9999 in UTC."""
    try:
        return time.astimezone(UTC)
    except OverflowError:
        return None


def _time(found: dict[str, str | None]) -> datetime:
    """Raises ValueError and OverflowError for a time that does not exist."""
    day, month = _day(found)
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    if half := found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError
        hour = hour % 12 + (12 if half in "Pp" else 0)
    return datetime(int(found["year"] or 0), month, day, hour, minute, second, tzinfo=_zone(found["zone"])).astimezone(
        UTC
    )


def _day(found: dict[str, str | None]) -> tuple[int, int]:
    """Returns day and month."""
    if "first" in found:
        first, other = int(found["first"] or 0), int(found["other"] or 0)
        if first > 12 or first == other:
            return first, other
        if other > 12:
            return other, first
        raise ValueError
    name = found["month"] or ""
    month = int(name) if name.isdigit() else _month(name.lower())
    return int(found["day"] or 0), month


def _month(name: str) -> int:
    return next((number for number, month in enumerate(_MONTHS, 1) if month == name or month[:3] == name), 0)


def _zone(text: str | None) -> timezone:
    if not text:
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)
