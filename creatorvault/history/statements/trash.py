"""Statements of the trash. Each runs alone or in a transaction."""

from typing import Final

from creatorvault.core.database.tenant_context import HIDDEN_TENANT
from creatorvault.ideas.statements.changes import ALL_OR_NOTHING, GIVEN, UNBURIED
from creatorvault.ideas.statements.reads import COLUMNS, OWN, SIZE
from creatorvault.tenants.statements.changes import CHANGED, FIRST_ARGUMENT
from creatorvault.tenants.statements.vault import VAULT, VAULT_COLUMNS

RETENTION: Final = """
    LEFT JOIN LATERAL (
        SELECT coalesce(vaults.retention_days, tenants.retention_days, {default}::smallint) AS days
    ) AS retention ON true
"""
# Days of 24 hours: those of the calendar depend on the session's time zone.
SHOWN: Final = "retention.days > 0 AND ideas.deleted_at > {now}::timestamptz - retention.days * interval '24 hours'"
BEYOND: Final = "($7::timestamptz IS NULL OR (ideas.deleted_at, ideas.id) < ($7, $8::uuid))"

COUNTS: Final = "counted.stored, counted.shown, counted.beyond"
PAGE: Final = f"""
    {VAULT.format(more="", columns=f", vaults.trash_count, retention.days, {COUNTS}, trash.*")}
    {RETENTION.format(default="$5")}
    LEFT JOIN LATERAL (
        SELECT count(*) AS stored, count(*) FILTER (WHERE {SHOWN.format(now="$6")}) AS shown,
            count(*) FILTER (WHERE {SHOWN.format(now="$6")} AND {BEYOND}) AS beyond
        FROM trashed_ideas AS ideas WHERE {OWN}
    ) AS counted ON true
    LEFT JOIN LATERAL (
        SELECT {COLUMNS}, deleted_at, deletion FROM trashed_ideas AS ideas
        WHERE {OWN} AND {SHOWN.format(now="$6")} AND {BEYOND}
        ORDER BY ideas.deleted_at DESC, ideas.id DESC LIMIT $3::bigint OFFSET $4::bigint
    ) AS trash ON true
    ORDER BY trash.deleted_at DESC, trash.id DESC
"""  # noqa: S608 - put together from constants
"""Arguments: limit, offset, the default of the retention in days, the time, and when and which idea was deleted, after
which the page begins, or null.

Columns after those of VAULT: what the vault counts, the retention in days, rows that are stored, rows that are shown,
how many of them are after that idea, and from TRASHED on a row with its `deleted_at` and `deletion`.
"""
COUNTED: Final = VAULT_COLUMNS
TRASHED: Final = VAULT_COLUMNS + 5

ONE: Final = f"""
    {VAULT.format(more="", columns=", trash.*, idea.*")}
    {RETENTION.format(default="$4")}
    LEFT JOIN LATERAL (
        SELECT {COLUMNS}, deleted_at, deletion FROM trashed_ideas AS ideas
        WHERE {OWN} AND ideas.id = $3 AND {SHOWN.format(now="$5")} LIMIT 1
    ) AS trash ON true
    LEFT JOIN LATERAL (SELECT {COLUMNS} FROM ideas WHERE {OWN} AND ideas.id = $3 LIMIT 1) AS idea ON true
"""  # noqa: S608 - put together from constants
"""Arguments: id, the default of the retention in days, and the time.

Columns after those of VAULT: the row in the trash with its `deleted_at` and `deletion`, then that of the living idea.
"""

DELETED_AT_TIME: Final = f"""
    {VAULT.format(more="", columns=", trash.id, trash.stamp")}
    LEFT JOIN LATERAL (
        SELECT id, stamp FROM trashed_ideas AS ideas WHERE {OWN} AND ideas.deleted_at = $3
    ) AS trash ON true
    ORDER BY trash.id
"""  # noqa: S608 - put together from constants
"""Argument: the time of a deletion. Columns after those of VAULT: id and stamp of what was deleted then, and is still
in the trash.
"""

