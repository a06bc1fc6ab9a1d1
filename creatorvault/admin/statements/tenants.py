"""Lists of tenants in every order, over a million vaults.

`tenant_totals` holds sums over the vaults of each tenant, as of some time before the position ($1, $2), a pair of
`changed_hour` and tenant; `totalled_vaults` holds what each vault contributes to them. A vault that has changed since
is at the position or after it: the difference between the vault and its contribution is added to the totals of its
tenant. So every figure is exact at the snapshot of the statement, and only vaults that have changed are read.
"""

from functools import cache
from typing import Final

FEW: Final = 5_000
"""Up to so many matches of a filter are read and sorted. For more, the index that has the order is read."""

POSITION: Final = "SELECT hour, tenant FROM totals_position"

# Sizes and numbers change by the difference. A key's version only grows. A vault at the position has changed after
# each vault of its tenant before the position.
OWN: Final = """
    SELECT changed.tenant_id,
        coalesce(tenant_totals.vaults, 0) + changed.vaults AS vaults,
        coalesce(tenant_totals.ideas, 0) + changed.ideas AS ideas,
        coalesce(tenant_totals.sealed_bytes, 0) + changed.sealed_bytes AS sealed_bytes,
        greatest(tenant_totals.newest_key_version, changed.newest_key_version) AS newest_key_version,
        changed.last_activity
    FROM (
        SELECT vaults.tenant_id, count(*) - count(totalled_vaults.tenant_id) AS vaults,
            sum(vaults.idea_count - coalesce(totalled_vaults.ideas, 0))::bigint AS ideas,
            sum(vaults.sealed_bytes - coalesce(totalled_vaults.sealed_bytes, 0))::bigint AS sealed_bytes,
            max(vaults.key_version) AS newest_key_version, max(vaults.changed_at) AS last_activity
        FROM vaults
        LEFT JOIN totalled_vaults
            ON totalled_vaults.tenant_id = vaults.tenant_id AND totalled_vaults.user_id = vaults.user_id
        WHERE (vaults.changed_hour, vaults.tenant_id) >= ($1::timestamptz, $2::uuid) AND {which}
        GROUP BY vaults.tenant_id
    ) AS changed
    LEFT JOIN tenant_totals ON tenant_totals.tenant_id = changed.tenant_id
"""
"""The tenants of which a vault has changed, with their exact figures."""

COLUMNS: Final = """
    tenants.tenant_id, tenants.kind, tenants.realm, tenants.external_id, tenants.status, tenants.idea_quota,
    tenants.byte_quota, tenants.vault_idea_quota, tenants.vault_byte_quota, tenants.root_key_id, tenants.retention_days,
    tenants.owner_export, tenants.created_at,
    coalesce(own.vaults, tenant_totals.vaults, 0) AS vaults, coalesce(own.ideas, tenant_totals.ideas, 0) AS ideas,
    coalesce(own.sealed_bytes, tenant_totals.sealed_bytes, 0) AS sealed_bytes,
    coalesce(own.newest_key_version, tenant_totals.newest_key_version, 0) AS newest_key_version,
    coalesce(own.last_activity, CASE WHEN tenant_totals.vaults > 0 THEN tenant_totals.last_activity END)
        AS last_activity,
    tenant_erasures.not_before AS erasable_from
"""
"""The fields of TenantResponse."""

DETAILS: Final = """
    LEFT JOIN own ON own.tenant_id = tenants.tenant_id
    LEFT JOIN tenant_totals ON tenant_totals.tenant_id = tenants.tenant_id
    LEFT JOIN tenant_erasures ON tenant_erasures.tenant_id = tenants.tenant_id
"""

FIGURES: Final = f"""
    WITH own AS MATERIALIZED ({OWN.format(which="vaults.tenant_id = ANY ($3::uuid[])")})
    SELECT {COLUMNS} FROM tenants {DETAILS}
    WHERE tenants.tenant_id = ANY ($3::uuid[])
"""  # noqa: S608 - constants
"""The tenants with the ids $3, in any order."""

LOOKUPS: Final = "SELECT set_config('random_page_cost', '0.5', true)"
"""Before `by_total`: otherwise what some ten thousand vaults have contributed is looked up by reading whole tables."""

FILTERS: Final = {
    "status": "tenants.status = ${}",
    "kind": "tenants.kind = ${}",
    "realm": "tenants.realm = ${}",
    "external_id": "tenants.external_id = ${}",
    "begins": "tenants.external_id ^@ ${}",
    "begins_or_is": "(tenants.external_id ^@ ${0} OR tenants.tenant_id = (${0}::text)::uuid)",
}
TOTALS: Final = frozenset({"ideas", "sealed_bytes", "last_activity"})
ORDERS: Final = ("asc", "desc")


