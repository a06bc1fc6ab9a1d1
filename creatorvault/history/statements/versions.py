"""Statements that read versions, in a transaction whose context is set. Arguments begin with tenant, user and id."""

from typing import Final

from creatorvault.ideas.statements.reads import COLUMNS

OF_IDEA: Final = "tenant_id = $1::text::uuid AND user_id = $2 AND id = $3"

LINKS: Final = f"""
    SELECT number, stamp, previous, previous_until, updated_at, replaced_at
    FROM idea_versions WHERE {OF_IDEA} ORDER BY number DESC
"""  # noqa: S608 - constants
"""The columns of `chain.Link`, of all earlier versions of an idea, newest first."""

SOME: Final = f"""
    SELECT {COLUMNS}, previous_until, replaced_at
    FROM idea_versions WHERE {OF_IDEA} AND number = ANY ($4::integer[]) ORDER BY number DESC
"""  # noqa: S608 - constants
"""Earlier versions, by their numbers $4, newest first."""

PRUNED: Final = """
    SELECT pruned_until, sealed FROM history_prunings WHERE tenant_id = $1::text::uuid AND user_id = $2
"""
