"""Busy vaults, and what the service exports of them."""

import re

import asyncpg

from tests.factories import Creator
from tests.vault_rows import SEALED_BYTES
from tests.ways import vault_of

OWN = "WHERE tenant_id = $1 AND user_id = $2"
EXPORTED_AT = re.compile(rb'"exported_at":"[^"]+"')


async def exported(creator: Creator) -> bytes:
    """An export in JSON lines, as if everybody were the same creator at the same time, to compare two vaults."""
    answer = await creator.request("GET", f"/api/v1/{creator.user_id}/export", params={"format": "jsonl"})
    assert answer.status_code == 200, answer.text
    own = b'"user_id":"%b"' % creator.user_id.encode()
    return EXPORTED_AT.sub(
        b'"exported_at":"2026-11-30T00:00:00Z"', answer.content.replace(own, b'"user_id":"exporter"')
    )


async def check_counters(creator: Creator, sql: asyncpg.Connection) -> None:
    """The vault's row is what its rows add up to."""
    vault = vault_of(creator)
    row = await sql.fetchrow(f"SELECT idea_count, trash_count, sealed_bytes, digest FROM vaults {OWN}", *vault)
    ideas, digest = await sql.fetchrow(f"SELECT count(*), coalesce(bit_xor(stamp), 0) FROM ideas {OWN}", *vault)
    trash = await sql.fetchval(f"SELECT count(*) FROM trashed_ideas {OWN}", *vault)
    assert tuple(row) == (ideas, trash, await sql.fetchval(SEALED_BYTES, creator.user_id), digest)


async def busy_vault(creator: Creator) -> None:
    """Ideas that were changed and deleted, with everything that fields may hold."""
    for number in range(6):
        idea = await creator.idea(f"Idea {number}", notes="Line\r\n<b>é</b>", tags=["Video", "FOOD", f"t{number}"])
        for step in range(number):
            change = {"title": f"Idea {number}.{step}", "tags": ["Ünï"], "due_date": f"2026-12-0{step + 1}T10:00:00Z"}
            assert (await creator.patch(idea, change)).status_code == 200
        if number % 2:
            assert (await creator.delete(idea)).status_code == 204
    await creator.idea("Never changed", notes="", stage="published", priority="low")
