"""What is moved, and what has become of it, through real databases and the API."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import asyncpg
import pytest
from msgspec.structs import replace

from creatorvault.core.identifiers import UserId, VaultId
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import IdeaSealer
from creatorvault.tenants.models import TenantKind
from creatorvault.tenants.resolution import TenantName
from tests.application import House
from tests.transfer.fastapi.moving import REALM, START, Move, Row, creators, listed, row, titles


async def test_a_creator_finds_everything_as_it_was(service: House, move: Move) -> None:
    ada, bob = creators(service, 2)
    due = datetime(2026, 3, 1, 9, tzinfo=UTC)
    one = row(
        ada.user_id,
        title="  Brot backen ",
        notes="Sauerteig\nund Salz",
        stage="published",
        priority="high",
        tags="food, Travel,food,,FOOD ",
        due_date=due,
        updated_at=START + timedelta(days=3, microseconds=7),
    )
    await move.insert(one, row(ada.user_id, minutes=5), row(bob.user_id, title="Bob's"))

    moved = await move.run()

    first, second = await listed(ada)
    assert first == {
        "title": "Brot backen",
        "notes": "Sauerteig\nund Salz",
        "stage": "published",
        "priority": "high",
        "tags": ["food", "Travel"],
        "due_date": "2026-03-01T09:00:00Z",
        "id": str(one["id"]),
        "user_id": ada.user_id,
        "created_at": "2025-05-01T12:30:15.123456Z",
        "updated_at": "2025-05-04T12:30:15.123463Z",
    }
    assert (second["tags"], second["notes"], second["due_date"]) == ([], None, None)
    assert await titles(bob) == ["Bob's"]
    assert moved.numbers == (3, 0, 0)
    assert moved.tally.is_equal


async def test_a_large_vault_is_found_by_a_search(service: House, move: Move) -> None:
    [ada] = creators(service, 1)
    await move.insert(*(row(ada.user_id, title=f"Idea {number}", minutes=number) for number in range(1_203)))

    moved = await move.run()

    assert moved.tally.is_equal
    assert moved.numbers == (1_203, 0, 0)
    assert (await ada.list({"search": "idea 1202"})).json()["total"] == 1


async def test_the_second_time_adds_nothing(service: House, move: Move) -> None:
    [ada] = creators(service, 1)
    await move.insert(*(row(ada.user_id, minutes=number) for number in range(7)))
    await move.run()
    before = await listed(ada)

    again = await move.run()

    assert again.numbers == (0, 7, 0)
    assert again.tally.is_equal
    assert await listed(ada) == before


BROKEN: dict[str, Row] = {
    "id: not_a_uuid": {"id": "private-or-not"},
    "user_id: missing": {"user_id": ""},
    "user_id: string_too_long": {"user_id": "x" * 256},
    "title: string_too_short": {"title": ""},
    "title: value_error": {"title": " \t"},
    "title: string_too_long": {"title": "kanari" * 40},
    "title: string_type": {"title": None},
    "notes: string_too_long": {"notes": "kanari" * 1000},
    "stage: enum": {"stage": "IDEA"},
    "priority: enum": {"priority": None},
    "tags: tags_too_long": {"tags": "kanari" * 200},
    "created_at: no_time": {"created_at": None},
}


async def test_broken_rows_are_listed_by_id_and_reason(service: House, loose: Move) -> None:
    [ada] = creators(service, 1)
    broken = {reason: {**row(ada.user_id, id=str(uuid4())), **wrong} for reason, wrong in BROKEN.items()}
    await loose.insert(row(ada.user_id, id=str(uuid4()), title="Good"), *broken.values())

    moved = await loose.run()

    assert moved.reasons("broken") == {str(values["id"]): [reason] for reason, values in broken.items()}
    assert moved.tally.reasons == dict.fromkeys(BROKEN, 1)
    assert "kanari" not in moved.report + moved.said
    assert (moved.tally.rows, moved.tally.accepted) == (len(BROKEN) + 1, 1)
    assert await titles(ada) == ["Good"]


@pytest.mark.parametrize("time", ["infinity", "-infinity", "0044-03-15 BC", "20000-01-01"])
async def test_times_that_python_does_not_have_are_broken(service: House, move: Move, time: str) -> None:
    [ada] = creators(service, 1)
    rows = {name: row(ada.user_id) for name in ("due_date", "created_at", "updated_at")}
    await move.insert(*rows.values())
    for name, values in rows.items():
        await move.sql.execute(f"UPDATE ideas SET {name} = '{time}' WHERE id = $1", values["id"])

    moved = await move.run()

    assert moved.reasons("broken") == {str(values["id"]): [f"{name}: no_time"] for name, values in rows.items()}


async def test_ids_in_every_form_that_python_writes(service: House, loose: Move) -> None:
    [ada] = creators(service, 1)
    ids = [uuid4() for _ in range(4)]
    texts = [str(ids[0]), ids[1].hex, str(ids[2]).upper(), ids[3].hex.upper(), ids[0].hex, str(uuid4()).title()]
    texts[5] = "aB" + texts[5][2:]
    await loose.insert(*(row(ada.user_id, id=text) for text in texts))

    moved = await loose.run()

    assert {idea["id"] for idea in await listed(ada)} == set(map(str, ids))
    assert sorted(reason for reasons in moved.reasons("broken").values() for reason in reasons) == [
        "id: not_a_uuid",
        "id: repeated",
    ]
    assert (await loose.run()).reasons("missing") == {}


async def test_enums_of_names_and_naive_times(service: House, bare: Move) -> None:
    [ada] = creators(service, 1)
    await bare.sql.execute("""
        CREATE TYPE stage AS ENUM ('IDEA', 'DRAFT', 'GONE'); CREATE TYPE priority AS ENUM ('low', 'high');
        CREATE TABLE ideas (id uuid PRIMARY KEY, user_id text, title varchar(200), notes text, stage stage,
            priority priority, tags varchar(1000), due_date date, created_at timestamp, updated_at timestamp)
    """)
    good, gone = uuid4(), uuid4()
    for idea_id, stage in ((good, "DRAFT"), (gone, "GONE")):
        await bare.sql.execute(
            "INSERT INTO ideas VALUES ($1, $2, 'An idea', NULL, $3, 'high', '', '2026-02-03', '2025-01-01 10:00',"
            " '2025-01-02 11:00')",
            *(idea_id, ada.user_id, stage),
        )

    moved = await bare.run()

    [idea] = await listed(ada)
    assert (idea["stage"], idea["priority"], idea["due_date"]) == ("draft", "high", "2026-02-03T00:00:00Z")
    assert (idea["created_at"], idea["updated_at"]) == ("2025-01-01T10:00:00Z", "2025-01-02T11:00:00Z")
    assert moved.reasons("broken") == {str(gone): ["stage: enum"]}


async def test_a_row_that_has_changed_replaces_the_idea(service: House, move: Move) -> None:
    [ada] = creators(service, 1)
    one = row(ada.user_id, title="Before")
    await move.insert(one, row(ada.user_id, title="Other"))
    await move.run()
    await move.change(one["id"], title="After", updated_at=START + timedelta(hours=1))

    moved = await move.run()

    assert moved.numbers == (0, 1, 1)
    assert moved.tally.is_equal
    assert await titles(ada) == ["After", "Other"]
    assert (await ada.get(str(one["id"]))).json()["updated_at"] == "2025-05-01T13:30:15.123456Z"
    assert (await move.run()).numbers == (0, 2, 0)


async def test_what_a_creator_has_changed_here_stays(service: House, move: Move) -> None:
    [ada] = creators(service, 1)
    changed, deleted, untouched = row(ada.user_id, title="a"), row(ada.user_id, title="b"), row(ada.user_id, title="c")
    await move.insert(changed, deleted, untouched)
    await move.run()
    await ada.patch(str(changed["id"]), {"title": "mine"})
    await ada.delete(str(deleted["id"]))
    for one in (changed, deleted, untouched):
        await move.change(one["id"], title="theirs")

    moved = await move.run()

    assert moved.reasons("conflict") == {
        str(changed["id"]): ["changed in CreatorVault"],
        str(deleted["id"]): ["deleted in CreatorVault"],
    }
    assert moved.numbers == (0, 0, 1)
    assert moved.tally.is_equal
    assert await titles(ada) == ["mine", "theirs"]


async def test_deleted_rows_are_listed_and_deleted_on_request(service: House, move: Move) -> None:
    ada, bob = creators(service, 2)
    gone, changed, kept = row(ada.user_id, title="gone"), row(ada.user_id, title="x"), row(ada.user_id, title="kept")
    alone = row(bob.user_id)
    await move.insert(gone, changed, kept, alone)
    await move.run()
    await ada.idea("not from the import")
    await ada.patch(str(changed["id"]), {"title": "changed here"})
    await move.sql.execute("DELETE FROM ideas WHERE id <> $1", kept["id"])

    listing = await move.run()
    there = await titles(ada)
    deleting = await move.run(delete_missing=True)

    assert set(listing.reasons("missing")) == {str(gone["id"]), str(alone["id"])}
    assert there == ["changed here", "gone", "kept", "not from the import"]
    assert set(deleting.reasons("deleted")) == {str(gone["id"]), str(alone["id"])}
    assert set(deleting.reasons("conflict")) == {str(changed["id"])}
    assert await titles(ada) == ["changed here", "kept", "not from the import"]
    assert await titles(bob) == []
    assert (await move.run(delete_missing=True)).reasons("deleted") == {}


async def test_ideas_of_another_source_are_not_missing(service: House, move: Move, other_move: Move) -> None:
    [ada] = creators(service, 1)
    await move.insert(row(ada.user_id, title="one"))
    await other_move.insert(row(ada.user_id, title="other"))
    await move.run()

    moved = await other_move.run(delete_missing=True)

    assert moved.reasons("deleted") == {}
    assert await titles(ada) == ["one", "other"]


async def test_a_wrong_row_in_a_vault_makes_the_digests_differ(
    service: House, move: Move, sql: asyncpg.Connection
) -> None:
    """Sealed with the vault's own key, so that it opens."""
    ada, bob = creators(service, 2)
    one = row(ada.user_id, title="right")
    await move.insert(one, row(bob.user_id))
    await move.run()
    await listed(ada)
    vault = VaultId(TenantName(TenantKind.PERSONAL, REALM, ada.user_id).id, UserId(ada.user_id))
    cipher = service.parts.vaults.keyring.newest(vault)
    assert cipher is not None
    stamp = await sql.fetchval("SELECT stamp FROM ideas WHERE id = $1", one["id"])
    idea = IdeaResponse(
        title="wrong", id=one["id"], user_id=ada.user_id, created_at=one["created_at"], updated_at=one["updated_at"]
    )
    sealed = IdeaSealer.of(cipher).seal(idea)
    await sql.execute(
        "UPDATE ideas SET title = $2, notes = $3, tags = $4, stamp = $5 WHERE id = $1",
        *(one["id"], sealed.title, sealed.notes, sealed.tags, sealed.stamp),
    )
    await sql.execute(
        "UPDATE imported_ideas SET stamp = $2 WHERE id = $1 AND stamp = $3", one["id"], sealed.stamp, stamp
    )

    moved = await move.run()

    assert not moved.tally.is_equal
    assert moved.tally.source.text != moved.tally.vaults.text
    assert list(moved.tally.mismatching_owners) == [ada.user_id]
    assert set(moved.reasons("mismatch")) == {str(one["id"])}


async def test_an_edited_ciphertext_is_a_mismatch(service: House, move: Move, sql: asyncpg.Connection) -> None:
    [ada] = creators(service, 1)
    one = row(ada.user_id)
    await move.insert(one)
    await move.run()
    await sql.execute("UPDATE ideas SET notes = title WHERE id = $1", one["id"])

    moved = await move.run()

    assert moved.reasons("mismatch") == {str(one["id"]): ["cannot be opened"]}
    assert not moved.tally.is_equal


async def test_what_a_vault_refuses_is_listed(service: House, move: Move) -> None:
    ada, bob = creators(service, 2)
    many = [row(ada.user_id, minutes=number) for number in range(4)]
    await move.insert(*many, row(bob.user_id))
    settings = replace(move.settings, tenancy=replace(move.settings.tenancy, vault_idea_quota=3))

    moved = await move.run(settings=settings)

    assert moved.reasons("refused") == {str(one["id"]): ["QuotaExceeded"] for one in many}
    assert await titles(ada) == []
    assert len(await titles(bob)) == 1
