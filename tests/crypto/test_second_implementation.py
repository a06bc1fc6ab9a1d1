"""A second implementation in Node, written from docs/encryption.md alone, opens what the service stores."""

import asyncio
import json
import shutil
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import asyncpg
import pytest

from creatorvault.ideas.history.sealing import PruningSealer
from creatorvault.settings.sections import Settings
from tests.application import ROOT_KEYS, House
from tests.factories import Creator
from tests.key_management.rotating import Keys, scope_of
from tests.ways import vault_of

SCRIPT: Final = Path(__file__).parent / "node" / "open.mjs"
MOST_LINES: Final = 200
KEY: Final = "retry-1"

TIME: Final = (
    "CASE WHEN isfinite({0}) THEN to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    " ELSE {0}::text END AS {0}"
)
VAULT: Final = "tenant_id::text, user_id"
IDEA: Final = (
    "{vault}, id::text, encode(title, 'hex') AS title, encode(notes, 'hex') AS notes,"
    " encode(tags, 'hex') AS tags, stage, priority, {due_date}, {created_at}, {updated_at}, stamp::text,"
    " number, previous::text, revision::text"
)
ROWS: Final = {
    "keys": "SELECT {vault}, version, root_key_id, encode(wrapped, 'hex') AS wrapped, first_revision::text,"
    " encode(carried, 'hex') AS carried"
    " FROM keys.vault_keys",
    "ideas": f"SELECT {IDEA} FROM ideas",
    "versions": f"SELECT {IDEA}, {{previous_until}} FROM idea_versions",
    "trash": f"SELECT {IDEA}, {{deleted_at}}, encode(deletion, 'hex') AS deletion FROM trashed_ideas",
    "prunings": "SELECT {vault}, {pruned_until}, encode(sealed, 'hex') AS sealed FROM history_prunings",
    "segments": "SELECT {vault}, first_revision::text, last_revision::text, ideas, folding,"
    " encode(sealed, 'hex') AS sealed FROM idea_segments",
    "checkpoints": "SELECT {vault}, revision::text, ideas, encode(digest, 'hex') AS digest,"
    " encode(sealed, 'hex') AS sealed FROM vault_checkpoints",
    "results": "SELECT {vault}, encode(name, 'hex') AS name, encode(answer, 'hex') AS answer, {expires_at}"
    " FROM idempotency_answers",
}
TIMES: Final = (
    *("due_date", "created_at", "updated_at", "expires_at"),
    *("previous_until", "deleted_at", "pruned_until"),
)
FORMS: Final = {
    "vault": VAULT,
    **{name: TIME.format(name) for name in TIMES},
}

type Rows = dict[str, list[dict[str, Any]]]

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="node not found")


async def rows_of(database: asyncpg.Connection, *creators: Creator) -> Rows:
    users = [creator.user_id for creator in creators]
    rows: Rows = {}
    for name, statement in ROWS.items():
        found = await database.fetch(f"{statement.format(**FORMS)} WHERE user_id = ANY ($1) ORDER BY user_id, 3", users)
        rows[name] = [dict(row) for row in found]
    for row in rows["results"]:
        row["idempotency_key"] = KEY
    return rows


