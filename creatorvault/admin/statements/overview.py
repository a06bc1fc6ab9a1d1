"""Statements over all tenants."""

from typing import Final

# Planned for the given values, since a status that few tenants have needs another plan than a common one. Compilation
# takes longer than these statements. The memory holds the ids of a million tenants. Indexes are expected in memory.
PLANNING: Final = """
    SELECT set_config('plan_cache_mode', 'force_custom_plan', true), set_config('jit', 'off', true),
        set_config('work_mem', '64MB', true), set_config('random_page_cost', '1.1', true)
"""

ROOT_KEYS: Final = """
    SELECT root_key_id, sum(vault_keys)::bigint, sum(audit_keys)::bigint, sum(receipt_keys)::bigint, min(oldest),
        max(newest)
    FROM (
        SELECT root_key_id, count(*) AS vault_keys, 0 AS audit_keys, 0 AS receipt_keys,
            min(created_at) AS oldest, max(created_at) AS newest
        FROM keys.vault_keys GROUP BY root_key_id
        UNION ALL
        SELECT root_key_id, 0, count(*), 0, min(created_at), max(created_at) FROM keys.audit_keys GROUP BY root_key_id
        UNION ALL
        SELECT root_key_id, 0, 0, count(*), min(created_at), max(created_at) FROM keys.receipt_keys GROUP BY root_key_id
    ) AS wrapped
    GROUP BY root_key_id ORDER BY root_key_id
"""
"""The columns are the fields of RootKeyResponse."""
