"""Checkpoints are written behind full reads, and what a full read finds is compared with them."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import VaultRevision, VaultVersion
from creatorvault.core.waiting.event_loop_budget import TimeSlice
from creatorvault.crypto.envelope import key_version_of
from creatorvault.ideas.checkpoints import writer as checkpoint_writer
from creatorvault.ideas.checkpoints.comparing import ComparedRead, compare, opened_checkpoint
from creatorvault.ideas.checkpoints.digests import ContentDigest, DigestedPart
from creatorvault.ideas.checkpoints.repositories import CheckpointRepository
from creatorvault.ideas.checkpoints.sealing import Checkpoint, CheckpointSealer
from creatorvault.ideas.checkpoints.writer import PendingCheckpoint, write_checkpoint
from creatorvault.tenants.opening import OpenVault
from tests.application import House
from tests.factories import Creator, Idea
from tests.ideas.tampering import assert_plain_fault
from tests.logs import Logs, captured_logs
from tests.vault_rows import COPIED
from tests.ways import vault_of

ROW: Final = "SELECT revision, ideas, digest, sealed, written_at FROM vault_checkpoints WHERE user_id = $1"
DELETE_ONE: Final = "DELETE FROM ideas WHERE id = $1"
EVERYTHING_ADJUSTED: Final = """
    UPDATE vaults SET idea_count = found.ideas, digest = found.digest
    FROM (SELECT count(*) AS ideas, coalesce(bit_xor(stamp), 0) AS digest FROM ideas WHERE user_id = $1) AS found
    WHERE user_id = $1
