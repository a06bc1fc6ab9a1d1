"""A clock for what is stored: moves an idea's history to the past, and seals it again as if it had happened then."""

from datetime import timedelta
from typing import Any, Final

import asyncpg
from msgspec.structs import replace

from creatorvault.admin.parts import AdminParts
from creatorvault.core.parts import part_of
from creatorvault.crypto.cipher import VaultCipher
from creatorvault.history.standing import PurgeParts
from creatorvault.ideas.history.sealing import previous_until_context, seal_deletion
from creatorvault.ideas.sealing import IdeaColumns, IdeaSealer, Position
from creatorvault.ideas.statements.reads import COLUMNS
from tests.application import House
from tests.factories import Creator
from tests.ways import vault_of

WIDTH: Final = len(IdeaColumns._fields)


def purge_parts(house: House) -> PurgeParts:
    operators = part_of(house.app, AdminParts).operators_database
    assert operators is not None
    return PurgeParts(house.parts.vaults, operators)


def cipher_of(house: House, creator: Creator) -> VaultCipher:
    cipher = house.parts.keyring.newest(vault_of(creator))
    assert cipher is not None
    return cipher


async def age(house: House, sql: asyncpg.Connection, creator: Creator, by: timedelta) -> None:
    """Makes everything in the vault older, as if the service had stored it so long ago."""
    cipher, vault = cipher_of(house, creator), vault_of(creator)
    for table, more in (
        ("idea_versions", ", previous_until, replaced_at"),
        ("trashed_ideas", ", deleted_at"),
        ("ideas", ""),
    ):
        query = f"SELECT {COLUMNS}{more} FROM {table} WHERE tenant_id = $1 AND user_id = $2"
        for row in await sql.fetch(query, *vault):
            values = _moved(cipher, table, tuple(row), by)
            names = ", ".join(f"{name} = ${place}" for place, name in enumerate(values, 5))
            await sql.execute(
                f"UPDATE {table} SET {names} WHERE tenant_id = $1 AND user_id = $2 AND id = $3 AND number = $4",
                *(*vault, row["id"], row["number"]),
                *values.values(),
            )
    house.parts.opened.forget(vault)
    house.parts.search_cache.forget(vault)


def _moved(cipher: VaultCipher, table: str, row: tuple[Any, ...], by: timedelta) -> dict[str, Any]:
    """Returns the columns that change."""
    columns, times = IdeaColumns(*row[:WIDTH]), row[WIDTH:]
    until = times[0] if table == "idea_versions" else None
    bound = previous_until_context(until)
    idea = IdeaSealer.of(cipher).open(columns, bound)
    earlier = replace(idea, created_at=idea.created_at - by, updated_at=idea.updated_at - by)
    until = None if until is None else until - by
    position, bound = Position(columns.number, columns.previous), previous_until_context(until)
    sealed = IdeaSealer.of(cipher).seal(earlier, position, columns.stamp, bound)
    values = {name: getattr(sealed, name) for name in ("title", "notes", "tags", "created_at", "updated_at")}
    if table == "idea_versions":
        values |= {"previous_until": until, "replaced_at": times[1] - by}
    if table == "trashed_ideas":
        values |= {"deleted_at": times[0] - by, "deletion": seal_deletion(cipher, sealed, times[0] - by)}
    return values
