"""Dates, names of fields and values as other products write them."""

from datetime import datetime
from typing import Final

from creatorvault.ideas.schemas import PriorityEnum, StageEnum
from creatorvault.transfer.formats.dates import moment, utc
from creatorvault.transfer.formats.imported import PLACE_LENGTH, place
from creatorvault.transfer.formats.words import priority_of, stage_of

DATES: Final = {
    "2026-01-15": "2026-01-15T00:00:00Z",
    " 2026-01-15T09:30:00+02:00 ": "2026-01-15T07:30:00Z",
    "2026-01-15 9:30": "2026-01-15T09:30:00Z",
    "1768467600": "2026-01-15T09:00:00Z",
    "1768467600000": "2026-01-15T09:00:00Z",
    "January 15, 2026": "2026-01-15T00:00:00Z",
    "Jan 15, 2026 9:05 PM": "2026-01-15T21:05:00Z",
    "January 15, 2026 12:00 AM (GMT+1)": "2026-01-14T23:00:00Z",
    "January 15, 2026 9:00 (UTC-03:30)": "2026-01-15T12:30:00Z",
    "15 January 2026": "2026-01-15T00:00:00Z",
    "15th Sep 2026, 8:15": "2026-09-15T08:15:00Z",
    "15.1.2026": "2026-01-15T00:00:00Z",
    "15/01/2026": "2026-01-15T00:00:00Z",
    "01/15/2026": "2026-01-15T00:00:00Z",
    "02-02-2026": "2026-02-02T00:00:00Z",
    "2026/01/15": "2026-01-15T00:00:00Z",
}
NOT_DATES: Final = (
    *(
        "",
        "soon",
        "03/04/2026",
        "2026-02-30",
        "31.02.2026",
        "Smarch 1, 2026",
        "January 15, 2026 13:00 PM",
        "5",
        "20260115",
    ),
    *("January 15, 2026 (EST)", "0001-01-01T00:00:00+05:00", "January 1, 0001 0:00 (GMT+1)", "2026-01-15" * 9),
    *("January 15, 2026 9:00 (GMT+99)", "१५.०१.२०२६", "2026-13-01"),
)
STAGES: Final = {
    "✅ Done!": StageEnum.PUBLISHED,
    "1. Backlog": StageEnum.IDEA,
    "In_Progress": StageEnum.DRAFT,
    "NEXT UP": StageEnum.OUTLINE,
    "Kitchen": None,
    "": None,
    "x" * 1000: None,
}
PRIORITIES: Final = {
    "🔥 High": PriorityEnum.HIGH,
    "Priority: low": PriorityEnum.LOW,
    "Medium priority": PriorityEnum.MEDIUM,
    "1": None,
}


def test_certain_dates_are_read() -> None:
    assert {text: moment(text) for text in DATES} == {
        text: datetime.fromisoformat(time) for text, time in DATES.items()
    }


def test_uncertain_dates_are_not_guessed() -> None:
    assert [text for text in NOT_DATES if moment(text) is not None] == []


def test_times_outside_of_utc_are_none() -> None:
    assert utc(datetime.fromisoformat("0001-01-01T00:00:00+05:00")) is None


def test_stages_and_priorities_are_found_by_their_names() -> None:
    assert {text: stage_of(text) for text in STAGES} == STAGES
    assert {text: priority_of(text) for text in PRIORITIES} == PRIORITIES


def test_places_are_one_short_line() -> None:
    assert place("a\nb\u202e\ud800") == "a\ufffdb\ufffd\ufffd"
    assert place("x" * 500) == "x" * (PLACE_LENGTH - 1) + "…"
