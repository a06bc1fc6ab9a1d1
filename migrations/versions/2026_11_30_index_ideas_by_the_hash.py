"""Index ideas by the hash of their vault, in each order."""

from alembic import op

from creatorvault.core.database.index_builds import build_partitioned_index

revision = "20261130_07"
down_revision = "20261130_06"
branch_labels = None
depends_on = None

INDEXES = {
    "ideas_by_hash_and_creation": "vault_hash, created_at, id",
    "ideas_by_hash_and_update": "vault_hash, updated_at, id",
    "ideas_by_hash_and_revision": "vault_hash, revision",
}


def upgrade() -> None:
    for name, columns in INDEXES.items():
        build_partitioned_index(name, "ideas", columns)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name)