async def opened(rows: Rows, root_keys: str = ROOT_KEYS) -> dict[str, list[Any]]:
    """Returns what the script opens of each row."""
    process = await asyncio.create_subprocess_exec(
        "node", SCRIPT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    output, errors = await process.communicate(json.dumps({"root_keys": root_keys, **rows}).encode())
    assert process.returncode == 0, errors.decode()
    result: dict[str, list[Any]] = json.loads(output)
    return result


@pytest.fixture
async def both(
    house_with: Callable[..., Awaitable[House]], database: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> tuple[Creator, Creator]:
    """Two vaults with keys of several versions, segments, a checkpoint of their revision, and a stored result."""
    monkeypatch.setattr("creatorvault.ideas.reader.FEWEST", 3)
    monkeypatch.setattr("creatorvault.ideas.reader.MOST", 5)
    house = await house_with(CREATORVAULT_ENCRYPTION__ROTATE_AFTER_REVISIONS="6")
    creators = house.creator(f"user-ä-{uuid4()}"), house.creator()
    for creator in creators:
        ideas = [await creator.idea(f"Idéa {number}", notes="Straße" * number) for number in range(11)]
        await creator.idea("Idea of the end", due_date="9999-12-31T23:59:59.999999Z", tags=["a", "ß, \U0001f600"])
        await creator.idea("Idea of the beginning", due_date="0001-01-01T00:00:00Z", priority="high")
        await creator.idea("Idea before", due_date="1969-07-20T20:17:40.000001Z", stage="published")
        for query in range(2):
            assert (await creator.list({"search": f"idea {query}"})).status_code == 200
            await house.parts.segment_writer.finish()
            await creator.patch(ideas[query], {"stage": "draft", "notes": None})
        assert (await creator.post({"title": "Idea once"}, headers={"Idempotency-Key": KEY})).status_code == 201
        for idea in ideas[2:4]:
            await creator.patch(idea, {"notes": "Deleted"})
            assert (await creator.delete(idea)).status_code == 204
        pruned_until = datetime(2026, 10, 25, tzinfo=UTC)
        sealed = PruningSealer.of(house.parts.cipher_of(vault_of(creator))).seal(pruned_until)
        await database.execute(
            "INSERT INTO history_prunings VALUES ($1, $2, $3, $4)", *vault_of(creator), pruned_until, sealed
        )
        house.parts.search_cache.forget(vault_of(creator))
        assert (await creator.list({"search": "idea"})).status_code == 200
        await house.parts.segment_writer.finish()
        await house.parts.checkpoint_writer.finish()
    return creators


@needs_node
async def test_it_opens_what_the_service_stores(both: tuple[Creator, Creator], database: asyncpg.Connection) -> None:
    rows = await rows_of(database, *both)

    found = await opened(rows)

    assert len({row["version"] for row in rows["keys"]}) >= 3
    assert len({row["title"][:12] for row in rows["ideas"]}) >= 3, "rows of several key versions"
    assert [len(rows[name]) for name in ("segments", "checkpoints", "results")][1:] == [2, 2]
    shown = {idea["id"]: idea for creator in both for idea in (await creator.list({"limit": 100})).json()["items"]}
    assert len(found["ideas"]) == len(shown) == 26
    for idea in found["ideas"]:
        assert idea == {name: shown[idea["id"]][name] for name in idea}
    assert {(idea["title"], idea["notes"]) for idea in found["trash"]} == {("Idéa 2", "Deleted"), ("Idéa 3", "Deleted")}
    assert len(found["versions"]) == 8
    assert all("error" not in version for version in found["versions"])
    assert found["prunings"] == [None, None]
    assert found["segments"]
    for segment in found["segments"]:
        for idea in segment:
            assert {name: value for name, value in idea.items() if name not in {"stamp", "text"}} == shown[idea["id"]]
            assert idea["text"].startswith("idea ")
    stamps = {row["id"]: row["stamp"] for row in rows["ideas"]}
    assert all(idea["stamp"] == stamps[idea["id"]] for segment in found["segments"] for idea in segment)
    assert [checkpoint["is_of_the_ideas"] for checkpoint in found["checkpoints"]] == [True, True]
    assert [checkpoint["ideas"] for checkpoint in found["checkpoints"]] == [13, 13]
    assert [result["is_of_the_key"] for result in found["results"]] == [True, True]
    assert {result["added"]["id"] for result in found["results"]} <= shown.keys()


@needs_node
async def test_it_opens_vaults_whose_keys_were_rotated(
    both: tuple[Creator, Creator], database: asyncpg.Connection, settings: Settings
) -> None:
    before = await opened(await rows_of(database, *both))
    keys = Keys(settings)
    for creator in both:
        assert (await keys.rotate(scope_of(creator))).retired >= 3

    rows = await rows_of(database, *both)

    assert len(rows["keys"]) == 2, "the earlier ones are gone"
    assert len({bytes.fromhex(row["title"])[:6] for row in rows["ideas"]}) == 1
    assert await opened(rows) == before
    wrong = [row | {"carried": row["carried"][:-2] + "00"} for row in rows["keys"]]
    assert all("error" in result for result in (await opened(rows | {"keys": wrong}))["results"])


SEALED: Final = {
    "ideas": ("title", "notes", "tags"),
    "versions": ("title", "notes", "tags"),
    "trash": ("title", "notes", "tags", "deletion"),
    "prunings": ("sealed",),
    "segments": ("sealed",),
    "checkpoints": ("sealed", "digest"),
    "results": ("answer",),
}
EDITS: Final[dict[str, Any]] = {
    "stage": 1,
    "priority": 0,
    "stamp": "7",
    "number": 9,
    "previous": "9",
    "due_date": "2026-01-01T00:00:00Z",
    "created_at": "infinity",
    "updated_at": "2026-01-01T00:00:00.000001Z",
    "id": "3b1f8a60-6a0e-5c1d-9f57-0c2d1e4b7a99",
}
EDITED: Final[dict[str, dict[str, Any]]] = {
    "ideas": EDITS,
    "versions": EDITS | {"previous_until": "2026-01-01T00:00:00Z"},
    "trash": EDITS | {"deleted_at": "2026-01-01T00:00:00Z"},
    "prunings": {"pruned_until": "2026-01-01T00:00:00Z"},
    "segments": {"first_revision": "1000", "last_revision": "1000", "ideas": 1, "folding": "3"},
    "checkpoints": {"revision": "1", "ideas": 1},
    "results": {"name": "00" * 32, "expires_at": "2026-01-01T00:00:00Z"},
}


@needs_node
async def test_it_opens_nothing_that_was_flipped_edited_or_moved(
    both: tuple[Creator, Creator], database: asyncpg.Connection
) -> None:
    rows = await rows_of(database, *both)
    wrong: Rows = {name: [] for name in SEALED}
    for name, columns in SEALED.items():
        row = rows[name][0]
        for column in columns:
            sealed = bytes.fromhex(row[column])
            flipped = (bytes((*sealed[:at], sealed[at] ^ 1, *sealed[at + 1 :])) for at in range(len(sealed)))
            wrong[name] += [row | {column: value.hex()} for value in flipped]
            wrong[name] += [row | {column: ""}]
        wrong[name] += [row | {column: value} for column, value in EDITED[name].items()]
        wrong[name] += [row | {column: "another"} for column in ("user_id",)]
        other = next(other for other in rows[name] if other["user_id"] != row["user_id"])
        wrong[name] += [row | {"tenant_id": other["tenant_id"], "user_id": other["user_id"]}]
        wrong[name] += [row | {column: other[column]} for column in columns]
    wrong["ideas"].append(rows["ideas"][0] | {"title": rows["ideas"][0]["notes"]})

    found = await opened({"keys": rows["keys"], **wrong})

    for name, results in found.items():
        assert len(results) == len(wrong[name])
        noticed = [isinstance(result, dict) and "error" in result for result in results]
        assert [row for row, is_noticed in zip(wrong[name], noticed, strict=True) if not is_noticed] == [], name


@needs_node
@pytest.mark.parametrize("column", ["wrapped", "version", "first_revision", "user_id", "root_key_id"])
async def test_it_unwraps_no_key_of_another_place(
    both: tuple[Creator, Creator], database: asyncpg.Connection, column: str
) -> None:
    rows = await rows_of(database, both[0])
    edited = {"wrapped": "00" * 62, "version": 9, "first_revision": "9", "user_id": "another", "root_key_id": "other"}
    rows["keys"][0] |= {column: edited[column]}
    root_keys = f"{ROOT_KEYS},other:{ROOT_KEYS.partition(':')[2]}"

    with pytest.raises(AssertionError):
        await opened(rows, root_keys)


def test_it_is_short_and_needs_nothing_but_node() -> None:
    lines = SCRIPT.read_text(encoding="utf-8").splitlines()

    assert len(lines) < MOST_LINES
    assert {line.rpartition(" ")[2] for line in lines if line.startswith("import ")} == {
        '"node:crypto";',
        '"node:fs";',
    }
