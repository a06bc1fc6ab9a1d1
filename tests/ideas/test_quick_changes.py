"""What is written quickly is what is written at length; and where quick does not do, nothing is done."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import msgspec
import pytest
from msgspec.structs import replace

from creatorvault.core.errors import PreconditionFailed
from creatorvault.core.http.conditional import Precondition
from creatorvault.core.identifiers import VaultRevision
from creatorvault.ideas.repositories import IdeaRepository
from creatorvault.ideas.schemas import IdeaCreate, IdeaResponse, IdeaUpdate
from creatorvault.ideas.services import IdeaWritingService, StoredIdea, drafted
from creatorvault.ideas.statements.changes import QuickChanges
from creatorvault.settings.sections import TenancySettings
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from creatorvault.tenants.services import VaultService
from creatorvault.tenants.statements.changes import VaultAdvances
from creatorvault.tenants.statements.vault import VaultGlances
from tests.application import House
from tests.factories import Creator
from tests.ideas.test_glances import vault_of

WHOLE = {"title": "Whole", "notes": "All of it", "stage": "draft", "priority": "high", "tags": ["a", "b"]}
BODIES = [{"title": "Bare"}, {**WHOLE, "due_date": "9999-12-31T23:59:59.999999Z"}]
CHANGES = [
    {"title": "Other"},
    {"notes": None},
    {"due_date": "2026-03-01T12:00:00Z", "tags": []},
    {"stage": "published"},
]


def quick_of(
    house: House,
    creator: Creator,
    if_match: str | None = None,
    tenancy: TenancySettings | None = None,
) -> QuickChanges:
    state = house.parts
    vault = VaultGlances(state.statements, vault_of(creator), state.keyring, state.revisions)
    return QuickChanges(vault, VaultAdvances(vault, tenancy or state.settings.tenancy), Precondition(if_match))


@asynccontextmanager
async def at_length(house: House, creator: Creator) -> AsyncGenerator[IdeaWritingService]:
    state, vault_id = house.parts, vault_of(creator)
    tenant = TenantName(TenantKind.PERSONAL, "better-auth", creator.user_id)
    async with state.database.writing() as session:
        vault = await VaultService(
            session, tenant, vault_id, state.keyring, state.settings, state.audit.recorder("service"), state.revisions
        ).open_locked()
        yield IdeaWritingService(IdeaRepository(session, vault_id), vault)


def content(stored: StoredIdea | None) -> IdeaResponse:
    """Without what two writes never share."""
    assert stored is not None
    idea = stored.idea
    return replace(idea, id=UUID(int=0), user_id="", created_at=idea.created_at.min, updated_at=idea.updated_at.min)


async def ledger(database: asyncpg.Connection, creator: Creator) -> tuple[int, int, int]:
    """Revision, ideas and bytes, first as the vault's row says and then as its ideas add up."""
    said = await database.fetchrow(
        "SELECT revision, idea_count, sealed_bytes FROM vaults WHERE user_id = $1", creator.user_id
    )
    counted = await database.fetchrow(
        "SELECT max(revision), count(*), sum(length(title) + length(notes) + length(tags)) FROM ideas"
        " WHERE user_id = $1",
        creator.user_id,
    )
    assert tuple(said)[1:] == tuple(counted)[1:]
    assert said[0] >= counted[0]
    return tuple(said)


@pytest.fixture
async def two(house: House) -> tuple[Creator, Creator]:
    """Two creators who have stored the same, one idea."""
    creators = house.creator(), house.creator()
    for creator in creators:
        await creator.post(WHOLE)
        await creator.list()
    return creators


@pytest.mark.parametrize("body", BODIES)
async def test_a_quick_creation_stores_what_one_at_length_stores(
    house: House, two: tuple[Creator, Creator], database: asyncpg.Connection, body: dict[str, object]
) -> None:
    one, other = two
    given = IdeaCreate.model_validate(body)

    quickly = await quick_of(house, one).create(drafted(given, one.user_id))
    async with at_length(house, other) as ideas:
        lengthily = await ideas.create(given, drafted(given, other.user_id))

    assert content(quickly) == content(lengthily)
    assert quickly is not None
    assert quickly.revision == lengthily.revision
    assert await ledger(database, one) == await ledger(database, other)
    assert (await one.get(str(quickly.idea.id))).json() == msgspec.to_builtins(quickly.idea)


