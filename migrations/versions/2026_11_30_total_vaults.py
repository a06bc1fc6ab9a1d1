"""Total vaults: what each has contributed to its tenant's totals, so that a list reads only vaults that have changed.

Totals that were added up without contributions are deleted, and added up again by the service.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_05"
down_revision = "20261130_04"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "totalled_vaults",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("ideas", sa.BigInteger(), nullable=False),
        sa.Column("sealed_bytes", sa.BigInteger(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("last_activity", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name="totalled_vaults_pkey"),
    )
    op.execute("ALTER TABLE totalled_vaults ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE totalled_vaults FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY operators_act ON totalled_vaults TO creatorvault_operator USING (true)")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON totalled_vaults TO creatorvault_operator")
    op.execute("ALTER TABLE tenant_totals NO FORCE ROW LEVEL SECURITY")
    op.execute("DELETE FROM tenant_totals WHERE vaults > 0")
    op.execute("ALTER TABLE tenant_totals FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE totals_position SET hour = '2000-01-01 00:00:00+00', tenant = '00000000-0000-0000-0000-000000000000'"
    )


def downgrade() -> None:
    op.drop_table("totalled_vaults")
