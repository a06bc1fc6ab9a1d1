"""Create checkpoints of vaults: sealed statements of what a vault held at a revision, the newest of each vault."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_19"
down_revision = "20261130_15"
branch_labels = None
depends_on = None

CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"
CHANGING = "revision, ideas, digest, sealed, written_at"


def upgrade() -> None:
    op.create_table(
        "vault_checkpoints",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("ideas", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name="vault_checkpoints_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["vaults.tenant_id", "vaults.user_id"],
            name="vault_checkpoints_tenant_id_user_id_fkey",
            ondelete="RESTRICT",
        ),
    )
    op.execute("ALTER TABLE vault_checkpoints ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE vault_checkpoints FORCE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY own_tenant ON vault_checkpoints TO creatorvault_runtime USING (tenant_id = {CURRENT_TENANT})"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({CHANGING}), DELETE ON vault_checkpoints TO creatorvault_runtime")
    readable = "tenant_id, user_id, revision, ideas, digest, written_at"
    op.execute(f"GRANT SELECT ({readable}), DELETE ON vault_checkpoints TO creatorvault_operator")
    op.execute("CREATE POLICY operators_read ON vault_checkpoints FOR SELECT TO creatorvault_operator USING (true)")
    op.execute("CREATE POLICY operators_destroy ON vault_checkpoints FOR DELETE TO creatorvault_operator USING (true)")
    op.execute("""
        CREATE TRIGGER only_erased AFTER DELETE ON vault_checkpoints REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_destruction()
    """)


def downgrade() -> None:
    op.drop_table("vault_checkpoints")
