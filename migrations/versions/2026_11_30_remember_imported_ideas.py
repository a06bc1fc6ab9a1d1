"""Remember which ideas an import has stored, and in which version."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_39"
down_revision = "20261130_35"
branch_labels = None
depends_on = None

CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"


def upgrade() -> None:
    op.create_table(
        "imported_ideas",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.Uuid(), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "id", name="imported_ideas_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["vaults.tenant_id", "vaults.user_id"],
            name="imported_ideas_tenant_id_user_id_fkey",
            ondelete="RESTRICT",
        ),
    )
    op.execute("ALTER TABLE imported_ideas ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE imported_ideas FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_tenant ON imported_ideas TO creatorvault_runtime USING (tenant_id = {CURRENT_TENANT})"
    )
    op.execute("GRANT SELECT, INSERT, UPDATE (source, stamp), DELETE ON imported_ideas TO creatorvault_runtime")
    op.execute("GRANT SELECT (tenant_id, user_id, source), DELETE ON imported_ideas TO creatorvault_operator")
    op.execute("CREATE POLICY operators_read ON imported_ideas FOR SELECT TO creatorvault_operator USING (true)")
    op.execute("CREATE POLICY operators_destroy ON imported_ideas FOR DELETE TO creatorvault_operator USING (true)")
    op.execute("""
        CREATE TRIGGER only_erased AFTER DELETE ON imported_ideas REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_destruction()
    """)


def downgrade() -> None:
    op.drop_table("imported_ideas")
