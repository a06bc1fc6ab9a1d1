"""The pure rules: which versions are kept, and that a chain is whole."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from creatorvault.history.thinning import Replaced, thinned
from creatorvault.history.thinning_out import first_gap
from creatorvault.ideas.history.chain import End, Link, is_unbroken

NOW = datetime(2026, 11, 30, 12, 30, tzinfo=UTC)

ages = st.lists(st.timedeltas(timedelta(0), timedelta(days=9)), max_size=40).map(sorted)


def versions_of(ages: Sequence[timedelta]) -> list[Replaced]:
    """Oldest first."""
    return [Replaced(number, NOW - age) for number, age in enumerate(reversed(ages), 1)]


def hour(time: datetime) -> datetime:
    return time.replace(minute=0, second=0, microsecond=0)


@given(ages)
def test_all_of_an_hour_then_one_of_each_hour_then_one_of_each_day(ages: list[timedelta]) -> None:
    versions = versions_of(ages)
    gone = thinned(versions, NOW)
    kept = [version for version in versions if version.number not in gone]

    recent, hourly, daily = list[Replaced](), list[Replaced](), list[Replaced]()
    for version in versions:
        age = NOW - version.replaced_at
        (recent if age <= timedelta(hours=1) else hourly if age <= timedelta(days=1) else daily).append(version)
    assert set(recent) <= set(kept)
    for group, period in ((hourly, hour), (daily, lambda time: time.date())):
        last = {period(version.replaced_at): version for version in group}
        assert [version for version in kept if version in group] == list(last.values())


@given(ages)
def test_the_newest_is_kept_and_a_second_time_changes_nothing(ages: list[timedelta]) -> None:
    versions = versions_of(ages)
    gone = thinned(versions, NOW)
    kept = [version for version in versions if version.number not in gone]

    assert gone <= {version.number for version in versions}
    assert kept[-1:] == versions[-1:]
    assert thinned(kept, NOW) == set()


@given(ages, st.timedeltas(timedelta(0), timedelta(days=3)))
def test_thinning_now_and_then_is_thinning_then(ages: list[timedelta], later: timedelta) -> None:
    versions = versions_of(ages)
    gone = thinned(versions, NOW)
    kept = [version for version in versions if version.number not in gone]

    assert gone | thinned(kept, NOW + later) == thinned(versions, NOW + later)


def chain(length: int) -> tuple[End, list[Link]]:
    """A whole chain, newest first. The version n has the stamp 100 + n, and was replaced at minute n."""
    at = [NOW + timedelta(minutes=minute) for minute in range(length + 2)]
    links = [
        Link(number, 100 + number, 100 + number - 1 if number > 1 else 0, None, at[number - 1], at[number])
        for number in range(length, 0, -1)
    ]
    return End(length + 1, 100 + length if length else 0, at[length]), links


@given(st.integers(0, 6), st.data())
def test_only_a_whole_chain_is_whole(length: int, data: st.DataObject) -> None:
    end, links = chain(length)
    assert is_unbroken(end, links, None)

    for place in range(length):
        assert not is_unbroken(end, links[:place] + links[place + 1 :], None)
        link = links[place]
        for wrong in (
            link._replace(stamp=7),
            link._replace(previous=7),
            link._replace(replaced_at=NOW - timedelta(days=1)),
            link._replace(number=link.number + length + 1),
            link._replace(updated_at=NOW - timedelta(days=1)) if place < length - 1 else link._replace(stamp=8),
        ):
            assert not is_unbroken(end, [*links[:place], wrong, *links[place + 1 :]], None)
    assert not is_unbroken(end, [*links, Link(0, 9, 0, None, NOW, NOW)], None)
    if length > 1:
        first, second = data.draw(st.permutations(range(length)))[:2]
        swapped = list(links)
        swapped[first], swapped[second] = swapped[second], swapped[first]
        assert not is_unbroken(end, swapped, None)


@given(st.integers(1, 6), st.integers(0, 6))
def test_the_oldest_may_be_missing_if_they_were_pruned(length: int, kept: int) -> None:
    end, links = chain(length)
    kept = min(kept, length - 1)
    first_missing = links[kept]

    assert is_unbroken(end, links[:kept], first_missing.replaced_at)
    assert not is_unbroken(end, links[:kept], first_missing.replaced_at - timedelta(microseconds=1))


def test_a_row_from_before_there_was_a_history_has_no_earlier_version() -> None:
    assert is_unbroken(End(1, None, NOW), [], None)
    assert not is_unbroken(End(1, None, NOW), [Link(0, 9, None, None, NOW, NOW)], None)
    assert is_unbroken(End(2, -1, NOW), [Link(1, 0, None, None, NOW, NOW)], None)


@given(st.integers(2, 9), st.data())
def test_gaps_are_closed_from_the_newest_on(length: int, data: st.DataObject) -> None:
    _, links = chain(length)
    unneeded = data.draw(st.sets(st.sampled_from([link.number for link in links[1:]])))
    left = list(links)
    while gap := first_gap(left, unneeded):
        place = left.index(gap.after)
        assert left[place + 1 : place + 1 + len(gap.gone)] == list(gap.gone)
        assert gap.before == (left[place + 1 + len(gap.gone)] if place + 1 + len(gap.gone) < len(left) else None)
        left = [link for link in left if link not in gap.gone]
    assert [link.number for link in left] == [link.number for link in links if link.number not in unneeded]
    assert all(newer.number > older.number for newer, older in pairwise(left))
