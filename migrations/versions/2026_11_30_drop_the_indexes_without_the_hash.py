"""Drop the indexes of ideas that repeat the ids of tenant and user in each entry.

Earlier versions, which serve during the upgrade, then sort the pages of a vault.
"""

from alembic import op
from sqlalchemy import text

revision = "20261130_08"
down_revision = "20261130_07"
branch_labels = None
depends_on = None

COLUMN = "ALTER TABLE %s ALTER COLUMN vault_hash "
PARTITIONS = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'ideas'::regclass")
SHARDS = text("SELECT to_regclass('pg_dist_shard')")
ON_SHARDS = text("SELECT bool_and(success) FROM run_command_on_shards(CAST(:partition AS regclass), :command)")
INDEXES = {
    "ideas_by_creation": ["tenant_id", "user_id", "created_at", "id"],
    "ideas_by_update": ["tenant_id", "user_id", "updated_at", "id"],
    "ideas_by_revision": ["tenant_id", "user_id", "revision"],
}


def upgrade() -> None:
    # As if each idea had a hash of its own. Expecting one row, the planner reads the index that has a page's order.
    # Expecting many, of which few are of that tenant and user, it would read and sort all of the vault.
    alter_partitions(COLUMN + "SET (n_distinct = -1)")
    op.execute("ANALYZE ideas")  # so that the planner knows the new column before its indexes are the only ones
    for name in INDEXES:
        op.drop_index(name)


def downgrade() -> None:
    for name, columns in INDEXES.items():
        op.create_index(name, "ideas", columns)
    alter_partitions(COLUMN + "RESET (n_distinct)")


def alter_partitions(command: str) -> None:
    """On a cluster, their shards: Citus does not pass this command on."""
    bind = op.get_bind()
    partitions = bind.scalars(PARTITIONS).all()
    distributed = bind.scalar(SHARDS) and bind.scalar(text("SELECT EXISTS (SELECT FROM pg_dist_shard)"))
    for partition in partitions:
        if not distributed:
            op.execute(command % partition)
        elif not bind.scalar(ON_SHARDS, {"partition": partition, "command": command}):
            raise RuntimeError(f"a shard of {partition} refused {command}")
