"""Revisions of vaults that a process remembers, and the lock for changes of a vault."""

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


def test_the_least_recently_used_vaults_are_evicted() -> None:
    seen = SeenRevisions(answer_seconds=1, size=2)
    for number in (1, 2, 1, 3):
        seen.put(vault(number), VaultRevision(number))

    assert len(seen) == 2
    assert [seen.get(vault(number)) for number in (1, 2, 3)] == [1, None, 3]


def test_a_late_lower_revision_is_ignored() -> None:
    seen = SeenRevisions(answer_seconds=1)
    for revision in (3, 5, 4):
        seen.put(vault(1), VaultRevision(revision))

    assert seen.get(vault(1)) == 5


@pytest.mark.parametrize("shown", [4, None])
def test_a_vault_that_was_set_back_is_reported_once_then_forgotten(shown: int | None) -> None:
    seen, revision = SeenRevisions(answer_seconds=1), None if shown is None else VaultRevision(shown)
    seen.put(vault(1), known := VaultRevision(5))

    with pytest.raises(VaultSetBack) as alert:
        seen.check(vault(1), known, revision)
    seen.check(vault(1), seen.get(vault(1)), revision)

    assert alert.value.ids["user_id"] == "ada"
    assert seen.get(vault(1)) is None


@pytest.mark.parametrize(("known", "shown"), [(None, None), (None, 4), (4, 4), (4, 5)])
def test_a_revision_that_grows_raises_no_alert(known: int | None, shown: int | None) -> None:
    """Also if others have changed the vault since the known revision was read."""
    seen = SeenRevisions(answer_seconds=1)
    seen.put(vault(1), VaultRevision(9))

    seen.check(vault(1), *(None if revision is None else VaultRevision(revision) for revision in (known, shown)))

    assert seen.get(vault(1)) == 9


async def test_changes_are_serialised_per_vault() -> None:
    seen, order = SeenRevisions(answer_seconds=1), list[str]()

    async def change(number: int, name: str) -> None:
        async with seen.lock(vault(number)):
            order.append(f"{name} begins")
            await asyncio.sleep(0.01)
            order.append(f"{name} ends")

    await asyncio.gather(change(1, "a"), change(1, "b"), change(2, "c"))

    assert order.index("a ends") < order.index("b begins")
    assert order.index("c begins") < order.index("a ends")


async def test_a_lock_timeout_raises_an_error_and_blocks_nobody() -> None:
    seen = SeenRevisions(answer_seconds=0.05)
    async with seen.lock(vault(1)):
        with RequestDeadline(), pytest.raises(ServiceUnavailable):
            async with seen.lock(vault(1)):
                raise AssertionError("it is somebody else's turn")

    async with seen.lock(vault(1)):
        pass


async def test_a_waiter_that_arrives_at_a_handover_waits_no_longer() -> None:
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


async def test_a_failed_change_releases_the_lock() -> None:
    seen = SeenRevisions(answer_seconds=0.05)
    with pytest.raises(ValueError, match="mine"):
        async with seen.lock(vault(1)):
            raise ValueError("mine")

    async with seen.lock(vault(1)):
        pass
