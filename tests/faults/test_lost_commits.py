"""A commit whose answer is lost: the client is told that it cannot be told, and a retry is safe."""

from tests.application import House
from tests.faults.hanging import HangingWire


async def test_a_write_is_never_acknowledged_before_its_commit_is(house: House, wire: HangingWire) -> None:
    grace = house.creator()
    await grace.idea("First")

    wire.hold_answers_to(b"COMMIT")
    answer = await grace.post({"title": "In doubt"})
    wire.resume()

    assert answer.status_code == 503
    assert await grace.titles() == ["In doubt", "First"], "this one was stored, and only a retry can tell"


async def test_a_retry_with_the_same_key_stores_nothing_twice(house: House, wire: HangingWire) -> None:
    grace = house.creator()
    await grace.idea("First")
    headers = {"Idempotency-Key": "one"}

    wire.hold_answers_to(b"COMMIT")
    lost = await grace.post({"title": "Once"}, headers=headers)
    wire.resume()
    again = await grace.post({"title": "Once"}, headers=headers)

    assert (lost.status_code, again.status_code) == (503, 201)
    assert await grace.titles() == ["Once", "First"]


async def test_a_write_whose_connection_dies_before_the_commit_is_not_stored(house: House, wire: HangingWire) -> None:
    grace = house.creator()

    wire.hold_answers_to(b"INSERT INTO ideas")  # as it is prepared, which a connection does once
    answer = await grace.post({"title": "Lost"})
    wire.resume()

    assert answer.status_code == 503
    assert await grace.titles() == []
