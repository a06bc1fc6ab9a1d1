"""The reads of ideas: the text of each stands here once, and runs alone or in a transaction."""

from functools import cache
from typing import Final

from creatorvault.tenants.statements.vault import VAULT, VAULT_COLUMNS

COLUMNS: Final = "id, title, notes, tags, stage, priority, due_date, created_at, updated_at, stamp, revision"
"""Those of `sealing.IdeaColumns`, in its order."""

# The planner is not shown whose ideas are read, nor how many, so that one plan does for every vault. Shown them, it
# finds cheaper plans for some and plans anew for each request, which takes longer than reading a page. Nothing is
# looked for before the context is set, since the user comes from there.
#
# As concat() is merely stable, the partition is chosen when the statement starts, and the others are not even opened.
# What reads a whole vault gains little by that, and the tenant, which the planner can tell from it, would cost a plan.
OWN: Final = "ideas.tenant_id = concat($1::text)::uuid AND ideas.user_id = context.user_id"
WHOLE: Final = "ideas.tenant_id = context.tenant_id AND ideas.user_id = context.user_id"
# No context is set while a plan is made, so the planner reckons with one row, the first, and takes the index that has
# the order, whatever its statistics say. For more rows it reads and sorts all of what it takes for a small vault.
PLACED: Final = """
    LIMIT CASE WHEN current_setting('app.tenant_id', true) <> '' THEN {limit} ELSE 1 END
    OFFSET CASE WHEN current_setting('app.tenant_id', true) <> '' THEN $4::bigint ELSE 0 END
"""
LIMIT: Final = "$3::bigint"
# At the end of a list one more, which shows whether there are ideas that the vault does not count.
LIMIT_AT_THE_END: Final = "$3::bigint + CASE WHEN $4::bigint >= vaults.idea_count - $3::bigint THEN 1 ELSE 0 END"
ONE: Final = f"""
    {VAULT.format(more="", columns=", idea.*")}
    LEFT JOIN LATERAL (SELECT {COLUMNS} FROM ideas WHERE {OWN} AND ideas.id = $3 LIMIT 1) AS idea ON true
"""  # noqa: S608 - put together from constants
INDEXED: Final = frozenset({"created_at", "updated_at"})
ORDERED: Final = INDEXED | {"stage", "priority"}
# Nor is it shown how much a filter lets pass. As the column of a subselect an array would be unpacked for each idea.
FILTERS: Final = """
    ideas.stage = ANY (ARRAY(SELECT unnest($5::smallint[])))
    AND ideas.priority = ANY (ARRAY(SELECT unnest($6::smallint[])))
"""
# Counted apart, and so once: among the columns of the page it would be counted for each of its rows. All of the vault's
# rows are counted beside those that match: were some of them gone, the matches alone would not tell.
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
"""Where in the rows of a page the columns begin: how many ideas are stored, how many match, and those of an idea."""

STORED_ALONE: Final = VAULT.format(more="", columns=f", (SELECT count(*) FROM ideas WHERE {WHOLE})")  # noqa: S608 - constants


@cache
def page(sort: str, order: str, *, filtered: bool, beyond: bool) -> str:
    """Its arguments: limit, offset, with a filter the ranks of stages and of priorities, and beyond a place its two.

    Sorted once more outside, since a join does not promise to keep the order of what it joins. Raises ValueError for
    an order that SQL does not know.
    """
    if sort not in ORDERED or order not in {"asc", "desc"}:
        raise ValueError("no order that SQL knows")
    scope = f"{OWN if sort in INDEXED else WHOLE}{f' AND {FILTERS}' if filtered else ''}"
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
