"""An erasure that is interrupted at any step is completed: by the same confirmation, or by any process by itself."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg
import httpx
import pytest

from creatorvault.audit.services import AuditRecorder
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import VaultId
from creatorvault.erasure import keeper as keeping
from creatorvault.erasure import worker as working
from creatorvault.erasure.errors import StillListed
from creatorvault.erasure.repositories import VaultErasureRepository, hash_of
from creatorvault.erasure.signing.receipt_keys import ReceiptKeys
from creatorvault.erasure.worker import ErasureWorker
from tests.application import House
from tests.erasure.erasing import (
    LEFT,
    STATE,
    asked,
    completed,
    confirmed,
    erased,
    fill,
    finished,
    holding,
    receipt_of,
    vault_of,
    verbs,
)
from tests.factories import Creator

type Step = tuple[type[Any], str, int]

BEFORE_KEYS: Final[dict[str, Step]] = {
    "the keys are deleted": (VaultErasureRepository, "destroy_keys", 1),
    "the vault is marked": (VaultErasureRepository, "mark_destroyed", 1),
    "the event of the keys is recorded": (AuditRecorder, "record", 1),
}
AFTER_KEYS: Final[dict[str, Step]] = {
    **{f"batch {number} is deleted": (VaultErasureRepository, "erase_batch", number) for number in range(1, 8)},
    "the tables are listed": (ErasureWorker, "_tables", 1),
    "the roster is read": (ErasureWorker, "_absence", 1),
    "the event of the erasure is recorded": (AuditRecorder, "record", 2),
    "the receipt is signed": (ReceiptKeys, "signed", 1),
    "the end is marked": (VaultErasureRepository, "mark_finished", 1),
}


class Broken(ServiceUnavailable):
    """Raised where a process could be killed."""


def breaking(patch: pytest.MonkeyPatch, step: Step, *, after: bool) -> asyncio.Event:
    """Makes the call with this number fail, before or after it has done its work. Returns what is set then."""
    owner, name, number = step
    original, calls, broke = getattr(owner, name), itertools.count(1), asyncio.Event()

    async def broken(*arguments: Any, **options: Any) -> Any:
        is_it = next(calls) == number
        result = await original(*arguments, **options) if after or not is_it else None
        if is_it:
            broke.set()
            raise Broken
        return result

    patch.setattr(owner, name, broken)
    return broke


async def interrupted(creator: Creator, confirmation: str, broke: asyncio.Event) -> httpx.Response:
    """Confirms, and waits until the work has broken off: on a busy machine the request does not wait so long."""
    answer = await confirmed(creator, confirmation)
    async with asyncio.timeout(60):
        await broke.wait()
    return answer


OF_JOBS: Final = ("jobs.queue", "jobs.queue_log")


async def idle(house: House, sql: asyncpg.Connection, creator: Creator) -> None:
    """Lets the lease of the interrupted process end, and waits until this one, or another, has finished."""
    await sql.execute(
        "UPDATE vault_erasures SET leased_until = now() - interval '1 s' WHERE user_id = $1", creator.user_id
    )
    await house.parts.erasure.keeper.look()
    await finished(sql, creator)


async def is_complete(sql: asyncpg.Connection, creator: Creator, *, ideas: int) -> None:
    assert await holding(sql, vault_of(creator)) == LEFT
    state = (await creator.request("GET", STATE)).json()
    assert state["state"] == "erased"
    others = (
        *("idea_segments", "idempotency_answers", "keys.vault_keys", "vault_checkpoints"),
        *("idea_versions", "trashed_ideas", "idea_tombstones", "history_prunings", "imported_ideas", *OF_JOBS),
    )
    none = dict.fromkeys(("imports", "import_chunks"), 0)
    assert state["rows"] == {"ideas": ideas} | dict.fromkeys(others, 1) | none
    assert (await receipt_of(creator)).rows == state["rows"], "each row is counted once"
    events = await verbs(sql, creator)
    assert [events.count(verb) for verb in ("keys.destroyed", "vault.erased")] == [1, 1]
    unfinished = "SELECT unfinished FROM erased_vaults WHERE vault = $1"
    assert await sql.fetchval(unfinished, hash_of(vault_of(creator))) is False


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", BEFORE_KEYS)
async def test_interrupted_before_the_keys_are_destroyed_nothing_is_lost(
    house: House, eve: Creator, database: asyncpg.Connection, step: str, after: bool
) -> None:
    await fill(eve, database)
    ideas = await eve.titles()
    confirmation = await asked(eve)

    with pytest.MonkeyPatch.context() as patch:
        breaking(patch, BEFORE_KEYS[step], after=after)
        answer = await confirmed(eve, confirmation)

    assert answer.status_code == 503
    assert await eve.titles() == ideas
    assert (await completed(eve, confirmation)).status_code == 200
    await is_complete(database, eve, ideas=2)


@pytest.mark.parametrize("goes_on", ["by the same confirmation", "by itself"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", AFTER_KEYS)
async def test_interrupted_afterwards_it_is_completed(
    house: House,
    eve: Creator,
    database: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    after: bool,
    goes_on: str,
) -> None:
    monkeypatch.setattr(working, "AT_ONCE", 2)
    await fill(eve, database, ideas=5)
    confirmation = await asked(eve)
    with pytest.MonkeyPatch.context() as patch:
        answer = await interrupted(eve, confirmation, breaking(patch, AFTER_KEYS[step], after=after))
    assert (answer.status_code, answer.json()["state"]) == (202, "erasing")
    assert (await eve.post({"title": "back"})).status_code == 403
    assert await database.fetchval("SELECT count(*) FROM keys.vault_keys WHERE user_id = $1", eve.user_id) == 0

    if goes_on == "by itself":
        await idle(house, database, eve)
    else:
        assert (await completed(eve, confirmation)).status_code == 200

    await is_complete(database, eve, ideas=5)


async def test_a_new_process_completes_it(
    house: House, house_with: Callable[..., Awaitable[House]], eve: Creator, database: asyncpg.Connection
) -> None:
    await fill(eve, database)
    with pytest.MonkeyPatch.context() as patch:
        await interrupted(eve, await asked(eve), breaking(patch, AFTER_KEYS["batch 2 is deleted"], after=True))

    await idle(await house_with(), database, eve)

    await is_complete(database, eve, ideas=2)


async def test_only_one_process_works_on_an_erasure(
    house: House, house_with: Callable[..., Awaitable[House]], eve: Creator, database: asyncpg.Connection
) -> None:
    """As long as its lease has not ended; and two that do it at once do not disturb each other."""
    await fill(eve, database, ideas=6)
    other = await house_with()
    with pytest.MonkeyPatch.context() as patch:
        await interrupted(eve, await asked(eve), breaking(patch, AFTER_KEYS["batch 1 is deleted"], after=False))
    later = "UPDATE vault_erasures SET leased_until = now() + interval '1 hour' WHERE user_id = $1"
    await database.execute(later, eve.user_id)

    await other.parts.erasure.keeper.look()
    assert not other.parts.erasure.worker._tasks
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(working, "AT_ONCE", 1)
        workers = [each.parts.erasure.worker for each in (house, other)]
        await asyncio.gather(*(worker.work(vault_of(eve), 60) for worker in workers))

    await is_complete(database, eve, ideas=6)


async def test_a_request_does_not_wait_for_a_large_vault(
    house: House, eve: Creator, database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(eve, database)
    go_on, original = asyncio.Event(), ErasureWorker._erase_rows

    async def slowly(self: ErasureWorker, vault: VaultId, table: Any) -> None:
        await go_on.wait()
        await original(self, vault, table)

    async def no_longer(self: ErasureWorker, vault: VaultId) -> None:
        await asyncio.wait([self.start(vault)], timeout=0.01)

    monkeypatch.setattr(ErasureWorker, "_erase_rows", slowly)
    monkeypatch.setattr(ErasureWorker, "work", no_longer)
    answer = await confirmed(eve, await asked(eve))
    waiting = (await eve.request("GET", STATE)).json()
    go_on.set()
    await asyncio.gather(*house.parts.erasure.worker._tasks.values())

    assert (answer.status_code, waiting["state"], waiting["receipt"]) == (202, "erasing", None)
    assert waiting["rows"] == {"keys.vault_keys": 1}
    await is_complete(database, eve, ideas=2)


async def test_shutting_down_interrupts_the_work(
    house_with: Callable[..., Awaitable[House]], monkeypatch: pytest.MonkeyPatch, database: asyncpg.Connection
) -> None:
    house = await house_with()
    ada = house.creator()
    await ada.idea()
    never = asyncio.Event()

    async def hanging(self: ErasureWorker, vault: VaultId) -> Any:
        await never.wait()

    async def no_longer(self: ErasureWorker, vault: VaultId) -> None:
        self.start(vault)

    monkeypatch.setattr(ErasureWorker, "_absence", hanging)
    monkeypatch.setattr(ErasureWorker, "work", no_longer)
    assert (await confirmed(ada, await asked(ada))).status_code == 202
    (task,) = house.parts.erasure.worker._tasks.values()

    await house.parts.erasure.worker.aclose()

    assert task.cancelled()
    await database.execute("UPDATE erased_vaults SET unfinished = false")


async def test_a_vault_that_is_still_listed_gets_no_receipt(eve: Creator, monkeypatch: pytest.MonkeyPatch) -> None:
    await eve.idea()

    def listed(*_: object) -> None:
        raise StillListed

    confirmation = await asked(eve)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(working, "prove_absence", listed)
        state = (await confirmed(eve, confirmation)).json()

    assert (state["state"], state["receipt"]) == ("erasing", None)
    assert (await completed(eve, confirmation)).status_code == 200


async def test_the_keeper_looks_again_after_a_fault(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "EXPIRY_SECONDS", 0.0)
    parts, looked = house.parts.erasure, asyncio.Event()
    keeper = keeping.ErasureKeeper(parts.database, house.parts.statements, parts.vaults, parts.worker, 365, 0.01)
    calls = list[int]()

    async def failing() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise ServiceUnavailable

    async def dropped() -> None:
        looked.set()

    monkeypatch.setattr(keeper, "look", failing)
    monkeypatch.setattr(keeper, "drop_expired", dropped)
    await asyncio.wait_for(looked.wait(), 60)
    await keeper.aclose()

    assert len(calls) >= 2


async def test_an_erasure_without_a_vault_is_left_alone(house: House, eve: Creator) -> None:
    """As after its receipt was dropped."""
    await eve.idea()
    await erased(eve)

    await house.parts.erasure.worker.work(vault_of(eve), 60)

    assert (await eve.request("GET", STATE)).json()["state"] == "erased"