"""

type Made = tuple[int, UUID, int]
"""Revision, id and stamp."""


@pytest.fixture
async def attacker(database: asyncpg.Connection) -> asyncpg.Connection:
    """A superuser, with triggers disabled."""
    await database.execute("SET session_replication_role = replica")
    return database


@pytest.fixture
async def some(house: House, ada: Creator) -> list[Idea]:
    """Seven ideas, in a vault with a checkpoint of its revision."""
    made = [await ada.idea(f"Idea {number}") for number in range(7)]
    await searched(house, ada)
    return made


async def searched(house: House, creator: Creator, **asked: Any) -> Any:
    """Reads the whole vault, and waits until a checkpoint is written. Returns the response."""
    house.parts.search_cache.forget(vault_of(creator))
    answer = await creator.list(asked or {"search": "idea"})
    await house.parts.checkpoint_writer.finish()
    return answer


async def row_of(database: asyncpg.Connection, creator: Creator) -> asyncpg.Record | None:
    return await database.fetchrow(ROW, creator.user_id)


def part_of(*ideas: Made) -> DigestedPart:
    return DigestedPart.of(ideas)


def digest_of(*parts: DigestedPart) -> bytes:
    digest = ContentDigest()
    for part in parts:
        digest.add(part)
    return digest.value()


made_ideas = st.lists(
    st.tuples(st.uuids(), st.integers(0, 2**63 - 1)), max_size=12, unique_by=lambda idea: idea[0]
).map(lambda ideas: [(3 * place + 1, *idea) for place, idea in enumerate(ideas)])


@given(made_ideas, st.data())
async def test_the_digest_does_not_depend_on_how_ideas_are_divided(ideas: list[Made], data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, len(ideas) - 1)), max_size=5)))
    ends = [0, *cuts, len(ideas)]
    pieces = [ideas[start:end] for start, end in pairwise(ends) if ideas[start:end]]
    parts = [part_of(*data.draw(st.permutations(piece))) for piece in pieces]

    divided = ContentDigest()
    for part in data.draw(st.permutations(parts)):
        divided.add(part)

    assert divided.ideas == len(ideas)
    assert divided.value() == digest_of(*([part_of(*ideas)] if ideas else []))
    assert await divided.value_in_slices(TimeSlice()) == divided.value()


@given(made_ideas.filter(bool), st.data())
def test_the_digest_differs_for_other_ideas_and_versions(ideas: list[Made], data: st.DataObject) -> None:
    whole, place = digest_of(part_of(*ideas)), data.draw(st.integers(0, len(ideas) - 1))
    revision, idea_id, stamp = ideas[place]
    others = [*ideas[:place], *ideas[place + 1 :]]

    assert whole != digest_of(*([part_of(*others)] if others else []))
    for changed in ((revision, idea_id, stamp ^ 1), (revision, UUID(int=idea_id.int ^ 1), stamp)):
        assert whole != digest_of(part_of(*others, changed))
    if others:
        [(one, first, _), (other, second, _)] = ideas[place], others[0]
        swapped = [(one, second, stamp), (other, first, others[0][2])]
        assert whole != digest_of(part_of(*swapped, *others[1:])), "stamps belong to ids"


@pytest.mark.parametrize("asked", [{"search": "idea"}, {"sort": "title"}, {"tags": "none"}])
async def test_a_full_read_writes_a_checkpoint(
    house: House, ada: Creator, database: asyncpg.Connection, asked: dict[str, str]
) -> None:
    await ada.idea("First")
    second = await ada.idea("Second")
    await ada.patch(second, {"notes": "Changed"})
    assert await row_of(database, ada) is None
    written = house.parts.checkpoint_writer.written

    assert (await searched(house, ada, **asked)).status_code == 200

    row = await row_of(database, ada)
    assert row is not None
    ideas = await database.fetch("SELECT revision, id, stamp FROM ideas WHERE user_id = $1", ada.user_id)
    assert (row["revision"], row["ideas"]) == (3, 2)
    assert row["digest"] == digest_of(part_of(*[tuple(idea) for idea in ideas]))
    assert house.parts.checkpoint_writer.written == written + 1


async def test_an_unchanged_vault_is_not_written_again(
    house: House, ada: Creator, some: list[Idea], database: asyncpg.Connection
) -> None:
    before = await row_of(database, ada)

    await searched(house, ada)
    await ada.list({"search": "idea 1"})

    assert await row_of(database, ada) == before


async def test_segments_and_rows_have_the_same_checkpoint(
    house_with: Callable[..., Awaitable[House]], house: House, ada: Creator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Read from rows, from segments with gaps between them, streamed, and without segments."""
    monkeypatch.setattr("creatorvault.ideas.reader.FEWEST", 3)
    monkeypatch.setattr("creatorvault.ideas.reader.MOST", 4)
    ideas = [await ada.idea(f"Idea {number:02}") for number in range(14)]
    await searched(house, ada)
    await house.parts.segment_writer.finish()
    for place in (1, 5, 9):
        await ada.patch(ideas[place], {"notes": "Changed"})
    await ada.delete(ideas[13])
    plain = await house_with(CREATORVAULT_SEARCH__SEGMENTS="false")
    narrow = await house_with()
    narrow.parts.search_cache._vault_budget = 1  # nothing fits, so ideas are streamed

    for somewhere in (house, plain, narrow, house):  # the first writes it, the others compare
        answer = await searched(somewhere, somewhere.creator(ada.user_id), search="idea", limit=100)
        assert (answer.status_code, answer.json()["total"]) == (200, 13)
        await somewhere.parts.segment_writer.finish()


async def test_a_row_deleted_with_count_and_digest_adjusted_is_found(
    house: House, ada: Creator, some: list[Idea], attacker: asyncpg.Connection, logs: Logs
) -> None:
    await attacker.execute(DELETE_ONE, some[3]["id"])
    await attacker.execute(EVERYTHING_ADJUSTED, ada.user_id)

    assert_plain_fault(await searched(house, ada))

    [alert] = logs.named("alarm")
    assert (alert["code"], alert["user_id"], alert["table"]) == ("vault_mismatch", ada.user_id, "vault_checkpoints")


async def test_a_process_that_has_read_the_vault_before_finds_it_too(
    house: House, ada: Creator, some: list[Idea], attacker: asyncpg.Connection, logs: Logs
) -> None:
    await attacker.execute(DELETE_ONE, some[3]["id"])
    await attacker.execute(EVERYTHING_ADJUSTED, ada.user_id)

    for _ in range(2):
        assert_plain_fault(await ada.list({"search": "idea"}))

    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"] * 2


async def test_a_deleted_row_put_back_with_count_and_digest_adjusted_is_found(
    house: House, ada: Creator, attacker: asyncpg.Connection, logs: Logs
) -> None:
    gone, *_ = [await ada.idea(f"Idea {number}") for number in range(3)]
    [values] = await attacker.fetch(f"SELECT {COPIED} FROM ideas WHERE id = $1", gone["id"])
    await ada.delete(gone)
    await searched(house, ada)

    places = ", ".join(f"${number}" for number in range(1, len(values) + 1))
    await attacker.execute(f"INSERT INTO ideas ({COPIED}) VALUES ({places})", *values)
    await attacker.execute(EVERYTHING_ADJUSTED, ada.user_id)

    assert_plain_fault(await searched(house, ada))
    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"]


