"""Create wrapped vault keys in a schema of their own, so that they can be backed up apart from the data."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_03"
down_revision = "20261122_02"
branch_labels = None
depends_on = None

CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"


def upgrade() -> None:
    op.execute("CREATE SCHEMA keys")
    op.execute("GRANT USAGE ON SCHEMA keys TO creatorvault_runtime")
    # No foreign key into the data: keys are restored apart from it.
    op.create_table(
        "vault_keys",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("root_key_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("first_revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "version", name="vault_keys_pkey"),
        sa.CheckConstraint("version > 0", name="vault_keys_version"),
        schema="keys",
    )
    op.execute("ALTER TABLE keys.vault_keys ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE keys.vault_keys FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON keys.vault_keys USING (tenant_id = {CURRENT_TENANT})")
    op.execute("GRANT SELECT, INSERT ON keys.vault_keys TO creatorvault_runtime")


def downgrade() -> None:
    op.drop_table("vault_keys", schema="keys")
    op.execute("DROP SCHEMA keys")
