"""Statements that read a vault in the order of an export."""

from typing import Final

from creatorvault.ideas.statements.reads import COLUMNS

IDEAS_FROM: Final = f"""
    SELECT {COLUMNS} FROM ideas
    WHERE ideas.tenant_id = $1::text::uuid AND ideas.user_id = $2 AND ideas.id >= $3::uuid
    ORDER BY ideas.id LIMIT $4::bigint
"""  # noqa: S608 - constants
"""Arguments: the tenant's and the user's id, the lowest id, and a limit. Columns as in `sealing.IdeaColumns`."""
