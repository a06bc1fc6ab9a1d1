"""A standby of one vault: promoting it loses what was stored since."""

from typing import Self

import asyncpg

from tests.application import House
from tests.factories import Creator
from tests.vault_rows import inserted_columns
from tests.ways import forget, vault_of

TABLES = (
    *("ideas", "idea_versions", "trashed_ideas", "idea_tombstones", "history_prunings"),
    *("idea_segments", "vault_checkpoints", "vaults"),
)


class Standby:
    """`promote` may be called again and again. The process forgets the vault, as if it were started again."""

    def __init__(self, house: House, creator: Creator, sql: asyncpg.Connection) -> None:
        self._house = house
        self._creator = creator
        self._sql = sql
        self._columns: dict[str, str] = {}

    @classmethod
    async def of(cls, house: House, creator: Creator, sql: asyncpg.Connection) -> Self:
        standby = cls(house, creator, sql)
        await house.parts.segment_writer.finish()
        await house.parts.checkpoint_writer.finish()
        for table in TABLES:
            columns = standby._columns[table] = await inserted_columns(sql, table)
            await sql.execute(f"DROP TABLE IF EXISTS standby_{table}")
            await sql.execute(
                f"CREATE TEMP TABLE standby_{table} AS SELECT {columns} FROM {table} WHERE user_id = $1",
                creator.user_id,
            )
        return standby

    async def promote(self) -> None:
        await self._house.parts.segment_writer.finish()
        await self._house.parts.checkpoint_writer.finish()
        async with self._sql.transaction():
            await self._sql.execute("SET LOCAL session_replication_role = replica")
            for table, columns in self._columns.items():
                await self._sql.execute(f"DELETE FROM {table} WHERE user_id = $1", self._creator.user_id)
                await self._sql.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM standby_{table}")
        forget(self._house, vault_of(self._creator))
