"""What every process asks of `erased_vaults`."""

from typing import Final

RECENT: Final = """
    SELECT vault, tenant, unfinished FROM erased_vaults
    WHERE unfinished OR erased_at > now() - make_interval(secs => $1::double precision)
"""
"""The vaults that were erased in the last $1 seconds, and those whose erasure is not finished."""

EXPIRED: Final = """
    SELECT vault, tenant FROM erased_vaults
    WHERE NOT unfinished AND erased_at < now() - make_interval(days => $1::integer)
    ORDER BY erased_at LIMIT 1000
"""
"""Vaults that were erased more than $1 days ago."""
