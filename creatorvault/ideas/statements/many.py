"""Reads and changes many ideas of a vault by one statement each, in a transaction that has locked the vault's row."""

from collections.abc import Mapping
from typing import Final

from creatorvault.core.database.tenant_context import HIDDEN_TENANT, UNSEGMENTED_IS_SET
from creatorvault.ideas.statements.bulk import COLUMNS
from creatorvault.ideas.statements.changes import ROW
from creatorvault.ideas.statements.reads import COLUMNS as READ
from creatorvault.ideas.statements.reads import OWN, SIZE
from creatorvault.tenants.statements.changes import CHANGED, FIRST_ARGUMENT
from creatorvault.tenants.statements.vault import VAULT, VAULT_COLUMNS

RETENTION: Final = """
    LEFT JOIN LATERAL (
        SELECT coalesce(vaults.retention_days, tenants.retention_days, $4::smallint) > 0 AS kept
    ) AS retention ON true
"""
FORGOTTEN_BYTES: Final = f"""
    LEFT JOIN LATERAL (
        SELECT CASE WHEN retention.kept THEN 0 ELSE (
            SELECT coalesce(sum({SIZE}), 0)::bigint FROM idea_versions AS ideas WHERE {OWN} AND ideas.id = {{id}}
        ) END AS bytes
    ) AS versions ON true
"""  # noqa: S608 - constants

NAMED: Final = f"""
    {VAULT.format(more="", columns=", retention.kept, given.id, buried.found, versions.bytes, idea.*")}
    {RETENTION}
    LEFT JOIN LATERAL unnest($3::uuid[]) AS given (id) ON true
    LEFT JOIN LATERAL (
        SELECT EXISTS (SELECT FROM trashed_ideas AS ideas WHERE {OWN} AND ideas.id = given.id)
            OR EXISTS (SELECT FROM idea_tombstones AS ideas WHERE {OWN} AND ideas.id = given.id) AS found
    ) AS buried ON true
    {FORGOTTEN_BYTES.format(id="given.id")}
    LEFT JOIN LATERAL (SELECT {READ} FROM ideas WHERE {OWN} AND ideas.id = given.id LIMIT 1) AS idea ON true
"""  # noqa: S608 - put together from constants
"""Arguments after the tenant and the user: ids, and the default of the retention in days. One row for each id.

Columns after those of VAULT: whether a change keeps what it replaces; id; whether it is in the trash or was deleted; if
nothing is kept, the size of the earlier versions in bytes; the idea.
"""
KEEPS: Final = VAULT_COLUMNS
ID: Final = VAULT_COLUMNS + 1
IS_BURIED: Final = VAULT_COLUMNS + 2
FORGOTTEN: Final = VAULT_COLUMNS + 3
IDEA: Final = VAULT_COLUMNS + 4
"""Column positions in the rows of NAMED."""

VERSIONS_BY_STAMP: Final = " UNION ALL ".join(
    f"""
        SELECT {READ}, {previous_until}, {replaced_at} FROM {table}
        WHERE tenant_id = $1::text::uuid AND user_id = $2 AND id = ANY ($3::uuid[]) AND stamp = ANY ($4::bigint[])
    """  # noqa: S608 - constants
    for table, previous_until, replaced_at in (
        ("ideas", "NULL::timestamptz", "NULL::timestamptz"),
        ("trashed_ideas", "NULL::timestamptz", "deleted_at"),
        ("idea_versions", "previous_until", "replaced_at"),
    )
)
"""Current, deleted and earlier versions of ideas, by ids and stamps. The columns are those of `VersionColumns`."""

CHANGES: Final = f"${FIRST_ARGUMENT}::bigint"
DELETED_AT: Final = f"${FIRST_ARGUMENT + 1}::timestamptz"
FORGOTTEN_IDS: Final = f"${FIRST_ARGUMENT + 2}::uuid[]"
FORGOTTEN_SIZE: Final = f"${FIRST_ARGUMENT + 3}::bigint"

STORED: Final = {**COLUMNS, "first_place": "bigint", "place": "bigint"}
"""New ideas that live."""
UPDATED: Final = {**COLUMNS, "place": "bigint", "old_stamp": "bigint"}
"""Ideas that lived and live."""
REPLACED: Final = {"id": "uuid", "stamp": "bigint", "replaced_at": "timestamptz"}
"""Stored rows that become earlier versions."""
VERSIONS: Final = {**COLUMNS, "place": "bigint", "replaced_at": "timestamptz"}
"""Earlier versions that were never stored as ideas: several changes of one idea."""
DELETED: Final = {"id": "uuid", "stamp": "bigint", "first_place": "bigint", "place": "bigint"}
"""`stamp` is that of the stored row; null if there is none, since the idea is new. Then `first_place` is not null."""
MOVED: Final = {"id": "uuid", "stamp": "bigint", "deletion": "bytea"}
"""Stored rows that move to the trash."""
TRASHED: Final = {**COLUMNS, "first_place": "bigint", "place": "bigint", "deletion": "bytea"}
"""Rows in the trash that were never stored as ideas: changed or created before they were deleted."""

GROUPS: Final = (STORED, UPDATED, REPLACED, VERSIONS, DELETED, MOVED, TRASHED)
"""Rows of each are given as one array for each column. A `place` is the number of a change in the batch, from 1."""


