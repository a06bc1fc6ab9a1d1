"""All rows of one vault, whichever tables there are, as somebody with the superuser's login sees them."""

from collections.abc import Mapping, Sequence

import asyncpg

from creatorvault.core.identifiers import VaultId

type Rows = Mapping[str, Sequence[str]]
"""By table, each row as PostgreSQL writes it."""

TABLES = """
    SELECT c.oid::regclass::text AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND c.relnamespace::regnamespace::text IN ('public', 'keys')
    GROUP BY c.oid HAVING array_agg(a.attname::text) @> ARRAY['tenant_id'] ORDER BY name
"""


async def tables(sql: asyncpg.Connection) -> Mapping[str, Sequence[str]]:
    """The columns of every table that has rows of tenants."""
    return {row["name"]: row["columns"] for row in await sql.fetch(TABLES)}


async def rows_of(sql: asyncpg.Connection, vault: VaultId) -> Rows:
    """Tables that know no creators, as that of tenants, are left out."""
    return {
        name: [
            row[0]
            for row in await sql.fetch(
                f"SELECT t::text FROM {name} AS t WHERE tenant_id = $1 AND user_id = $2 ORDER BY 1", *vault
            )
        ]
        for name, columns in (await tables(sql)).items()
        if "user_id" in columns
    }
