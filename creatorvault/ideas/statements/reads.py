"""Statements that read ideas. Each runs alone or in a transaction."""

from functools import cache
from typing import Final

from creatorvault.core.database.tenant_context import HIDDEN_TENANT
from creatorvault.ideas.models import VAULT_HASH
from creatorvault.tenants.statements.vault import VAULT, VAULT_COLUMNS

COLUMNS: Final = (
    "id, title, notes, tags, stage, priority, due_date, created_at, updated_at, stamp, number, previous, revision"
)
"""The columns of `sealing.IdeaColumns`, in the same order."""

SIZE: Final = "octet_length(title) + octet_length(notes) + octet_length(tags)"
"""The size of the ciphertexts of a row in bytes, which `vaults.sealed_bytes` counts."""

# User and page size are hidden from the planner, so that one generic plan is used for every vault. If it knew them, it
# would find cheaper plans for some and plan each request, which takes longer than reading a page. No row is looked up
# before the context is set, since the user id comes from there.
#
# Partitions are pruned when execution starts, and the others are not even opened. Reads of a whole vault gain little
# from that, and the tenant, which the planner could estimate from it, would cost a custom plan.
OWN: Final = f"ideas.tenant_id = {HIDDEN_TENANT} AND ideas.user_id = context.user_id"
# The planner expects one row with a hash (`n_distinct` of the column). It would as well with tenant and user in the
# primary key, which does not have the order: with another collation, the user is not looked up there.
IN_ORDER: Final = f"""
    ideas.vault_hash = {VAULT_HASH.format(user_id="context.user_id", tenant_id=HIDDEN_TENANT)}
    AND ideas.tenant_id = {HIDDEN_TENANT} AND ideas.user_id COLLATE "C" = context.user_id
"""
WHOLE: Final = "ideas.tenant_id = context.tenant_id AND ideas.user_id = context.user_id"
# No context is set at planning time, so the planner expects one row at offset 0 and uses the index that has the order,
# regardless of its statistics. For more rows it would read and sort all of a vault that it estimates as small.
PLACED: Final = """
    LIMIT CASE WHEN current_setting('app.tenant_id', true) <> '' THEN {limit} ELSE 1 END
    OFFSET CASE WHEN current_setting('app.tenant_id', true) <> '' THEN $4::bigint ELSE 0 END
"""
LIMIT: Final = "$3::bigint"
# One more row at the end of a list, which shows whether there are ideas that the vault does not count.
LIMIT_AT_THE_END: Final = "$3::bigint + CASE WHEN $4::bigint >= vaults.idea_count - $3::bigint THEN 1 ELSE 0 END"
ONE: Final = f"""
    {VAULT.format(more="", columns=", idea.*")}
    LEFT JOIN LATERAL (SELECT {COLUMNS} FROM ideas WHERE {OWN} AND ideas.id = $3 LIMIT 1) AS idea ON true
"""  # noqa: S608 - put together from constants
# A vault that keeps no versions has some only until they are purged, after its retention became 0.
ONE_TO_CHANGE: Final = f"""
    {VAULT.format(more="", columns=", versions.*, idea.*")}
    LEFT JOIN LATERAL (
        SELECT coalesce(vaults.retention_days, tenants.retention_days, $4::smallint) > 0 AS kept
    ) AS retention ON true
    LEFT JOIN LATERAL (
        SELECT retention.kept, CASE WHEN retention.kept THEN 0 ELSE (
            SELECT coalesce(sum({SIZE}), 0)::bigint
            FROM idea_versions AS ideas WHERE {OWN} AND ideas.id = $3
        ) END
    ) AS versions ON true
    LEFT JOIN LATERAL (SELECT {COLUMNS} FROM ideas WHERE {OWN} AND ideas.id = $3 LIMIT 1) AS idea ON true
"""  # noqa: S608 - put together from constants
"""Arguments after the tenant and the user: id, and the default of the retention in days.

Columns after those of VAULT: whether a change keeps what it replaces; if not, the size of the earlier versions in
bytes; the idea.
"""
INDEXED: Final = frozenset({"created_at", "updated_at"})
ORDERED: Final = INDEXED | {"stage", "priority"}
# The selectivity of a filter is hidden, too. An array in a column of a subselect would be unpacked for each idea.
FILTERS: Final = """
    ideas.stage = ANY (ARRAY(SELECT unnest($5::smallint[])))
    AND ideas.priority = ANY (ARRAY(SELECT unnest($6::smallint[])))
"""
# Counted in a CTE, and so once: as columns of the page they would be counted for each row. All rows of the vault are
# counted in addition to the matches, since the matches alone would not show that rows are missing.
COUNTED: Final = f"""
    , counted AS MATERIALIZED (
        SELECT ideas.matches, ideas.stored
        FROM context
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE {FILTERS}) AS matches, count(*) AS stored FROM ideas WHERE {WHOLE}
        ) AS ideas
    )
"""  # noqa: S608 - put together from constants
STORED: Final = VAULT_COLUMNS
TOTAL: Final = VAULT_COLUMNS + 1
IDEA: Final = VAULT_COLUMNS + 2
"""Column positions in the rows of a page: number of stored ideas, number of matches, and first column of an idea."""

STORED_ALONE: Final = VAULT.format(more="", columns=f", (SELECT count(*) FROM ideas WHERE {WHOLE})")  # noqa: S608 - constants


@cache
def page(sort: str, order: str, *, filtered: bool, beyond: bool) -> str:
    """Arguments: limit, offset, with a filter the ranks of stages and of priorities, and beyond a place its two values.

    The outer query sorts again, since a join does not guarantee to preserve order. Raises ValueError for an order that
    SQL does not support.
    """
    if sort not in ORDERED or order not in {"asc", "desc"}:
        raise ValueError("no order that SQL knows")
    scope = f"{IN_ORDER if sort in INDEXED else WHOLE}{f' AND {FILTERS}' if filtered else ''}"
    order_by = f"ORDER BY ideas.{sort} {order}, ideas.id {order}"
    counts = (
        "(SELECT stored FROM counted), (SELECT matches FROM counted)"
        if filtered
        else "vaults.idea_count, vaults.idea_count"
    )
    placed = PLACED.format(limit=LIMIT if filtered or beyond else LIMIT_AT_THE_END)
    place = f" AND (ideas.{sort}, ideas.id) {'<' if order == 'desc' else '>'} ({'$7, $8' if filtered else '$5, $6'})"
    return f"""
        {VAULT.format(more=COUNTED if filtered else "", columns=f", {counts}, ideas.*")}
        LEFT JOIN LATERAL (
            SELECT {COLUMNS} FROM ideas WHERE {scope}{place if beyond else ""} {order_by} {placed}
        ) AS ideas ON true
        {order_by}
    """  # noqa: S608 - put together from constants and from what was checked above