@pytest.mark.parametrize("body", [*CHANGES, {}, {"title": "Whole"}])
async def test_a_quick_change_stores_what_one_at_length_stores(
    house: House, two: tuple[Creator, Creator], database: asyncpg.Connection, body: dict[str, object]
) -> None:
    one, other = two
    given = IdeaUpdate.model_validate(body)
    [first], [second] = [(await creator.list()).json()["items"] for creator in two]

    quickly = await quick_of(house, one).change(UUID(first["id"]), given)
    async with at_length(house, other) as ideas:
        lengthily = await ideas.change(UUID(second["id"]), given)

    assert content(quickly) == content(lengthily)
    assert quickly is not None
    assert quickly.revision == lengthily.revision
    assert await ledger(database, one) == await ledger(database, other)
    assert (await one.get(first["id"])).json() == msgspec.to_builtins(quickly.idea)


@pytest.mark.parametrize("body", BODIES)
async def test_a_quick_replacement_stores_what_one_at_length_stores(
    house: House, two: tuple[Creator, Creator], database: asyncpg.Connection, body: dict[str, object]
) -> None:
    one, other = two
    given = IdeaCreate.model_validate(body)
    [first], [second] = [(await creator.list()).json()["items"] for creator in two]

    quickly = await quick_of(house, one).replace(UUID(first["id"]), given)
    async with at_length(house, other) as ideas:
        lengthily = await ideas.replace(UUID(second["id"]), given)

    assert content(quickly) == content(lengthily)
    assert await ledger(database, one) == await ledger(database, other)


async def test_a_quick_deletion_leaves_what_one_at_length_leaves(
    house: House, two: tuple[Creator, Creator], database: asyncpg.Connection
) -> None:
    one, other = two
    for creator in two:
        await creator.post({"title": "Another"})
    gone, gone_too = [(await creator.list({"search": "whole"})).json()["items"][0]["id"] for creator in two]

    assert await quick_of(house, one).delete(UUID(gone)) is True
    async with at_length(house, other) as ideas:
        await ideas.delete(UUID(gone_too))

    assert await ledger(database, one) == await ledger(database, other)
    assert await one.titles() == ["Another"]
    assert (await one.get(gone)).status_code == 404
    assert await quick_of(house, one).delete(UUID(gone)) is False


async def test_another_version_is_refused_and_nothing_is_done(
    house: House, two: tuple[Creator, Creator], database: asyncpg.Connection
) -> None:
    one, _ = two
    [idea] = (await one.list()).json()["items"]
    before = await ledger(database, one)

    with pytest.raises(PreconditionFailed):
        await quick_of(house, one, if_match='"99"').change(UUID(idea["id"]), IdeaUpdate(title="Late"))

    assert await ledger(database, one) == before
    assert (await one.get(idea["id"])).json() == idea


@pytest.mark.parametrize(
    "tenancy",
    [
        TenancySettings(idea_quota=100),
        TenancySettings(byte_quota=2**30),
        TenancySettings(vault_idea_quota=1),
        TenancySettings(vault_byte_quota=1),
    ],
)
async def test_what_a_quota_may_forbid_is_left_to_the_long_way(
    house: House, two: tuple[Creator, Creator], database: asyncpg.Connection, tenancy: TenancySettings
) -> None:
    one, _ = two
    before = await ledger(database, one)

    assert await quick_of(house, one, tenancy=tenancy).create(drafted(IdeaCreate(title="More"), "somebody")) is None
    assert await ledger(database, one) == before


async def test_a_first_write_and_a_missing_idea_are_left_to_the_long_way(
    house: House, two: tuple[Creator, Creator], ada: Creator
) -> None:
    one, other = two
    [theirs] = (await other.list()).json()["items"]

    assert await quick_of(house, ada).create(drafted(IdeaCreate(title="First"), "somebody")) is None
    assert await quick_of(house, one).change(uuid4(), IdeaUpdate(title="None")) is None
    assert await quick_of(house, one).change(UUID(theirs["id"]), IdeaUpdate(title="Mine now")) is None


async def test_a_key_that_is_not_at_hand_is_left_to_the_long_way(house: House, two: tuple[Creator, Creator]) -> None:
    one, _ = two
    house.parts.keyring.forget(vault_of(one))

    assert await quick_of(house, one).create(drafted(IdeaCreate(title="More"), "somebody")) is None
    assert (await one.post({"title": "More"})).status_code == 201


