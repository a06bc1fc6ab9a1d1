"""The statement of a page of changes. It runs alone or in a transaction."""

from typing import Final

from creatorvault.core.database.tenant_context import HIDDEN_TENANT
from creatorvault.ideas.statements.reads import COLUMNS, IN_ORDER, OWN
from creatorvault.tenants.statements.vault import VAULT, VAULT_COLUMNS

TOMBSTONES: Final = f"dead.tenant_id = {HIDDEN_TENANT} AND dead.user_id = context.user_id"
OF_TOMBSTONE: Final = "-1 - dead.first_revision"

# Values that the planner does not know, so that one generic plan is used for every page (`ideas.statements.reads`).
ASKED: Final = """
    , asked AS MATERIALIZED (
        SELECT $3::bigint AS revision, $5::bigint AS tombstones_after, $6::bigint AS floor, $7::bigint AS seen
    ), witnesses AS MATERIALIZED (
        SELECT * FROM unnest($8::bigint[], $9::uuid[], $10::bigint[]) AS given (revision, id, stamp)
    )
"""
# No context is set at planning time, so the planner expects one row, as in `ideas.statements.reads.PLACED`.
AT_MOST: Final = "LIMIT CASE WHEN current_setting('app.tenant_id', true) <> '' THEN {limit} ELSE 1 END"
# If there are more rows than witnesses, one of these is none.
ON_TRIAL: Final = f"""
    {{row}}.revision > (SELECT floor FROM asked) AND {{row}}.revision <= (SELECT seen FROM asked)
    ORDER BY {{row}}.revision {AT_MOST.format(limit="(SELECT count(*) + 1 FROM witnesses)")}
"""  # noqa: S608 - constants
NO_WITNESS: Final = """
    NOT EXISTS (
        SELECT FROM witnesses
        WHERE witnesses.revision = tried.revision AND witnesses.id = tried.id AND witnesses.stamp = tried.stamp
    )
"""
# The rows that have the revisions of the witnesses, or one between these, are witnesses. Each other witness was changed
# or deleted since, and is therefore on a later page. Only a tombstone is pruned: clients that have not read it begin
# again, and the others need no trace of it.
HOLDS: Final = f"""
    SELECT NOT EXISTS (
        SELECT FROM (
            SELECT ideas.revision, ideas.id, ideas.stamp FROM ideas
            WHERE {IN_ORDER} AND {ON_TRIAL.format(row="ideas")}
        ) AS tried
        WHERE {NO_WITNESS}
    ) AND NOT EXISTS (
        SELECT FROM (
            SELECT dead.revision, dead.id, {OF_TOMBSTONE} AS stamp FROM idea_tombstones AS dead
            WHERE {TOMBSTONES} AND {ON_TRIAL.format(row="dead")}
        ) AS tried
        WHERE {NO_WITNESS}
    ) AND NOT EXISTS (
        SELECT FROM witnesses
        WHERE NOT (witnesses.stamp < 0 AND witnesses.revision <= vaults.pruned_revision)
            AND NOT EXISTS (
                SELECT FROM ideas
                WHERE {OWN} AND ideas.id = witnesses.id AND ideas.revision >= witnesses.revision
            )
            AND NOT EXISTS (
                SELECT FROM idea_tombstones AS dead
                WHERE {TOMBSTONES} AND dead.id = witnesses.id AND dead.revision >= witnesses.revision
                    AND dead.first_revision <= (SELECT seen FROM asked)
            )
    ) AS holds
"""  # noqa: S608 - put together from constants

LAST: Final = f"""
    ORDER BY {{row}}.revision DESC {AT_MOST.format(limit="$11::bigint")}
"""
BEYOND: Final = f"""
    {{row}}.revision > (SELECT {{revision}} FROM asked)
    ORDER BY {{row}}.revision {AT_MOST.format(limit="$4::bigint")}
"""  # noqa: S608 - constants
NO_COLUMNS: Final = """
    NULL::bytea AS title, NULL::bytea AS notes, NULL::bytea AS tags, NULL::smallint AS stage,
    NULL::smallint AS priority, NULL::timestamptz AS due_date, NULL::timestamptz AS created_at,
    NULL::timestamptz AS updated_at, {stamp} AS stamp, NULL::integer AS number, NULL::bigint AS previous
"""
CHANGES: Final = f"""
    {VAULT.format(more=ASKED, columns=", vaults.pruned_revision, history.holds, found.*")}
    LEFT JOIN LATERAL ({HOLDS}) AS history ON true
    LEFT JOIN LATERAL (
        (
            SELECT {COLUMNS}, NULL::bigint AS first_revision, NULL::boolean AS lives, false AS is_witness
            FROM ideas WHERE {IN_ORDER} AND {BEYOND.format(row="ideas", revision="revision")}
        )
        UNION ALL
        SELECT deleted.id, {NO_COLUMNS.format(stamp="NULL::bigint")}, deleted.revision, deleted.first_revision,
            EXISTS (SELECT FROM ideas WHERE {OWN} AND ideas.id = deleted.id), false
        FROM (
            SELECT dead.id, dead.revision, dead.first_revision FROM idea_tombstones AS dead
            WHERE {TOMBSTONES} AND {BEYOND.format(row="dead", revision="tombstones_after")}
        ) AS deleted
        UNION ALL
        SELECT latest.id, {NO_COLUMNS.format(stamp="latest.stamp")}, latest.revision, NULL, NULL, true
        FROM (
            (SELECT ideas.id, ideas.revision, ideas.stamp FROM ideas WHERE {IN_ORDER} {LAST.format(row="ideas")})
            UNION ALL
            (
                SELECT dead.id, dead.revision, {OF_TOMBSTONE} FROM idea_tombstones AS dead
                WHERE {TOMBSTONES} {LAST.format(row="dead")}
            )
        ) AS latest
    ) AS found ON true
    ORDER BY found.revision
"""  # noqa: S608 - put together from constants
"""Arguments after the tenant and the user: the revision of the position, the number of rows, the revision after which
tombstones are read, `floor`, `seen` and the columns of the witnesses, as in `tokens.Position`, and how many of the last
ideas and tombstones of the vault are read, each.

Columns after those of VAULT: up to which revision tombstones are pruned, whether the witnesses hold, and from FOUND on
those of IdeaColumns. Of a tombstone only `id` and `revision` are set, and then its first revision and whether an idea
with this id lives. The last column is true for a row that is only one of the last ones: then `id`, `stamp` and
`revision` are set.
"""
PRUNED: Final = VAULT_COLUMNS
HISTORY_HOLDS: Final = VAULT_COLUMNS + 1
FOUND: Final = VAULT_COLUMNS + 2
