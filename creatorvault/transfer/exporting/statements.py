"""Statements that read a vault in the order of an export. Arguments begin with the tenant's and the user's id."""

from typing import Final

from creatorvault.ideas.statements.reads import COLUMNS

IDEAS_FROM: Final = f"""
    SELECT {COLUMNS} FROM ideas
    WHERE ideas.tenant_id = $1::text::uuid AND ideas.user_id = $2 AND ideas.id >= $3::uuid
    ORDER BY ideas.id LIMIT $4::bigint
"""  # noqa: S608 - constants
"""Arguments: the lowest id, and a limit. Columns as in `sealing.IdeaColumns`."""

TRASH_FROM: Final = f"""
    SELECT {COLUMNS}, deleted_at, deletion FROM trashed_ideas
    WHERE trashed_ideas.tenant_id = $1::text::uuid AND trashed_ideas.user_id = $2 AND trashed_ideas.id >= $3::uuid
        AND trashed_ideas.deleted_at > $5::timestamptz
    ORDER BY trashed_ideas.id LIMIT $4::bigint
"""  # noqa: S608 - constants
"""Arguments: as of IDEAS_FROM, and the time after which an idea was deleted."""

# With a version that is too old, those before it are left out as well, even if a clock was wrong when they were
# replaced.
VERSIONS_OF: Final = f"""
    SELECT {COLUMNS}, previous_until, replaced_at FROM idea_versions
    WHERE idea_versions.tenant_id = $1::text::uuid AND idea_versions.user_id = $2
        AND idea_versions.id = ANY ($3::uuid[]) AND (idea_versions.id, idea_versions.number) > ($4::uuid, $5::integer)
        AND NOT EXISTS (
            SELECT FROM idea_versions AS later
            WHERE later.tenant_id = $1::text::uuid AND later.user_id = $2 AND later.id = idea_versions.id
                AND later.number >= idea_versions.number AND later.replaced_at <= $7::timestamptz
        )
    ORDER BY idea_versions.id, idea_versions.number LIMIT $6::bigint
"""  # noqa: S608 - constants
"""Arguments: ids, the id and number after which to begin, a limit, and the time after which a version was replaced."""

KEPT: Final = """
    SELECT vaults.retention_days, vaults.trash_count,
        (
            SELECT count(*) FROM trashed_ideas
            WHERE trashed_ideas.tenant_id = $1::text::uuid AND trashed_ideas.user_id = $2
        ),
        history_prunings.pruned_until, history_prunings.sealed
    FROM vaults LEFT JOIN history_prunings
        ON history_prunings.tenant_id = $1::text::uuid AND history_prunings.user_id = $2
    WHERE vaults.tenant_id = $1::text::uuid AND vaults.user_id = $2
"""
"""The vault's own retention, the trash as it is counted and as it is, and until when its history is gone, or NULL."""