async def test_a_suspended_tenant_is_left_to_the_long_way(
    house: House, two: tuple[Creator, Creator], database: asyncpg.Connection
) -> None:
    one, _ = two
    await database.execute("UPDATE tenants SET status = 'suspended' WHERE external_id = $1", one.user_id)

    assert await quick_of(house, one).create(drafted(IdeaCreate(title="More"), "somebody")) is None
    assert (await one.post({"title": "More"})).status_code == 403


async def test_what_another_process_has_changed_is_looked_at_again(
    house: House, two: tuple[Creator, Creator], database: asyncpg.Connection
) -> None:
    one, _ = two
    [idea] = (await one.list()).json()["items"]
    async with at_length(house, one) as ideas:  # as another process would: nothing here hears of it
        await ideas.change(UUID(idea["id"]), IdeaUpdate(title="Theirs"))

    created = await quick_of(house, one).create(drafted(IdeaCreate(title="Mine"), "somebody"))
    changed = await quick_of(house, one).change(UUID(idea["id"]), IdeaUpdate(notes="Mine too"))

    assert created is not None
    assert changed is not None
    assert (created.revision, changed.revision) == (3, 4)
    assert changed.idea.title == "Theirs"
    await ledger(database, one)


@pytest.mark.parametrize("kind", ["create", "change", "delete"])
async def test_a_vault_that_changes_all_the_time_is_left_to_the_long_way(
    house: House,
    two: tuple[Creator, Creator],
    database: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
) -> None:
    one, _ = two
    [idea] = (await one.list()).json()["items"]
    quick = quick_of(house, one)
    look, state = quick._vault.look, house.parts

    async def outdated(*arguments: Any) -> Any:
        glanced = await look(*arguments)
        async with at_length(house, one) as ideas:
            faster = IdeaCreate(title="Faster")
            await ideas.create(faster, drafted(faster, one.user_id))
        return glanced

    monkeypatch.setattr(quick._vault, "look", outdated)
    state.revisions.forget(vault_of(one))
    state.revisions.put(vault_of(one), VaultRevision(0))
    operations: dict[str, Callable[[], Awaitable[object]]] = {
        "create": lambda: quick.create(drafted(IdeaCreate(title="Late"), "somebody")),
        "change": lambda: quick.change(UUID(idea["id"]), IdeaUpdate(title="Late")),
        "delete": lambda: quick.delete(UUID(idea["id"])),
    }

    assert not await operations[kind]()
    assert "Late" not in await one.titles()
    assert (await one.get(idea["id"])).json() == idea
    await ledger(database, one)


async def test_quick_changes_and_those_at_length_wait_for_each_other(
    house: House, two: tuple[Creator, Creator], database: asyncpg.Connection
) -> None:
    one, _ = two
    [idea] = (await one.list()).json()["items"]
    keyed = [one.post({"title": f"Keyed {number}"}, headers={"Idempotency-Key": f"k{number}"}) for number in range(2)]
    plain = [one.post({"title": f"Plain {number}"}) for number in range(2)]
    changes = [one.patch(idea, {"notes": f"Note {number}"}) for number in range(3)]

    answers = await asyncio.gather(*keyed, *changes, *plain)

    assert {answer.status_code for answer in answers} == {200, 201}
    revision, ideas, _ = await ledger(database, one)
    assert (revision, ideas) == (8, 5)
    assert sorted(int(answer.headers["ETag"].strip('"')) for answer in answers) == list(range(2, 9))


@pytest.mark.parametrize("way", ["PATCH", "PUT", "DELETE"])
async def test_a_change_of_an_idea_that_has_vanished_is_no_success_and_counts_nothing(
    house: House,
    two: tuple[Creator, Creator],
    database: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
) -> None:
    """By somebody who took its row away just after it was looked at, and left the vault's as it was."""
    one, _ = two
    [idea] = (await one.list()).json()["items"]
    vault = await database.fetchrow("SELECT * FROM vaults WHERE user_id = $1", one.user_id)
    change = house.parts.statements.changed

    async def vanished_before(*arguments: Any) -> Any:
        await database.execute("DELETE FROM ideas WHERE id = $1", idea["id"])
        return await change(*arguments)

    monkeypatch.setattr(house.parts.statements, "changed", vanished_before)
    answer = await one.request(way, one.url_of(idea), json={"title": "Another"})

    assert not answer.is_success
    assert await database.fetchval("SELECT count(*) FROM ideas WHERE id = $1", idea["id"]) == 0
    assert await database.fetchrow("SELECT * FROM vaults WHERE user_id = $1", one.user_id) == vault
