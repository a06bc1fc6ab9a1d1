"""Give tenants a root key of their own: it wraps the keys of their vaults in place of the default one."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_11"
down_revision = "20261130_08"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tenants", sa.Column("root_key_id", sa.Text(), nullable=True))
    op.execute(
        "GRANT SELECT (root_key_id), INSERT (root_key_id), UPDATE (root_key_id) ON tenants TO creatorvault_operator"
    )


def downgrade() -> None:
    op.drop_column("tenants", "root_key_id")
