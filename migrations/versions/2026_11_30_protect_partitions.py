"""Protect the partitions of ideas as their table: nobody has rights on them, and now they show no rows either.

To the table nothing changes, since its own policies apply. When a Citus cluster moves a shard, its owner compares the
partition with the vaults, which row-level security hides from it: as long as it sees the ideas, it finds none of
their vaults.
"""

from alembic import op
from sqlalchemy import text

revision = "20261130_02"
down_revision = "20261130_01"
branch_labels = None
depends_on = None

PARTITIONS = text("SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'ideas'::regclass")


def upgrade() -> None:
    for partition in op.get_bind().scalars(PARTITIONS).all():
        op.execute(f"ALTER TABLE {partition} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {partition} FORCE ROW LEVEL SECURITY")


def downgrade() -> None:
    for partition in op.get_bind().scalars(PARTITIONS).all():
        op.execute(f"ALTER TABLE {partition} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {partition} DISABLE ROW LEVEL SECURITY")
