"""Lists of tenants in every order, over a million vaults.

`tenant_totals` holds sums over the vaults of each tenant, as of some time before the position ($1, $2), a pair of
`changed_hour` and tenant. A vault that has changed since is at the position or after it. Its tenant is `recent`: its
sums are computed from its vaults. So every figure is exact at the snapshot of the statement.
"""

from functools import cache
from typing import Final

FEW: Final = 5_000
"""Up to so many matches of a filter are read and sorted. For more, the index that has the order is read."""

POSITION: Final = "SELECT hour, tenant FROM totals_position"

RECENT: Final = """
    WITH recent AS MATERIALIZED (
        SELECT DISTINCT tenant_id FROM vaults WHERE (changed_hour, tenant_id) >= ($1::timestamptz, $2::uuid)
    )
"""
CLEAN: Final = "tenant_totals.tenant_id NOT IN (SELECT tenant_id FROM recent)"

SUMS: Final = """
    count(*) AS vaults, coalesce(sum(vaults.idea_count), 0)::bigint AS ideas,
    coalesce(sum(vaults.sealed_bytes), 0)::bigint AS sealed_bytes,
    coalesce(max(vaults.key_version), 0) AS newest_key_version, max(vaults.changed_at) AS last_activity
"""
COLUMNS: Final = """
    tenants.tenant_id, tenants.kind, tenants.realm, tenants.external_id, tenants.status, tenants.idea_quota,
    tenants.byte_quota, tenants.vault_idea_quota, tenants.vault_byte_quota, tenants.created_at,
    coalesce(tenant_totals.vaults, own.vaults) AS vaults, coalesce(tenant_totals.ideas, own.ideas) AS ideas,
    coalesce(tenant_totals.sealed_bytes, own.sealed_bytes) AS sealed_bytes,
    coalesce(tenant_totals.newest_key_version, own.newest_key_version) AS newest_key_version,
    CASE WHEN tenant_totals.vaults > 0 THEN tenant_totals.last_activity ELSE own.last_activity END AS last_activity,
    tenant_erasures.not_before AS erasable_from
"""
"""The fields of TenantResponse."""

# The condition on `tenant_totals` is inside of the subquery: as a condition of the join it would be evaluated after the
# vaults were read.
FIGURES: Final = f"""
    {RECENT}
    SELECT {COLUMNS}
    FROM tenants
    LEFT JOIN tenant_totals ON tenant_totals.tenant_id = tenants.tenant_id AND {CLEAN}
    LEFT JOIN LATERAL (
        SELECT {SUMS} FROM vaults WHERE vaults.tenant_id = tenants.tenant_id AND tenant_totals.tenant_id IS NULL
    ) AS own ON true
    LEFT JOIN tenant_erasures ON tenant_erasures.tenant_id = tenants.tenant_id
    WHERE tenants.tenant_id = ANY ($3::uuid[])
"""  # noqa: S608 - constants
"""The tenants with the ids $3, in any order."""

FILTERS: Final = {
    "status": "tenants.status = ${}",
    "kind": "tenants.kind = ${}",
    "realm": "tenants.realm = ${}",
    "external_id": "tenants.external_id = ${}",
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
def by_creation(order: str, filters: tuple[str, ...]) -> str:
    """Arguments: limit, offset, values of the filters. Returns ids. Raises ValueError for another order."""
    _check(order)
    return f"""
        SELECT tenants.tenant_id FROM tenants WHERE {conditions(filters, 3)}
        ORDER BY tenants.created_at {order}, tenants.tenant_id {order} LIMIT $1::bigint OFFSET $2::bigint
    """  # noqa: S608 - put together from constants


@cache
def by_total(sort: str, order: str, filters: tuple[str, ...], *, few: bool) -> str:
    """Arguments: the position, limit, offset, values of the filters. Returns COLUMNS.

    `few` says that the filters match at most FEW tenants. Raises ValueError for another order.
    """
    _check(order)
    if sort not in TOTALS:
        raise ValueError("no total to sort by")
    matched, condition, few_totals = "", "true", "true"
    own, totals = "recent JOIN vaults ON vaults.tenant_id = recent.tenant_id", "tenant_totals"
    if filters and few:
        matched = f", matched AS MATERIALIZED (SELECT tenants.tenant_id FROM tenants WHERE {conditions(filters, 5)})"  # noqa: S608 - constants
        own = f"{own} JOIN matched ON matched.tenant_id = vaults.tenant_id"
        # As an array, so that totals are looked up by their key.
        few_totals = "tenant_totals.tenant_id = ANY (ARRAY(SELECT matched.tenant_id FROM matched))"
    elif filters:
        condition = conditions(filters, 5)
        own = f"{own} JOIN tenants ON tenants.tenant_id = vaults.tenant_id"
        totals = "tenant_totals JOIN tenants ON tenants.tenant_id = tenant_totals.tenant_id"
    order_by = f"ORDER BY {{0}}.{sort} {order}, {{0}}.tenant_id {order} LIMIT $3::bigint + $4::bigint"
    return f"""
        {RECENT}{matched}, own AS MATERIALIZED (
            SELECT vaults.tenant_id, {SUMS} FROM {own} WHERE {condition} GROUP BY vaults.tenant_id
        ), listed AS MATERIALIZED (
            SELECT either.tenant_id, either.{sort} FROM (
                (
                    SELECT tenant_totals.tenant_id, tenant_totals.{sort}
                    FROM {totals}
                    WHERE {CLEAN} AND {condition} AND {few_totals} {order_by.format("tenant_totals")}
                )
                UNION ALL
                (SELECT own.tenant_id, own.{sort} FROM own {order_by.format("own")})
            ) AS either
            ORDER BY either.{sort} {order}, either.tenant_id {order} LIMIT $3::bigint OFFSET $4::bigint
        )
        SELECT {COLUMNS}
        FROM listed
        JOIN tenants ON tenants.tenant_id = listed.tenant_id
        LEFT JOIN own ON own.tenant_id = tenants.tenant_id
        LEFT JOIN tenant_totals ON tenant_totals.tenant_id = tenants.tenant_id AND own.tenant_id IS NULL
        LEFT JOIN tenant_erasures ON tenant_erasures.tenant_id = tenants.tenant_id
        ORDER BY listed.{sort} {order}, listed.tenant_id {order}
    """  # noqa: S608 - put together from constants


def _check(order: str) -> None:
    if order not in ORDERS:
        raise ValueError("no order that SQL knows")
