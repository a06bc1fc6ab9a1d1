"""Stores many new ideas of a vault in one statement, in a transaction that has locked the vault's row."""

from typing import Final

from creatorvault.tenants.statements.changes import CHANGED, FIRST_ARGUMENT

COLUMNS: Final = {
    "id": "uuid",
    "title": "bytea",
    "notes": "bytea",
    "tags": "bytea",
    "stage": "smallint",
    "priority": "smallint",
    "due_date": "timestamptz",
    "created_at": "timestamptz",
    "updated_at": "timestamptz",
    "stamp": "bigint",
    "number": "integer",
    "previous": "bigint",
}
"""The columns of `sealing.SealedRow`, in the same order; each is an argument, an array."""

IDS: Final = f"${FIRST_ARGUMENT}::uuid[]"
ARRAYS: Final = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(COLUMNS.values(), start=FIRST_ARGUMENT))

# The vault's revision grows by the number of ideas, and its key must be able to seal the last of these revisions.
CHANGED_BY_MANY: Final = CHANGED.replace("vaults.revision + 1", f"vaults.revision + cardinality({IDS})")

# In ascending order, since PostgreSQL then fills the pages of indexes instead of halving them.
INSERT_MANY: Final = f"""
    {CHANGED_BY_MANY}, stored AS (
        INSERT INTO ideas (tenant_id, user_id, revision, {", ".join(COLUMNS)})
        SELECT changed.tenant_id, $2, changed.revision - cardinality({IDS}) + given.place,
            {", ".join(f"given.{name}" for name in COLUMNS)}
        FROM changed, unnest({ARRAYS}) WITH ORDINALITY AS given ({", ".join(COLUMNS)}, place)
        ORDER BY given.place
        RETURNING revision
    )
    SELECT max(revision) FROM stored HAVING count(*) > 0
"""  # noqa: S608 - put together from constants

STORED: Final = """
    SELECT id FROM ideas WHERE tenant_id = $1::text::uuid AND user_id = $2 AND id = ANY ($3::uuid[])
"""
"""Which of the ids are in the vault."""