def conditions(filters: tuple[str, ...], first: int) -> str:
    """Returns SQL for equality with the arguments from `first` on. Raises KeyError for an unknown filter."""
    return " AND ".join(["true", *(FILTERS[name].format(first + place) for place, name in enumerate(filters))])


@cache
def count_of(filters: tuple[str, ...]) -> str:
    return f"SELECT count(*) FROM tenants WHERE {conditions(filters, 1)}"  # noqa: S608 - put together from constants


@cache
def by_creation(order: str, filters: tuple[str, ...], *, beyond: bool) -> str:
    """Arguments: limit, offset, values of the filters, and if `beyond` a time of creation and an id, after which the
    page begins. Returns ids with times of creation. Raises ValueError for another order.
    """
    _check(order)
    place = after("tenants", "created_at", order, 3 + len(filters)) if beyond else "true"
    return f"""
        SELECT tenants.tenant_id, tenants.created_at FROM tenants WHERE {conditions(filters, 3)} AND {place}
        ORDER BY tenants.created_at {order}, tenants.tenant_id {order} LIMIT $1::bigint OFFSET $2::bigint
    """  # noqa: S608 - put together from constants


@cache
def by_total(sort: str, order: str, filters: tuple[str, ...], *, few: bool, beyond: bool) -> str:
    """Arguments: the position, limit, offset, values of the filters, and if `beyond` a total and an id, after which the
    page begins. Returns COLUMNS, and the total by which a tenant is listed.

    `few` says that the filters match at most FEW tenants. Raises ValueError for another order.
    """
    _check(order)
    if sort not in TOTALS:
        raise ValueError("no total to sort by")
    first = 5 + len(filters)
    of_totals, of_own = (after(table, sort, order, first) if beyond else "true" for table in ("tenant_totals", "own"))
    matched, which, own, totals, condition = "WITH", "true", "", "tenant_totals", "true"
    if filters and few:
        matched = (
            f"WITH matched AS MATERIALIZED (SELECT tenants.tenant_id FROM tenants WHERE {conditions(filters, 5)}),"  # noqa: S608 - constants
        )
        # IS TRUE keeps this from becoming a join, which would read all vaults of the matches.
        which = "(vaults.tenant_id IN (SELECT matched.tenant_id FROM matched)) IS TRUE"
        # As an array, so that totals are looked up by their key.
        condition = "tenant_totals.tenant_id = ANY (ARRAY(SELECT matched.tenant_id FROM matched))"
    elif filters:
        condition = conditions(filters, 5)
        totals = "tenant_totals JOIN tenants ON tenants.tenant_id = tenant_totals.tenant_id"
        own = f"JOIN tenants ON tenants.tenant_id = changed.tenant_id WHERE {condition}"
    order_by = f"ORDER BY {{0}}.{sort} {order}, {{0}}.tenant_id {order} LIMIT $3::bigint + $4::bigint"
    return f"""
        {matched} own AS MATERIALIZED ({OWN.format(which=which)} {own}), listed AS MATERIALIZED (
            SELECT either.tenant_id, either.{sort} FROM (
                (
                    SELECT tenant_totals.tenant_id, tenant_totals.{sort}
                    FROM {totals}
                    WHERE tenant_totals.tenant_id NOT IN (SELECT own.tenant_id FROM own) AND {condition}
                        AND {of_totals}
                    {order_by.format("tenant_totals")}
                )
                UNION ALL
                (SELECT own.tenant_id, own.{sort} FROM own WHERE {of_own} {order_by.format("own")})
            ) AS either
            ORDER BY either.{sort} {order}, either.tenant_id {order} LIMIT $3::bigint OFFSET $4::bigint
        )
        SELECT {COLUMNS}, listed.{sort} FROM listed JOIN tenants ON tenants.tenant_id = listed.tenant_id {DETAILS}
        ORDER BY listed.{sort} {order}, listed.tenant_id {order}
    """  # noqa: S608 - put together from constants


def after(table: str, column: str, order: str, first: int) -> str:
    """Returns SQL for what follows the place in the arguments from `first` on: a value of the column, and an id."""
    comparison = {"asc": ">", "desc": "<"}[order]
    return f"({table}.{column}, {table}.tenant_id) {comparison} (${first}, ${first + 1})"


def _check(order: str) -> None:
    if order not in ORDERS:
        raise ValueError("no order that SQL knows")