@pytest.mark.parametrize(
    "edit",
    [
        "sealed = set_byte(sealed, 40, get_byte(sealed, 40) # 1)",
        "sealed = ''",
        "revision = revision - 1",
        "revision = revision + 1",
        "ideas = ideas - 1",
        "digest = sha256(digest)",
        "revision = -1",
    ],
)
async def test_an_edited_checkpoint_raises_an_alert(
    house: House, ada: Creator, some: list[Idea], attacker: asyncpg.Connection, logs: Logs, edit: str
) -> None:
    await attacker.execute(f"UPDATE vault_checkpoints SET {edit} WHERE user_id = $1", ada.user_id)

    assert_plain_fault(await searched(house, ada))

    [alert] = logs.named("alarm")
    assert (alert["code"], alert["user_id"]) == ("tampered", ada.user_id)
    assert "checkpoint" in alert


async def test_a_checkpoint_of_another_vault_raises_an_alert(
    house: House, ada: Creator, creator: Callable[..., Creator], attacker: asyncpg.Connection, logs: Logs
) -> None:
    """Both are at the same revision, so that only the vault differs."""
    bob = creator()
    for someone in (ada, bob):
        await someone.idea("Idea")
        await searched(house, someone)
    await attacker.execute(
        "UPDATE vault_checkpoints SET (ideas, digest, sealed) ="
        " (SELECT ideas, digest, sealed FROM vault_checkpoints WHERE user_id = $2) WHERE user_id = $1",
        *(ada.user_id, bob.user_id),
    )

    assert_plain_fault(await searched(house, ada))
    assert [alert["code"] for alert in logs.named("alarm")] == ["tampered"]


async def test_a_checkpoint_rolled_back_is_no_alarm_and_is_written_again(
    house: House, ada: Creator, some: list[Idea], attacker: asyncpg.Connection, logs: Logs
) -> None:
    """A limit: it shows nothing about what came after it. A copy that is stored elsewhere shows it."""
    await attacker.execute("CREATE TEMP TABLE kept AS SELECT * FROM vault_checkpoints WHERE user_id = $1", ada.user_id)
    await ada.idea("Idea late")
    await searched(house, ada)
    current = await row_of(attacker, ada)
    await attacker.execute("DELETE FROM vault_checkpoints WHERE user_id = $1", ada.user_id)
    await attacker.execute("INSERT INTO vault_checkpoints SELECT * FROM kept")

    assert (await searched(house, ada)).status_code == 200

    assert logs.named("alarm") == []
    assert (await row_of(attacker, ada) or {})["digest"] == (current or {})["digest"]


async def test_a_vault_of_an_earlier_revision_than_its_checkpoint_is_set_back(
    house_with: Callable[..., Awaitable[House]],
    ada: Creator,
    some: list[Idea],
    attacker: asyncpg.Connection,
) -> None:
    """For a process that has not seen the later revision."""
    await attacker.execute("DELETE FROM ideas WHERE id = $1", some[6]["id"])
    await attacker.execute(EVERYTHING_ADJUSTED, ada.user_id)
    await attacker.execute("UPDATE vaults SET revision = revision - 1 WHERE user_id = $1", ada.user_id)
    elsewhere = await house_with()

    with captured_logs() as logs:
        assert_plain_fault(await searched(elsewhere, elsewhere.creator(ada.user_id)))

    [alert] = logs.named("alarm")
    assert (alert["code"], alert["checkpoint"], alert["stored"]) == ("vault_set_back", "7", "6")


async def test_a_checkpoint_without_a_vault_is_a_mismatch(
    house_with: Callable[..., Awaitable[House]],
    ada: Creator,
    some: list[Idea],
    attacker: asyncpg.Connection,
) -> None:
    for table in ("ideas", "vaults"):
        await attacker.execute(f"DELETE FROM {table} WHERE user_id = $1", ada.user_id)
    elsewhere = await house_with()

    with captured_logs() as logs:
        assert_plain_fault(await searched(elsewhere, elsewhere.creator(ada.user_id)))
    assert [alert["code"] for alert in logs.named("alarm")] == ["vault_mismatch"]


