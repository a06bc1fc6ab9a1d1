"""Bulk requests, and what is stored after them."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import uuid4

import asyncpg
import httpx

from tests.factories import Creator, Idea
from tests.vault_rows import SEALED_BYTES

type Operation = dict[str, Any]

KEY: Final = {"Idempotency-Key": "8c2e-bulk"}
STALE: Final = '"0000000000000001"'


def new(title: str = "New", idea_id: str | None = None, **fields: Any) -> Operation:
    named = {} if idea_id is None else {"id": idea_id}
    return {"op": "create", **named, "idea": {"title": title, **fields}}


def change(idea: Idea | str, if_match: str | None = None, **changes: Any) -> Operation:
    return {"op": "change", "id": _id(idea), **_condition(if_match), "changes": changes}


def replace(idea: Idea | str, title: str = "Replaced", if_match: str | None = None, **fields: Any) -> Operation:
    return {"op": "replace", "id": _id(idea), **_condition(if_match), "idea": {"title": title, **fields}}


def delete(idea: Idea | str, if_match: str | None = None) -> Operation:
    return {"op": "delete", "id": _id(idea), **_condition(if_match)}


def unused() -> str:
    return str(uuid4())


async def bulk(
    creator: Creator, *operations: Any, atomic: bool | None = None, headers: Mapping[str, str] | None = None
) -> httpx.Response:
    chosen = {} if atomic is None else {"atomic": atomic}
    body = {**chosen, "operations": operations}
    return await creator.request("POST", f"{creator.url}/bulk", json=body, headers=headers or {})


async def results(creator: Creator, *operations: Any, atomic: bool | None = None) -> list[dict[str, Any]]:
    answer = await bulk(creator, *operations, atomic=atomic)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["results"]
    assert len(found) == len(operations)
    return found


def statuses(found: Sequence[Mapping[str, Any]]) -> list[int]:
    return [result["status"] for result in found]


def codes(answer: httpx.Response) -> list[str | None]:
    return [result["error"] and result["error"]["code"] for result in answer.json()["results"]]


async def counters(database: asyncpg.Connection, creator: Creator) -> tuple[int, int, int, int]:
    """Returns revision, ideas, bytes and trash of the vault's row, after comparing them with what is stored."""
    row = await database.fetchrow(
        "SELECT revision, idea_count, sealed_bytes, trash_count, digest FROM vaults WHERE user_id = $1", creator.user_id
    )
    ideas, digest = await database.fetchrow(
        "SELECT count(*), coalesce(bit_xor(stamp), 0) FROM ideas WHERE user_id = $1", creator.user_id
    )
    trash = await database.fetchval("SELECT count(*) FROM trashed_ideas WHERE user_id = $1", creator.user_id)
    size = await database.fetchval(SEALED_BYTES, creator.user_id)
    assert tuple(row)[1:] == (ideas, size, trash, digest)
    return row["revision"], ideas, size, trash


def _id(idea: Idea | str) -> str:
    return idea if isinstance(idea, str) else str(idea["id"])


def _condition(if_match: str | None) -> Operation:
    return {} if if_match is None else {"if_match": if_match}
