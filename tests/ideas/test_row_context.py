"""The context of a row, packed in one call, equals the context of its separate parts."""

from datetime import UTC, datetime
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from creatorvault.crypto.envelope import context, time_part
from creatorvault.ideas.sealing import row_context

TIMES = st.datetimes(timezones=st.just(UTC))
CREATED_AND_UPDATED = st.tuples(TIMES, TIMES) | TIMES.map(lambda time: (time, time))
RANKS = st.integers(-(2**15), 2**15 - 1)
NUMBERS = st.integers(-(2**31), 2**31 - 1)
PREVIOUS = st.none() | st.integers(-(2**63), 2**63 - 1)


@given(st.uuids(), st.integers(0, 2**64 - 1), RANKS, RANKS, st.none() | TIMES, CREATED_AND_UPDATED, NUMBERS, PREVIOUS)
def test_a_packed_context_equals_the_context_of_its_parts(
    idea_id: UUID,
    revision: int,
    stage: int,
    priority: int,
    due_date: datetime | None,
    times: tuple[datetime, datetime],
    number: int,
    previous: int | None,
) -> None:
    created_at, updated_at = times
    position = (1, None) if previous is None else (number, previous)
    packed = row_context(idea_id, revision, stage, priority, due_date, created_at, updated_at, position)
    after = [] if previous is None else [number.to_bytes(4, signed=True), previous.to_bytes(8, signed=True)]

    assert packed == context(
        idea_id.bytes,
        revision.to_bytes(8),
        stage.to_bytes(2, signed=True),
        priority.to_bytes(2, signed=True),
        b"" if due_date is None else time_part(due_date),
        time_part(created_at),
        time_part(updated_at),
        *after,
    )
