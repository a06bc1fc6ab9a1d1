"""SQL on imports and their chunks, in a transaction whose context is the tenant.

The first two arguments are the tenant's and the user's id, the third is the id of the import.
"""

from typing import Final

OWN: Final = "tenant_id = $1::text::uuid AND user_id = $2"
THIS: Final = f"{OWN} AND id = $3::uuid"
COLUMNS: Final = (
    "id, state, format, file_bytes, chunks, total, done, stored, trashed, versions, known, expired, error, created_at, "
    "finished_at, sealed"
)
"""The fields of `repositories.ImportRow`."""

CREATE: Final = """
    INSERT INTO imports
        (tenant_id, user_id, id, state, format, file_bytes, chunks, total, created_at, touched_at, sealed)
    VALUES ($1::text::uuid, $2, $3::uuid, 'receiving', $4, $5, 0, $6, $7, $7, $8) RETURNING id
"""
ADD_CHUNKS: Final = """
    INSERT INTO import_chunks (tenant_id, user_id, import_id, number, last, sealed)
    SELECT $1::text::uuid, $2, $3::uuid, given.number, given.last, given.sealed
    FROM unnest($4::integer[], $5::boolean[], $6::bytea[]) AS given (number, last, sealed)
    RETURNING number
"""
COMPLETE: Final = f"""
    UPDATE imports SET state = 'waiting', chunks = $4, touched_at = $5 WHERE {THIS} AND state = 'receiving'
    RETURNING {COLUMNS}
"""  # noqa: S608 - constants
UNFINISHED: Final = f"SELECT count(*) FROM imports WHERE {OWN} AND state IN ('receiving', 'waiting', 'running')"  # noqa: S608 - constants
PAGE: Final = f"""
    SELECT {COLUMNS} FROM imports
    WHERE {OWN} AND state <> 'receiving' AND ($5::timestamptz IS NULL OR (created_at, id) < ($5, $6::uuid))
    ORDER BY created_at DESC, id DESC LIMIT $3 OFFSET $4
"""  # noqa: S608 - constants
"""Arguments: limit, offset, and the time and the id of an import, after which the page begins, or null."""

TOTAL: Final = f"SELECT count(*) FROM imports WHERE {OWN} AND state <> 'receiving'"  # noqa: S608 - constants
FIND: Final = f"SELECT {COLUMNS} FROM imports WHERE {THIS} AND state <> 'receiving'"  # noqa: S608 - constants
START: Final = f"""
    UPDATE imports SET state = 'running', touched_at = $4 WHERE {THIS} AND state IN ('waiting', 'running')
    RETURNING {COLUMNS}
"""  # noqa: S608 - constants
CHUNKS: Final = """
    SELECT number, last, sealed FROM import_chunks
    WHERE tenant_id = $1::text::uuid AND user_id = $2 AND import_id = $3::uuid AND number >= $4
    ORDER BY number LIMIT $5
"""

# Nobody else has gone on from there, and the creator has not cancelled it.
PROGRESS: Final = f"""
    UPDATE imports
    SET done = done + $5, stored = stored + $6, trashed = trashed + $7, versions = versions + $8, known = known + $9,
        expired = expired + $10, touched_at = $11
    WHERE {THIS} AND state = 'running' AND done = $4
    RETURNING done
"""  # noqa: S608 - constants
END: Final = f"""
    UPDATE imports SET state = $4, error = $5, sealed = coalesce($6::bytea, sealed), finished_at = $7, touched_at = $7
    WHERE {THIS} AND state IN ('waiting', 'running') RETURNING id
"""  # noqa: S608 - constants
FORGET: Final = f"DELETE FROM imports WHERE {THIS} RETURNING state"  # noqa: S608 - constants
DROP_CHUNKS: Final = """
    DELETE FROM import_chunks WHERE tenant_id = $1::text::uuid AND user_id = $2 AND import_id = $3::uuid
    RETURNING number
"""
CHOSEN: Final = f"SELECT retention_days, idea_count + trash_count FROM vaults WHERE {OWN}"  # noqa: S608 - constants
"""How long the vault keeps history, if it has chosen, and whether there is anything in it."""

CHOOSE: Final = f"""
    UPDATE vaults SET retention_days = $3::smallint WHERE {OWN} AND retention_days IS NULL RETURNING retention_days
"""  # noqa: S608 - constants
OWNER: Final = "SELECT kind, realm, external_id FROM tenants WHERE tenant_id = $1::text::uuid"

# Of all tenants, with the operators' login.
DUE: Final = """
    SELECT tenant_id, user_id, id FROM imports
    WHERE (state = 'receiving' AND touched_at < $1) OR (state IN ('waiting', 'running') AND touched_at < $2)
        OR (state IN ('finished', 'failed') AND touched_at < $3)
    ORDER BY touched_at LIMIT $4
"""
"""Imports that were abandoned while the file arrived, those whose job has done nothing since, and old ones."""
