"""Create operators, whom only the owner of the database can appoint, and the erasures that wait."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_08"
down_revision = "20261122_07"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "operators",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="operators_pkey"),
        sa.UniqueConstraint("key_id", name="operators_key_id_key"),
        sa.CheckConstraint("scopes <@ ARRAY['read', 'manage', 'keys']", name="operators_scopes"),
    )
    # Who breaks into the service can use no more than the keys that exist: it cannot appoint operators.
    op.execute("GRANT SELECT ON operators TO creatorvault_operator")
    op.create_table(
        "tenant_erasures",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("confirmation", sa.LargeBinary(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="tenant_erasures_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name="tenant_erasures_tenant_id_fkey", ondelete="RESTRICT"
        ),
    )
    op.execute("ALTER TABLE tenant_erasures ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE tenant_erasures FORCE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY operators_act ON tenant_erasures TO creatorvault_operator USING (true)")
    op.execute("GRANT SELECT, INSERT, DELETE ON tenant_erasures TO creatorvault_operator")


def downgrade() -> None:
    op.drop_table("tenant_erasures")
    op.drop_table("operators")
