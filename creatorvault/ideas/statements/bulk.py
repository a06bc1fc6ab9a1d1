"""Stores many new ideas of a vault in one statement, in a transaction that has locked the vault's row."""

from collections.abc import Mapping
from typing import Final

from creatorvault.ideas.statements.changes import UNBURIED
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


def _stored(before: str) -> str:
    """Inserts the ideas, whose revisions follow `before`.

    In ascending order, since PostgreSQL then fills the pages of indexes instead of halving them.
    """
    return f"""
        {UNBURIED.format(ids=f"= ANY ({IDS})")}, stored AS (
            INSERT INTO ideas (tenant_id, user_id, revision, first_revision, {", ".join(COLUMNS)})
            SELECT changed.tenant_id, $2, {before} + given.place,
                coalesce(unburied.first_revision, {before} + given.place),
                {", ".join(f"given.{name}" for name in COLUMNS)}
            FROM changed
            CROSS JOIN unnest({ARRAYS}) WITH ORDINALITY AS given ({", ".join(COLUMNS)}, place)
            LEFT JOIN unburied ON unburied.id = given.id
            ORDER BY given.place
            RETURNING revision
        )
    """  # noqa: S608 - put together from constants


INSERT_MANY: Final = f"""
    {CHANGED_BY_MANY}, {_stored(f"changed.revision - cardinality({IDS})")}
    SELECT max(revision) FROM stored
"""  # noqa: S608 - put together from constants

STORED: Final = """
    SELECT id FROM ideas WHERE tenant_id = $1::text::uuid AND user_id = $2 AND id = ANY ($3::uuid[])
    UNION ALL
    SELECT id FROM trashed_ideas WHERE tenant_id = $1::text::uuid AND user_id = $2 AND id = ANY ($3::uuid[])
"""
"""Which of the ids are in the vault or in its trash."""

TRASH_COLUMNS: Final = {**COLUMNS, "deleted_at": "timestamptz", "deletion": "bytea"}
"""Of a deleted idea."""

VERSION_COLUMNS: Final = {**COLUMNS, "previous_until": "timestamptz", "replaced_at": "timestamptz"}
"""Of an earlier version, besides the place of its idea among those that are stored, which is a further argument."""


def _arrays(first: int, columns: Mapping[str, str]) -> str:
    return ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(columns.values(), start=first))


FIRST_OF_TRASH: Final = FIRST_ARGUMENT + len(COLUMNS)
FIRST_OF_VERSIONS: Final = FIRST_OF_TRASH + len(TRASH_COLUMNS)
PLACES: Final = f"${FIRST_OF_VERSIONS + len(VERSION_COLUMNS)}::integer[]"
NEW_REVISIONS: Final = f"(cardinality({IDS}) + cardinality(${FIRST_OF_TRASH}::uuid[]))"
REVISION_OF_TRASH: Final = f"changed.revision - cardinality(${FIRST_OF_TRASH}::uuid[]) + given.place"

# Deleted ideas follow the others, so that the revisions of these are without a gap.
INSERT_WITH_HISTORY: Final = f"""
    {CHANGED.replace("vaults.revision + 1", f"vaults.revision + {NEW_REVISIONS}")},
    {_stored(f"changed.revision - {NEW_REVISIONS}")},
    trashed AS (
        INSERT INTO trashed_ideas (tenant_id, user_id, revision, first_revision, {", ".join(TRASH_COLUMNS)})
        SELECT changed.tenant_id, $2, {REVISION_OF_TRASH}, {REVISION_OF_TRASH},
            {", ".join(f"given.{name}" for name in TRASH_COLUMNS)}
        FROM changed, unnest({_arrays(FIRST_OF_TRASH, TRASH_COLUMNS)}) WITH ORDINALITY
            AS given ({", ".join(TRASH_COLUMNS)}, place)
    ), kept AS (
        INSERT INTO idea_versions (tenant_id, user_id, revision, {", ".join(VERSION_COLUMNS)})
        SELECT changed.tenant_id, $2, changed.revision - {NEW_REVISIONS} + given.place,
            {", ".join(f"given.{name}" for name in VERSION_COLUMNS)}
        FROM changed, unnest({_arrays(FIRST_OF_VERSIONS, VERSION_COLUMNS)}, {PLACES})
            AS given ({", ".join(VERSION_COLUMNS)}, place)
    )
    SELECT max(revision) FROM changed
"""  # noqa: S608 - put together from constants
"""Arguments after those of CHANGED: arrays of COLUMNS, TRASH_COLUMNS, VERSION_COLUMNS, and the places of the versions'
ideas, from 1. Each idea takes one revision, also a deleted one; its versions get the same.
"""
