"""Allow owners of an organization to export the vaults of its members, if an operator says so for their tenant."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_43"
down_revision = "20261130_39"
branch_labels = None
depends_on = None

BEGINS_ACTIVE = (
    "status = 'active' AND idea_quota IS NULL AND byte_quota IS NULL"
    " AND vault_idea_quota IS NULL AND vault_byte_quota IS NULL AND retention_days IS NULL"
)


def upgrade() -> None:
    op.add_column("tenants", sa.Column("owner_export", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.execute(
        "GRANT SELECT (owner_export), INSERT (owner_export), UPDATE (owner_export) ON tenants TO creatorvault_operator"
    )
    # Requests create tenants; only operators allow anything.
    op.execute(f"ALTER POLICY begins_active ON tenants WITH CHECK ({BEGINS_ACTIVE} AND NOT owner_export)")


def downgrade() -> None:
    op.execute(f"ALTER POLICY begins_active ON tenants WITH CHECK ({BEGINS_ACTIVE})")
    op.drop_column("tenants", "owner_export")
