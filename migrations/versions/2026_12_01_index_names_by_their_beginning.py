"""Index the ids of organizations and creators by their beginning, which operators search for.

The indexes find whole ids too, so they take the places of those that do nothing else.
"""

from alembic import op

from creatorvault.core.database.index_builds import build_index

revision = "20261201_d2"
down_revision = "20261201_d1"
branch_labels = None
depends_on = None

INDEXES = {
    "tenants_by_external_id_prefix": ("tenants", "external_id"),
    "vaults_by_user_prefix": ("vaults", "user_id"),
}
REPLACED = {"tenants_by_external_id": ("tenants", "external_id"), "vaults_by_user": ("vaults", "user_id")}


def upgrade() -> None:
    for name, (table, column) in INDEXES.items():
        build_index(name, table, f"{column} text_pattern_ops")
    for name in REPLACED:
        op.drop_index(name)


def downgrade() -> None:
    for name, (table, column) in REPLACED.items():
        build_index(name, table, column)
    for name in INDEXES:
        op.drop_index(name)