async def test_several_processes_write_forward_only(
    house: House, house_with: Callable[..., Awaitable[House]], ada: Creator, database: asyncpg.Connection
) -> None:
    elsewhere = await house_with()
    there = elsewhere.creator(ada.user_id)
    await ada.idea("Idea")
    await searched(house, ada)
    early = await pending_of(house, ada)
    await there.idea("Idea there")
    await searched(elsewhere, there)
    later = await row_of(database, ada)
    lost = house.parts.checkpoint_writer.lost

    house.parts.checkpoint_writer.write(early)
    await house.parts.checkpoint_writer.finish()

    assert await row_of(database, ada) == later
    assert house.parts.checkpoint_writer.lost == lost + 1
    assert (await searched(house, ada)).status_code == 200


async def pending_of(house: House, creator: Creator) -> PendingCheckpoint:
    """Returns the checkpoint of the vault as it is now."""
    vault = vault_of(creator)
    async with house.parts.database.reading(vault.tenant_id) as session:
        stored = await CheckpointRepository(session, vault).stored()
    assert stored is not None
    connection = await asyncpg.connect(house.database.superuser_url)
    try:
        digest = await connection.fetchval("SELECT digest FROM vaults WHERE user_id = $1", creator.user_id)
    finally:
        await connection.close()
    return PendingCheckpoint(stored.stated, digest, house.parts.cipher_of(vault))


async def test_nothing_is_written_of_lost_commits(
    house: House, ada: Creator, some: list[Idea], database: asyncpg.Connection
) -> None:
    """A failover has lost the last revisions, or they were given again to other ideas."""
    pending = await pending_of(house, ada)
    await database.execute("DELETE FROM vault_checkpoints WHERE user_id = $1", ada.user_id)

    for lost in (
        pending._replace(stamps=pending.stamps ^ 1),
        pending._replace(checkpoint=pending.checkpoint._replace(revision=VaultRevision(8))),
    ):
        assert not await write_checkpoint(house.parts.statements.changed, lost)
    assert await write_checkpoint(house.parts.statements.changed, pending)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE vaults SET key_version = key_version + 1 WHERE user_id = $1",
        "DELETE FROM keys.vault_keys WHERE user_id = $1",
        "UPDATE keys.vault_keys SET wrapped = sha256(wrapped) WHERE user_id = $1",
        "UPDATE tenants SET status = 'suspended' WHERE tenant_id = (SELECT tenant_id FROM vaults WHERE user_id = $1)",
    ],
)
async def test_nothing_is_sealed_with_a_key_that_is_not_the_stored_newest_one(
    house: House, ada: Creator, some: list[Idea], database: asyncpg.Connection, change: str
) -> None:
    pending = await pending_of(house, ada)
    await database.execute("DELETE FROM vault_checkpoints WHERE user_id = $1", ada.user_id)
    await database.execute(change, ada.user_id)

    assert not await write_checkpoint(house.parts.statements.changed, pending)


async def test_a_checkpoint_is_read_after_the_key_was_rotated_and_replaced_by_the_next(
    house_with: Callable[..., Awaitable[House]], database: asyncpg.Connection, logs: Logs
) -> None:
    house = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="3")
    ada, versions = house.creator(), list[int]()
    for number in range(8):
        await ada.idea(f"Idea {number}")
        assert (await searched(house, ada)).status_code == 200
        versions.append(key_version_of((await row_of(database, ada) or {})["sealed"]))

    assert versions == [1, 1, 1, 2, 2, 2, 3, 3]
    assert (await searched(house, ada)).status_code == 200
    assert logs.named("alarm") == []


