"""Requests of creators who undo, and what is stored."""

from collections.abc import Mapping
from typing import Any, Final

import asyncpg
import httpx

from tests.factories import Creator, Idea

SIZE: Final = "octet_length(title) + octet_length(notes) + octet_length(tags)"


def _at(creator: Creator, path: str) -> str:
    return f"/api/v1/{creator.user_id}/{path}"


async def trash(creator: Creator, **parameters: int) -> httpx.Response:
    return await creator.request("GET", _at(creator, "trash"), params=parameters)


async def trashed(creator: Creator) -> list[dict[str, Any]]:
    answer = await trash(creator, limit=100)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def restore(creator: Creator, idea: Idea | str, **options: Any) -> httpx.Response:
    return await creator.request("POST", f"{creator.url_of(idea)}/restore", **options)


async def expunge(creator: Creator, idea: Idea | str) -> httpx.Response:
    idea_id = idea if isinstance(idea, str) else idea["id"]
    return await creator.request("DELETE", _at(creator, f"trash/{idea_id}"))


async def empty_trash(creator: Creator) -> httpx.Response:
    return await creator.request("DELETE", _at(creator, "trash"))


async def undo(creator: Creator, token: object) -> httpx.Response:
    return await creator.request("POST", _at(creator, "undo"), json={"undo": token})


async def versions(creator: Creator, idea: Idea | str, **parameters: int) -> httpx.Response:
    return await creator.request("GET", f"{creator.url_of(idea)}/versions", params=parameters)


async def version(creator: Creator, idea: Idea | str, number: object) -> httpx.Response:
    return await creator.request("GET", f"{creator.url_of(idea)}/versions/{number}")


async def revert(creator: Creator, idea: Idea | str, number: object, **options: Any) -> httpx.Response:
    return await creator.request("POST", f"{creator.url_of(idea)}/versions/{number}/restore", **options)


async def difference(creator: Creator, idea: Idea | str, number: object, **parameters: object) -> httpx.Response:
    return await creator.request("GET", f"{creator.url_of(idea)}/versions/{number}/difference", params=parameters)


async def settings(creator: Creator) -> dict[str, Any]:
    answer = await creator.request("GET", _at(creator, "settings"))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def choose(creator: Creator, body: Mapping[str, object]) -> httpx.Response:
    return await creator.request("PATCH", _at(creator, "settings"), json=body)


async def stored(sql: asyncpg.Connection, creator: Creator) -> dict[str, int]:
    """Returns the number of the creator's rows, by table."""
    tables = ("ideas", "idea_versions", "trashed_ideas", "history_prunings")
    return {
        table: await sql.fetchval(f"SELECT count(*) FROM {table} WHERE user_id = $1", creator.user_id)
        for table in tables
    }


async def counted(sql: asyncpg.Connection, creator: Creator) -> None:
    """Asserts that the vault's counters are exact."""
    row = await sql.fetchrow(
        f"""
        SELECT idea_count = (SELECT count(*) FROM ideas WHERE user_id = $1) AS ideas,
            trash_count = (SELECT count(*) FROM trashed_ideas WHERE user_id = $1) AS trash,
            digest = (SELECT coalesce(bit_xor(stamp), 0) FROM ideas WHERE user_id = $1) AS digest,
            sealed_bytes = (SELECT coalesce(sum({SIZE}), 0) FROM ideas WHERE user_id = $1)
                + (SELECT coalesce(sum({SIZE}), 0) FROM idea_versions WHERE user_id = $1)
                + (SELECT coalesce(sum({SIZE}), 0) FROM trashed_ideas WHERE user_id = $1)
                AS sealed_bytes
        FROM vaults WHERE user_id = $1
        """,
        creator.user_id,
    )
    assert dict(row) == dict.fromkeys(("ideas", "trash", "digest", "sealed_bytes"), True)
