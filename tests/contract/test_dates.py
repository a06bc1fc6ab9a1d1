"""Due dates: accepted spellings, the returned spelling, and refused values."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from tests.contract.fields import WRITES, refused, write
from tests.factories import Creator

ACCEPTED = [
    ("2027-03-04T05:06:07Z", "2027-03-04T05:06:07Z"),
    ("2027-03-04t05:06:07z", "2027-03-04T05:06:07Z"),
    ("2027-03-04 05:06:07Z", "2027-03-04T05:06:07Z"),
    ("2027-03-04T05:06:07+05:30", "2027-03-03T23:36:07Z"),
    ("2027-03-04T05:06:07+0530", "2027-03-03T23:36:07Z"),
    ("2027-03-04T05:06:07-23:59", "2027-03-05T05:05:07Z"),
    ("2027-03-04T05:06:07", "2027-03-04T05:06:07Z"),
    ("2027-03-04T05:06", "2027-03-04T05:06:00Z"),
    ("2027-03-04", "2027-03-04T00:00:00Z"),
    ("2027-03-04T05:06:07.5Z", "2027-03-04T05:06:07.500000Z"),
    ("2027-03-04T05:06:07.123456789Z", "2027-03-04T05:06:07.123456Z"),
    ("2027-03-04T05:06:07.999999999Z", "2027-03-04T05:06:07.999999Z"),
    ("2027-03-04T05:06:07.000000Z", "2027-03-04T05:06:07Z"),
    ("2028-02-29T00:00:00Z", "2028-02-29T00:00:00Z"),
    (1_800_000_000, "2027-01-15T08:00:00Z"),
    ("1800000000", "2027-01-15T08:00:00Z"),
    (1_800_000_000_000, "2027-01-15T08:00:00Z"),
    ("1800000000000", "2027-01-15T08:00:00Z"),
    (1_800_000_000.25, "2027-01-15T08:00:00.250000Z"),
    (0, "1970-01-01T00:00:00Z"),
    (-1, "1969-12-31T23:59:59Z"),
    (20261315, "1970-08-23T12:08:35Z"),
    ("2026011510", "2034-03-15T04:58:30Z"),
    (20260115.5, "1970-08-23T11:48:35.500000Z"),
    ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z"),
    ("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"),
    (None, None),
]

# Meant as a date, but Unix time by the contract.
CALENDAR_DIGITS = [
    "20260115",
    "20260115.00000000000",
    20260115,
    20260115.0,
    "+20260115",
    "2.0260115e7",
    "202601151030",
    20260115103000,
]

REFUSED = [
    ("", "datetime_from_date_parsing"),
    ("tomorrow", "datetime_from_date_parsing"),
    ("2027-13-01", "datetime_from_date_parsing"),
    ("2027-02-29T00:00:00Z", "datetime_from_date_parsing"),
    ("2027-03-04T25:00:00Z", "datetime_from_date_parsing"),
    (" ", "datetime_from_date_parsing"),
    *((value, "datetime_from_date_parsing") for value in CALENDAR_DIGITS),
    ("2026-01-15T10", "datetime_from_date_parsing"),
    ("20260115T103000Z", "datetime_from_date_parsing"),
    ("2026/01/15", "datetime_from_date_parsing"),
    ("15.01.2026", "datetime_from_date_parsing"),
    (True, "datetime_type"),
    ([], "datetime_type"),
    ({}, "datetime_type"),
]

# Representable in their time zone, but not in UTC.
OUTSIDE = ["0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "10000-01-01T00:00:00Z", 10**18, -(10**18), 1e300]


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(("sent", "kept"), ACCEPTED)
async def test_a_due_date_comes_back_in_utc(ada: Creator, method: str, sent: object, kept: str | None) -> None:
    status, idea = await write(ada, method, {"due_date": sent})

    assert status in (200, 201), idea
    assert idea["due_date"] == kept
    assert (await ada.get(idea)).json()["due_date"] == kept


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize(("sent", "type_"), REFUSED)
async def test_invalid_due_dates_are_refused(ada: Creator, method: str, sent: object, type_: str) -> None:
    assert refused(await write(ada, method, {"due_date": sent})) == [(type_, ["body", "due_date"])]


async def test_a_date_of_digits_only_is_refused_with_a_hint(ada: Creator) -> None:
    answer = await ada.post({"title": "x", "due_date": "20260115"})

    [error] = answer.json()["detail"]
    assert error["msg"].endswith("a date in digits alone may be unix time as well, write it as in 2026-01-15")


@pytest.mark.parametrize("method", WRITES)
@pytest.mark.parametrize("sent", OUTSIDE)
async def test_a_due_date_outside_the_years_1_to_9999_is_refused(ada: Creator, method: str, sent: object) -> None:
    errors = refused(await write(ada, method, {"due_date": sent}))

    assert [loc for _, loc in errors] == [["body", "due_date"]]


async def test_filters_read_times_as_bodies_do(ada: Creator) -> None:
    for sent, kept in ACCEPTED:
        if kept is None:
            continue
        at_once, at = {"due_from": sent, "due_to": sent}, (await ada.idea(due_date=kept))["id"]
        found = (await ada.list({"due_from": sent, "order": "asc", "sort": "due_date", "limit": 100})).json()["items"]
        before = (await ada.list({"due_to": sent, "sort": "due_date", "limit": 100})).json()["items"]
        assert at in [idea["id"] for idea in found if idea["due_date"] == kept], sent
        assert at not in [idea["id"] for idea in before], sent
        assert found[0]["due_date"] == kept, sent
        assert (await ada.titles(at_once)) == [], sent


@pytest.mark.parametrize("name", ["due_from", "due_to", "created_from", "created_to", "updated_from", "updated_to"])
async def test_filters_refuse_times_as_bodies_do(ada: Creator, name: str) -> None:
    texts = [(sent, type_) for sent, type_ in REFUSED if isinstance(sent, str | int) and not isinstance(sent, bool)]
    for sent, type_ in [*texts, ("NaN", None), ("Infinity", None), *((sent, None) for sent in OUTSIDE)]:
        answer = await ada.list({name: sent})

        assert answer.status_code == 422, sent
        [error] = answer.json()["detail"]
        assert error["loc"] == ["query", name], sent
        assert type_ in (None, error["type"]), sent


@pytest.mark.parametrize("zone", [timedelta(0), timedelta(hours=14), timedelta(hours=-12), timedelta(minutes=1)])
@pytest.mark.parametrize("instant", ["2027-01-01T01:02:03", "1600-02-29T23:59:59.000001"])
async def test_a_due_date_in_any_time_zone_is_the_same_instant(ada: Creator, zone: timedelta, instant: str) -> None:
    sent = datetime.fromisoformat(instant).replace(tzinfo=timezone(zone))
    idea = await ada.idea(due_date=sent.isoformat())

    assert datetime.fromisoformat(idea["due_date"]) == sent
    assert datetime.fromisoformat(idea["due_date"]).tzinfo is UTC