async def test_too_many_waiting_checkpoints_are_dropped_and_one_vault_has_one(
    house: House,
    ada: Creator,
    creator: Callable[..., Creator],
    some: list[Idea],
    database: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(checkpoint_writer, "MOST_WAITING", 1)
    bob = creator()
    await bob.idea("Idea")
    await searched(house, bob)
    of_bob, writer = await pending_of(house, bob), house.parts.checkpoint_writer
    await database.execute("DELETE FROM vault_checkpoints WHERE user_id = ANY ($1)", [ada.user_id, bob.user_id])
    pending = await pending_with(house, ada)
    written, lost = writer.written, writer.lost

    for one in (pending, pending, of_bob):
        writer.write(one)
    await writer.finish()

    assert (writer.written, writer.lost) == (written + 1, lost + 1)
    assert await row_of(database, bob) is None


async def pending_with(house: House, creator: Creator) -> PendingCheckpoint:
    """As `pending_of`, of a vault without a checkpoint."""
    vault, waiting = vault_of(creator), list[PendingCheckpoint]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(house.parts.checkpoint_writer, "write", waiting.append)
        await searched(house, creator)
    [pending] = waiting
    assert pending.cipher.vault == vault
    return pending


async def test_what_waits_for_a_forgotten_vault_is_dropped(
    house: House, ada: Creator, some: list[Idea], database: asyncpg.Connection
) -> None:
    pending = await pending_of(house, ada)
    await database.execute("DELETE FROM vault_checkpoints WHERE user_id = $1", ada.user_id)

    house.parts.checkpoint_writer.write(pending)
    house.parts.vaults.forget(vault_of(ada))
    await house.parts.checkpoint_writer.finish()

    assert await row_of(database, ada) is None


async def test_without_a_database_a_search_succeeds_and_the_checkpoint_is_lost(
    house: House, ada: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ada.idea("Idea")
    lost = house.parts.checkpoint_writer.lost

    async def refuse(*_: object) -> None:
        raise ServiceUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(house.parts.statements, "changed", refuse)
        assert (await searched(house, ada)).status_code == 200

    assert house.parts.checkpoint_writer.lost == lost + 1
    assert await row_of(database, ada) is None


async def test_an_end_of_the_process_does_not_wait_for_checkpoints(
    house_with: Callable[..., Awaitable[House]], ada: Creator, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ada.idea("Idea")
    elsewhere, forever = await house_with(), asyncio.Event()

    async def hang(*_: object) -> None:
        await forever.wait()

    monkeypatch.setattr(elsewhere.parts.statements, "changed", hang)
    assert (await elsewhere.creator(ada.user_id).list({"search": "idea"})).status_code == 200
    await elsewhere.parts.checkpoint_writer.aclose()


async def test_opened_rows_are_compared_without_a_search(house: House, ada: Creator, some: list[Idea]) -> None:
    """As commands do that open every row of a vault."""
    vault = vault_of(ada)
    async with house.parts.vaults.database.reading(vault.tenant_id) as session:
        stored = await CheckpointRepository(session, vault).stored()
        none = await CheckpointRepository(session, vault._replace(user_id=vault.user_id + "x")).stored()  # type: ignore[arg-type]
    assert stored is not None
    assert none is None
    cipher = house.parts.cipher_of(vault)
    open_vault = OpenVault(vault, VaultVersion(stored.stated.revision, 0, stored.stated.ideas), cipher)

    checkpoint = opened_checkpoint(open_vault, stored)

    assert checkpoint == stored.stated
    assert not compare(open_vault, checkpoint, stored.stated)
    assert compare(open_vault, checkpoint, stored.stated._replace(revision=VaultRevision(8)))
    assert compare(open_vault, None, stored.stated)


async def test_a_sealed_checkpoint_opens_to_what_was_sealed(house: House, ada: Creator) -> None:
    await ada.idea("Idea")
    sealer = CheckpointSealer.of(house.parts.cipher_of(vault_of(ada)))
    checkpoint = Checkpoint(VaultRevision(2**62), 2**40, uuid4().bytes * 2)

    assert sealer.open(sealer.seal(checkpoint)) == checkpoint


async def test_a_read_that_is_not_finished_writes_nothing(house: House, ada: Creator, some: list[Idea]) -> None:
    pending = await pending_of(house, ada)
    vault = OpenVault(vault_of(ada), VaultVersion(VaultRevision(9), 1, 1), pending.cipher)
    written: list[PendingCheckpoint] = []

    class Writer(checkpoint_writer.CheckpointWriter):
        def write(self, pending: PendingCheckpoint) -> None:
            written.append(pending)

    compared = ComparedRead(vault, None, Writer(house.parts.statements))
    compared.restart()
    await compared.finish(TimeSlice())  # its ideas are not those of the vault's row

    assert written == []
