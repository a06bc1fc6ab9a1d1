"""The drills would notice what they promise not to happen."""

from tests.faults.ledger import Failover, Ledger, Write

IDEA = "idea"
FOREVER = float("inf")


def acknowledged(ledger: Ledger, at: float, tag: str | None) -> Write:
    """A change of the one idea, or without a tag its deletion."""
    write = ledger.begin(at, IDEA, is_deletion=tag is None)
    ledger.acknowledge(write, IDEA, at, tag)
    return write


def test_acknowledged_writes_that_are_not_stored_are_lost() -> None:
    ledger = Ledger()
    writes = [acknowledged(ledger, at, f"version {at}") for at in range(3)]

    assert ledger.lost({IDEA: "version 2"}, 0, FOREVER) == []
    assert ledger.lost({IDEA: "version 1"}, 0, FOREVER) == writes[2:]
    assert ledger.lost({}, 0, FOREVER) == writes[::-1]
    assert ledger.lost({}, 1, 2) == [writes[1]]


def test_a_deletion_is_lost_if_the_idea_is_stored() -> None:
    ledger = Ledger()
    acknowledged(ledger, 0, "version 0")
    deletion = acknowledged(ledger, 1, None)

    assert ledger.lost({}, 0, FOREVER) == []
    assert ledger.lost({IDEA: "version 0"}, 0, FOREVER) == [deletion]


def test_a_write_without_an_answer_may_be_stored() -> None:
    ledger = Ledger()
    first = acknowledged(ledger, 0, "version 0")
    ledger.begin(1, IDEA)

    assert ledger.lost({IDEA: "version 0"}, 0, FOREVER) == []
    assert ledger.lost({IDEA: "nobody was told"}, 0, FOREVER) == []
    assert ledger.lost({}, 0, FOREVER) == [first]
    ledger.begin(2, IDEA, is_deletion=True)
    assert ledger.lost({}, 0, FOREVER) == []


def test_a_version_that_the_promoted_server_lacks_is_a_ghost() -> None:
    ledger = Ledger()
    kept, lost = (acknowledged(ledger, at, f"version {at}") for at in range(2))
    since = acknowledged(ledger, 12, "version 12")
    failover = Failover(ledger, {IDEA: "version 0"}, killed_at=10, promoting_at=11)

    assert [failover.is_ghost(IDEA, write) for write in (kept, lost, since)] == [False, True, False]
    assert failover.is_ghost_tag(IDEA, "version 1")
    assert not failover.is_ghost_tag(IDEA, "version 12")
    assert Failover(ledger, {}, killed_at=10, promoting_at=11).is_ghost(IDEA, kept)


def test_a_version_nobody_was_told_of_is_a_ghost_if_another_one_is_stored() -> None:
    ledger = Ledger()
    acknowledged(ledger, 0, "version 0")
    doubtful = ledger.begin(1, IDEA)

    assert Failover(ledger, {IDEA: "version 0"}, killed_at=10, promoting_at=11).is_ghost(IDEA, doubtful)
    assert not Failover(ledger, {IDEA: "unknown"}, killed_at=10, promoting_at=11).is_ghost(IDEA, doubtful)
