"""Allow owners of an organization to export the vaults of its members, if an operator says so for their tenant."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_43"
down_revision = "20261130_23"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("tenants", sa.Column("owner_export", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "GRANT SELECT (owner_export), INSERT (owner_export), UPDATE (owner_export) ON tenants TO creatorvault_operator"
    )


def downgrade() -> None:
    op.drop_column("tenants", "owner_export")