SIZES: Final = f"""
    SELECT ideas.id, ideas.deleted_at, {SIZE} + (
        SELECT coalesce(sum({SIZE}), 0) FROM idea_versions
        WHERE idea_versions.tenant_id = {HIDDEN_TENANT} AND idea_versions.user_id = context.user_id
            AND idea_versions.id = ideas.id
    ) AS size
    FROM trashed_ideas AS ideas WHERE {OWN}
"""  # noqa: S608 - put together from constants
TO_EXPUNGE: Final = f"""
    {VAULT.format(more="", columns=", trash.*")}
    LEFT JOIN LATERAL ({SIZES} AND ideas.id = $3 LIMIT 1) AS trash ON true
"""
OLDEST: Final = f"""
    {VAULT.format(more="", columns=", trash.*")}
    LEFT JOIN LATERAL ({SIZES} ORDER BY ideas.deleted_at, ideas.id LIMIT $3::bigint) AS trash ON true
"""
"""Columns of both after those of VAULT: id, `deleted_at`, and the size with that of all versions, in bytes."""

RESTORED: Final = (*GIVEN, "created_at", "updated_at")
"""The columns given as arguments. The idea keeps its times; the database assigns the revision."""

ARGUMENTS: Final = [f"${FIRST_ARGUMENT + place}" for place in range(len(RESTORED))]
OLD_STAMP: Final = f"${FIRST_ARGUMENT + len(RESTORED)}"
DELETED_AT: Final = f"${FIRST_ARGUMENT + len(RESTORED) + 1}"

RESTORE: Final = f"""
    {CHANGED}, untrashed AS (
        DELETE FROM trashed_ideas
        WHERE EXISTS (SELECT FROM changed)
            AND trashed_ideas.tenant_id = {HIDDEN_TENANT} AND trashed_ideas.user_id = $2
            AND trashed_ideas.id = ${FIRST_ARGUMENT} AND trashed_ideas.stamp = {OLD_STAMP}
            AND trashed_ideas.deleted_at = {DELETED_AT}
        RETURNING trashed_ideas.id, trashed_ideas.first_revision
    ), {UNBURIED.format(ids=f"= ${FIRST_ARGUMENT}")}, touched AS (
        INSERT INTO ideas (tenant_id, user_id, revision, first_revision, {", ".join(RESTORED)})
        SELECT changed.tenant_id, $2, changed.revision,
            least(coalesce(untrashed.first_revision, 0), (SELECT first_revision FROM unburied)), {", ".join(ARGUMENTS)}
        FROM changed, untrashed
        ON CONFLICT DO NOTHING RETURNING ideas.id
    )
    {ALL_OR_NOTHING}
"""  # noqa: S608 - put together from constants
"""Arguments after those of CHANGED: RESTORED, and the stamp and the time of the deletion of the row in the trash."""

EXPUNGED_IDS: Final = f"${FIRST_ARGUMENT}::uuid[]"
EXPUNGE: Final = f"""
    {CHANGED}, expunged AS (
        DELETE FROM trashed_ideas
        USING unnest({EXPUNGED_IDS}, ${FIRST_ARGUMENT + 1}::timestamptz[]) AS given (id, deleted_at)
        WHERE EXISTS (SELECT FROM changed)
            AND trashed_ideas.tenant_id = {HIDDEN_TENANT} AND trashed_ideas.user_id = $2
            AND trashed_ideas.id = given.id AND trashed_ideas.deleted_at = given.deleted_at
        RETURNING {SIZE} AS size
    ), forgotten AS (
        DELETE FROM idea_versions
        WHERE EXISTS (SELECT FROM changed)
            AND idea_versions.tenant_id = {HIDDEN_TENANT} AND idea_versions.user_id = $2
            AND idea_versions.id = ANY ({EXPUNGED_IDS})
        RETURNING {SIZE} AS size
    )
    SELECT max(revision / (
        (SELECT count(*) FROM expunged) = cardinality({EXPUNGED_IDS})
        AND ${FIRST_ARGUMENT + 2}::bigint = (
            SELECT coalesce(sum(size), 0) FROM (SELECT size FROM expunged UNION ALL SELECT size FROM forgotten) AS gone
        )
    )::integer) FROM changed
"""  # noqa: S608 - put together from constants
"""Arguments: ids, the times of their deletions, and the size of all that goes, in bytes. Takes all versions with it.

If the trash or the versions have changed meanwhile, a division by zero aborts the statement.
"""
