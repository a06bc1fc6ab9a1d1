"""What a process remembers of vaults' revisions, and whose turn it is to change one."""

import asyncio
from uuid import UUID

import pytest

from creatorvault.core.errors import ServiceUnavailable
from creatorvault.core.identifiers import TenantId, UserId, VaultId, VaultRevision
from creatorvault.core.waiting.deadlines import RequestDeadline
from creatorvault.tenants.errors import VaultSetBack
from creatorvault.tenants.revisions import SeenRevisions


def vault(number: int) -> VaultId:
    return VaultId(TenantId(UUID(int=number)), UserId("ada"))


def test_the_vaults_seen_longest_ago_are_forgotten() -> None:
    seen = SeenRevisions(answer_seconds=1, size=2)
    for number in (1, 2, 1, 3):
        seen.put(vault(number), VaultRevision(number))

    assert len(seen) == 2
    assert [seen.get(vault(number)) for number in (1, 2, 3)] == [1, None, 3]


def test_what_is_told_late_does_not_count_down() -> None:
    seen = SeenRevisions(answer_seconds=1)
    for revision in (3, 5, 4):
        seen.put(vault(1), VaultRevision(revision))

    assert seen.get(vault(1)) == 5


@pytest.mark.parametrize("shown", [4, None])
def test_a_vault_that_was_set_back_is_told_once_and_begins_anew(shown: int | None) -> None:
    seen, revision = SeenRevisions(answer_seconds=1), None if shown is None else VaultRevision(shown)
    seen.put(vault(1), known := VaultRevision(5))

    with pytest.raises(VaultSetBack) as alert:
        seen.check(vault(1), known, revision)
    seen.check(vault(1), seen.get(vault(1)), revision)

    assert alert.value.ids["user_id"] == "ada"
    assert seen.get(vault(1)) is None


@pytest.mark.parametrize(("known", "shown"), [(None, None), (None, 4), (4, 4), (4, 5)])
def test_a_vault_that_goes_on_is_no_alarm(known: int | None, shown: int | None) -> None:
    """Nor is one that others have taken further than what was known before the question was asked."""
    seen = SeenRevisions(answer_seconds=1)
    seen.put(vault(1), VaultRevision(9))

    seen.check(vault(1), *(None if revision is None else VaultRevision(revision) for revision in (known, shown)))

    assert seen.get(vault(1)) == 9


async def test_changes_of_one_vault_take_turns_and_those_of_two_do_not() -> None:
    seen, order = SeenRevisions(answer_seconds=1), list[str]()

    async def change(number: int, name: str) -> None:
        async with seen.lock(vault(number)):
            order.append(f"{name} begins")
            await asyncio.sleep(0.01)
            order.append(f"{name} ends")

    await asyncio.gather(change(1, "a"), change(1, "b"), change(2, "c"))

    assert order.index("a ends") < order.index("b begins")
    assert order.index("c begins") < order.index("a ends")


async def test_who_waits_too_long_for_a_turn_is_told_to_come_again_and_holds_up_nobody() -> None:
    seen = SeenRevisions(answer_seconds=0.05)
    async with seen.lock(vault(1)):
        with RequestDeadline(), pytest.raises(ServiceUnavailable):
            async with seen.lock(vault(1)):
                raise AssertionError("it is somebody else's turn")

    async with seen.lock(vault(1)):
        pass


async def test_who_comes_while_a_turn_is_handed_over_waits_no_longer_than_the_others() -> None:
    seen, held = SeenRevisions(answer_seconds=0.05), asyncio.Event()

    async def hold() -> None:
        async with seen.lock(vault(1)):
            await held.wait()

    async with seen.lock(vault(1)):
        next_one = asyncio.create_task(hold())
        await asyncio.sleep(0)
    with RequestDeadline(), pytest.raises(ServiceUnavailable):
        async with asyncio.timeout(5), seen.lock(vault(1)):
            raise AssertionError("it is somebody else's turn")

    held.set()
    await next_one


async def test_a_change_that_fails_ends_its_turn() -> None:
    seen = SeenRevisions(answer_seconds=0.05)
    with pytest.raises(ValueError, match="mine"):
        async with seen.lock(vault(1)):
            raise ValueError("mine")

    async with seen.lock(vault(1)):
        pass
