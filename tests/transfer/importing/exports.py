"""Writes a vault as our own export, from its rows. Every chain of versions is checked on the way."""

from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

import asyncpg
import msgspec

from creatorvault.crypto.cipher import VaultCipher
from creatorvault.ideas.history.sealing import VersionColumns, open_trashed, open_version
from creatorvault.ideas.schemas import IdeaResponse
from creatorvault.ideas.sealing import NONE_KEPT, IdeaColumns, IdeaSealer
from tests.application import House
from tests.factories import Creator
from tests.ways import vault_of

ROW = ", ".join(IdeaColumns._fields)
OWN = "WHERE tenant_id = $1 AND user_id = $2"
SIZES = "coalesce(sum(length(title) + length(notes) + length(tags)), 0)::bigint"

encode = msgspec.json.Encoder().encode


async def exported(house: House, creator: Creator, sql: asyncpg.Connection) -> bytes:
    """Live ideas in the order of their ids, each with its versions, then the trash."""
    vault = vault_of(creator)
    assert (await creator.list()).status_code == 200  # the process has the keys now
    cipher = house.parts.cipher_of(vault)
    sealer = IdeaSealer.of(cipher)
    days = await sql.fetchval(f"SELECT retention_days FROM vaults {OWN}", *vault)
    lines: list[object] = [
        {"type": "export", "format": "creatorvault", "version": 1, "user_id": "exporter", "exported_at": _time(_NOW)},
        {"type": "settings", "retention_days": days},
    ]
    counts = {"idea": 0, "version": 0, "trashed": 0}
    for row in await sql.fetch(f"SELECT {ROW} FROM ideas {OWN} ORDER BY id", *vault):
        columns = IdeaColumns(*row)
        lines.append(_line("idea", columns.number, sealer.open(columns), {}, counts))
        lines += await _versions(sql, vault, columns, cipher, counts)
    for row in await sql.fetch(f"SELECT {ROW}, deleted_at, deletion FROM trashed_ideas {OWN} ORDER BY id", *vault):
        *fields, deleted_at, deletion = row
        columns = IdeaColumns(*fields)
        idea = open_trashed(cipher, columns, deleted_at, deletion)
        lines.append(_line("trashed", columns.number, idea, {"deleted_at": _time(deleted_at)}, counts))
        lines += await _versions(sql, vault, columns, cipher, counts)
    ends = {"ideas": counts["idea"], "versions": counts["version"], "trashed": counts["trashed"]}
    lines.append({"type": "end", **ends})
    return b"".join(encode(line) + b"\n" for line in lines)


_NOW = datetime(2026, 11, 30, tzinfo=UTC)


async def _versions(
    sql: asyncpg.Connection, vault: Any, latest: IdeaColumns, cipher: VaultCipher, counts: dict[str, int]
) -> list[object]:
    rows = await sql.fetch(
        f"SELECT {ROW}, previous_until, replaced_at FROM idea_versions {OWN} AND id = $3", *vault, latest.id
    )
    versions = [VersionColumns(IdeaColumns(*row[:-2]), row[-2], row[-1]) for row in rows]
    versions.sort(key=attrgetter("row.number"))
    previous, time = latest.previous, latest.updated_at
    for version in reversed(versions):
        assert version.row.link == previous
        assert version.replaced_at == time
        previous, time = version.row.previous, version.linked_until
    assert previous == NONE_KEPT
    return [
        _line(
            "version", found.row.number, open_version(cipher, found), {"replaced_at": _time(found.replaced_at)}, counts
        )
        for found in versions
    ]


def _line(kind: str, number: int, idea: IdeaResponse, more: dict[str, str], counts: dict[str, int]) -> dict[str, Any]:
    counts[kind] += 1
    # As if everybody were the same creator, so that exports of two vaults can be compared.
    return {"type": kind, "number": number, **more, **msgspec.to_builtins(idea), "user_id": "exporter"}


def _time(time: datetime) -> str:
    text: str = msgspec.to_builtins(time)
    return text


async def check_counters(creator: Creator, sql: asyncpg.Connection) -> None:
    """The vault's row is what its rows add up to."""
    vault = vault_of(creator)
    row = await sql.fetchrow(f"SELECT idea_count, trash_count, sealed_bytes, digest FROM vaults {OWN}", *vault)
    ideas, size, digest = await sql.fetchrow(
        f"SELECT count(*), {SIZES}, coalesce(bit_xor(stamp), 0) FROM ideas {OWN}", *vault
    )
    trash, trash_size = await sql.fetchrow(f"SELECT count(*), {SIZES} FROM trashed_ideas {OWN}", *vault)
    history = await sql.fetchval(f"SELECT {SIZES} FROM idea_versions {OWN}", *vault)
    assert tuple(row) == (ideas, trash, size + trash_size + history, digest)


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