def _first(group: Mapping[str, str]) -> int:
    before = GROUPS[: next(place for place, other in enumerate(GROUPS) if other is group)]
    return FIRST_ARGUMENT + 4 + sum(map(len, before))


def _given(group: Mapping[str, str]) -> str:
    arrays = ", ".join(f"${number}::{kind}[]" for number, kind in enumerate(group.values(), start=_first(group)))
    return f"unnest({arrays}) AS given ({', '.join(group)})"


def _columns(table: str, names: Mapping[str, str] | list[str]) -> str:
    return ", ".join(f"{table}.{name}" for name in names)


# The revision of each change is that of a single one. A key that is new may seal them all (`Preparation`).
CHANGED_BY_MANY: Final = CHANGED.replace("vaults.revision + 1,", f"vaults.revision + {CHANGES},").replace(
    "vaults.revision + 1 -", f"vaults.revision + least({CHANGES}, $14::bigint) -"
)
BEFORE: Final = f"(changed.revision - {CHANGES})"
ALL_COLUMNS: Final = [name.strip() for name in ROW.split(",")]
SET: Final = [name for name in COLUMNS if name not in ("id", "created_at")]


def _in_vault(table: str) -> str:
    return f"{table}.tenant_id = {HIDDEN_TENANT} AND {table}.user_id = $2"


def _these(stamp: str) -> str:
    """Ideas with the ids and stamps of `given`."""
    return f"{UNSEGMENTED_IS_SET} AND {_in_vault('ideas')} AND ideas.id = given.id AND ideas.stamp = given.{stamp}"


def _new_rows(table: str, group: Mapping[str, str], more: Mapping[str, str], joined: str = "") -> str:
    values = ", ".join((*more.values(), *(f"given.{name}" for name in COLUMNS)))
    return f"""
        INSERT INTO {table} (tenant_id, user_id, revision, {", ".join((*more, *COLUMNS))})
        SELECT changed.tenant_id, $2, {BEFORE} + given.place, {values}
        FROM changed CROSS JOIN {_given(group)} {joined}
        ORDER BY given.place
    """  # noqa: S608 - put together from constants


def _copies(table: str, group: Mapping[str, str], more: Mapping[str, str]) -> str:
    return f"""
        INSERT INTO {table} ({", ".join((*ALL_COLUMNS, *more))})
        SELECT {_columns("ideas", ALL_COLUMNS)}, {", ".join(more.values())}
        FROM ideas, {_given(group)} WHERE {_these("stamp")}
    """  # noqa: S608 - put together from constants


FIRST_REVISION: Final = f"coalesce({BEFORE} + given.first_place, gone.first_revision)"
GONE: Final = "LEFT JOIN gone ON gone.id = given.id"

CHANGE_MANY: Final = f"""
    {CHANGED_BY_MANY}, forgotten AS (
        DELETE FROM idea_versions
        WHERE EXISTS (SELECT FROM changed) AND {_in_vault("idea_versions")} AND idea_versions.id = ANY ({FORGOTTEN_IDS})
        RETURNING {SIZE} AS size
    ), replaced AS (
        {_copies("idea_versions", REPLACED, {"replaced_at": "given.replaced_at"})}
    ), versions AS (
        {_new_rows("idea_versions", VERSIONS, {"replaced_at": "given.replaced_at"})}
    ), moved AS (
        {
    _copies(
        "trashed_ideas",
        MOVED,
        {"first_revision": "ideas.first_revision", "deleted_at": DELETED_AT, "deletion": "given.deletion"},
    )
}
    ), updated AS (
        UPDATE ideas
        SET revision = (SELECT {BEFORE} FROM changed) + given.place,
            {", ".join(f"{name} = given.{name}" for name in SET)}
        FROM {_given(UPDATED)}
        WHERE {_these("old_stamp")}
        RETURNING ideas.id
    ), gone AS (
        DELETE FROM ideas USING {_given(DELETED)} WHERE {_these("stamp")}
        RETURNING ideas.id, ideas.first_revision
    ), trashed AS (
        {
    _new_rows(
        "trashed_ideas",
        TRASHED,
        {"first_revision": FIRST_REVISION, "deleted_at": DELETED_AT, "deletion": "given.deletion"},
        GONE,
    )
}
    ), buried AS (
        INSERT INTO idea_tombstones (tenant_id, user_id, id, revision, first_revision, deleted_at)
        SELECT changed.tenant_id, $2, given.id, {BEFORE} + given.place, coalesce({FIRST_REVISION}, 0), {DELETED_AT}
        FROM changed CROSS JOIN {_given(DELETED)} {GONE}
    ), stored AS (
        {_new_rows("ideas", STORED, {"first_revision": f"{BEFORE} + given.first_place"})}
    )
    SELECT max(revision / (
        (SELECT count(*) FROM updated) = cardinality(${_first(UPDATED)}::uuid[])
        AND (SELECT count(*) FROM gone) = cardinality(array_remove(${_first(DELETED) + 1}::bigint[], NULL))
        AND {FORGOTTEN_SIZE} = (SELECT coalesce(sum(size), 0) FROM forgotten)
    )::integer) FROM changed
"""  # noqa: S608 - put together from constants
"""Arguments after those of CHANGED: the number of changes, the time of all deletions, the ids of ideas whose earlier
versions go and the size of these in bytes, and the arrays of GROUPS.

If rows are not as they were read, a division by zero aborts the statement.
"""
