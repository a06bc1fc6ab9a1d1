"""Ideas that a process has opened are not opened again while their rows are the same, and never returned otherwise."""

import tracemalloc
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from dataclasses import replace
from itertools import count
from typing import Any

import asyncpg
import pytest

from creatorvault.core.identifiers import VaultId, VaultRevision, VaultVersion
from creatorvault.ideas.opened import SHARE_OF_A_VAULT, OpenedIdeas
from creatorvault.ideas.sealing import IdeaColumns, IdeaSealer
from creatorvault.tenants.errors import VaultMismatch
from creatorvault.tenants.opening import OpenVault
from tests.application import House
from tests.crypto.samples import FIRST, cipher_with
from tests.factories import Creator
from tests.ideas.paper_vaults import idea_of, new_vault_id
from tests.ways import vault_of

ALL = "id, title, notes, tags, stage, priority, created_at, updated_at, stamp"
TITLES = [f"Idea {number}" for number in range(5)]


@pytest.fixture
def openings(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The ids of the ideas that are opened."""
    ids: list[Any] = []
    opening = IdeaSealer.open

    def noted(self: IdeaSealer, columns: Sequence[Any]) -> Any:
        ids.append(columns[0])
        return opening(self, columns)

    monkeypatch.setattr(IdeaSealer, "open", noted)
    return ids


async def test_only_what_has_changed_is_opened_again(ada: Creator, openings: list[Any]) -> None:
    ideas = [await ada.idea(title) for title in TITLES]
    assert await ada.titles() == TITLES[::-1]
    assert len(openings) == len(TITLES)

    assert await ada.titles() == TITLES[::-1]
    assert (await ada.get(ideas[0])).json() == ideas[0]
    assert len(openings) == len(TITLES)

    changed = (await ada.patch(ideas[2], {"title": "Changed"})).json()
    assert len(openings) == len(TITLES)
    assert (await ada.get(ideas[2])).json() == changed
    assert sorted(await ada.titles()) == sorted([*TITLES[:2], "Changed", *TITLES[3:]])
    assert len(openings) == len(TITLES) + 1


@pytest.mark.parametrize(
    "edit",
    [
        *("stage = 3", "priority = 0", "due_date = now()", "created_at = now()", "updated_at = updated_at + '1 us'"),
        *("stamp = stamp # 1", "title = notes", "notes = tags", "tags = title"),
    ],
)
async def test_an_edited_row_is_opened_again(ada: Creator, database: asyncpg.Connection, edit: str) -> None:
    idea = await ada.idea("Remembered")
    assert (await ada.get(idea)).status_code == 200

    await database.execute(f"UPDATE ideas SET {edit} WHERE user_id = $1", ada.user_id)

    for answer in (await ada.get(idea), await ada.list(), await ada.patch(idea, {"title": "Changed"})):
        assert answer.status_code == 500, answer.text


async def test_another_creators_idea_with_the_same_row_is_not_returned(
    house: House, ada: Creator, database: asyncpg.Connection
) -> None:
    idea, bob = await ada.idea("Ada's"), house.creator()
    await bob.idea("Bob's")
    assert [(await creator.list()).status_code for creator in (ada, bob)] == [200, 200]

    await database.execute(
        f"UPDATE ideas SET ({ALL}) = (SELECT {ALL} FROM ideas WHERE user_id = $1) WHERE user_id = $2",
        ada.user_id,
        bob.user_id,
    )

    assert (await bob.get(idea)).status_code == 500
    assert (await bob.list()).status_code == 500
    assert (await ada.get(idea)).status_code == 200


async def test_a_vault_that_is_forgotten_leaves_nothing(house: House, ada: Creator, openings: list[Any]) -> None:
    await ada.idea("Forgotten")
    opened = house.parts.opened
    before = opened.bytes
    await ada.list()
    assert opened.bytes > before

    house.parts.vaults.forget(vault_of(ada))
    assert opened.bytes == before

    await ada.list()
    assert len(openings) == 2


async def test_nothing_is_remembered_if_there_is_no_memory_for_it(
    house_with: Callable[..., Awaitable[House]], openings: list[Any]
) -> None:
    house = await house_with(CREATORVAULT_SEARCH__OPENED_BYTES="0")
    ada = house.creator()
    await ada.idea("Again")

    assert [await ada.titles() for _ in range(3)] == [["Again"]] * 3
    assert len(openings) == 3
    assert house.parts.opened.bytes == 0


class Shelf:
    """A vault of no database."""

    def __init__(self, vault_id: VaultId | None = None) -> None:
        vault_id = vault_id or new_vault_id()
        self.cipher = cipher_with({FIRST: bytes(32)}, vault_id)
        self.vault = OpenVault(vault_id, VaultVersion(VaultRevision(10), 0, 1), self.cipher)

    def row(self, revision: int = 1, **fields: Any) -> IdeaColumns:
        return IdeaColumns(*IdeaSealer.of(self.cipher).seal(idea_of("Title", **fields)), revision)


def test_a_known_row_of_a_revision_that_the_vault_does_not_have_raises_an_alert() -> None:
    opened, shelf = OpenedIdeas(2**20), Shelf()
    row = shelf.row(revision=7)
    opened.idea(shelf.vault, row)
    set_back = replace(shelf.vault, version=VaultVersion(VaultRevision(6), 0, 1))

    for _ in range(2):
        with pytest.raises(VaultMismatch):
            opened.idea(set_back, row)


def test_ideas_of_a_replaced_cipher_are_dropped() -> None:
    opened, shelf = OpenedIdeas(2**20), Shelf()
    opened.idea(shelf.vault, shelf.row())
    one = opened.bytes
    reloaded = Shelf(shelf.vault.id)

    opened.idea(reloaded.vault, reloaded.row())

    assert opened.bytes == one


def test_memory_is_bounded_for_a_vault_and_in_all() -> None:
    most = 400_000
    opened, shelves = OpenedIdeas(most), [Shelf() for _ in range(20)]
    for number in count():
        shelf = shelves[0] if number < 100 else shelves[number % len(shelves)]
        opened.json(shelf.vault, shelf.row(notes="n" * 500))
        assert opened.bytes <= (most // SHARE_OF_A_VAULT if number < 100 else most)
        if number > 600:
            break
    assert opened.bytes > most / 2
    for shelf in shelves:
        opened.forget(shelf.vault.id)
    assert opened.bytes == 0


def test_an_idea_larger_than_the_part_of_a_vault_is_not_remembered() -> None:
    opened, shelf = OpenedIdeas(20_000), Shelf()

    opened.json(shelf.vault, shelf.row(notes="n" * 5000))

    assert opened.bytes == 0


def test_the_number_of_vaults_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creatorvault.ideas.opened.MOST_VAULTS", 3)
    opened = OpenedIdeas(2**20)
    sizes = []
    for _ in range(6):
        shelf = Shelf()
        opened.idea(shelf.vault, shelf.row())
        sizes.append(opened.bytes)

    assert sizes[2] == sizes[3] == sizes[5] == 3 * sizes[0]


@pytest.mark.parametrize("notes", ["", "n" * 500, "n" * 5000, "ü" * 500])
def test_the_estimate_is_near_what_is_allocated(notes: str) -> None:
    opened, shelf = OpenedIdeas(2**30), Shelf()
    rows = [shelf.row(notes=notes) for _ in range(2_000)]  # so many that the allocations of other threads are few
    tracemalloc.start()
    try:
        for row in rows:
            opened.json(shelf.vault, renewed(row))
        allocated, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert opened.bytes * 0.7 < allocated < opened.bytes * 1.15


def renewed(row: IdeaColumns) -> IdeaColumns:
    """Allocates the values again, as the driver does."""
    return IdeaColumns._make(bytes(bytearray(value)) if isinstance(value, bytes) else copy(value) for value in row)
