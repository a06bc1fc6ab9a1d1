"""Statements for queries about content."""

from typing import Final

from creatorvault.ideas.models import VAULT_HASH
from creatorvault.ideas.statements.reads import COLUMNS, OWN
from creatorvault.tenants.statements.vault import VAULT

# In a transaction whose context is set, by a cursor: for one, the planner prefers a plan that returns its first rows
# soon, which is the index of revisions.
CHANGED_WITHIN: Final = f"""
    SELECT {COLUMNS} FROM ideas
    WHERE ideas.vault_hash = {VAULT_HASH.format(user_id="$2", tenant_id="$1::text::uuid")}
        AND ideas.tenant_id = $1::text::uuid AND ideas.user_id = $2 AND ideas.revision > $3 AND ideas.revision < $4
    ORDER BY ideas.revision
"""  # noqa: S608 - constants
"""Arguments: the tenant's and the user's id, and two revisions, exclusive. Columns as in `sealing.IdeaColumns`."""

CHANGED_IDS: Final = f"""
    SELECT id FROM ideas
    WHERE ideas.vault_hash = {VAULT_HASH.format(user_id="$2", tenant_id="$1::text::uuid")}
        AND ideas.tenant_id = $1::text::uuid AND ideas.user_id = $2 AND ideas.revision > $3 LIMIT $4
"""  # noqa: S608 - constants
"""At most $4 ids of ideas that were changed after a revision, in a transaction whose context is set."""

# The number of ids is hidden from the planner, as in the filters of a list. It would plan each request.
SOME: Final = f"""
    {VAULT.format(more="", columns=", idea.*")}
    LEFT JOIN LATERAL (
        SELECT {COLUMNS} FROM ideas WHERE {OWN} AND ideas.id = ANY (ARRAY(SELECT unnest($3::uuid[])))
    ) AS idea ON true
"""  # noqa: S608 - constants
"""The vault, and the ideas with these ids in any order."""
