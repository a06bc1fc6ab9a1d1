"""Create tenants and vaults, each row visible to its own tenant only."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_02"
down_revision = "20261122_01"
branch_labels = None
depends_on = None

# An empty setting is what PostgreSQL leaves behind after a transaction that set it; it means "no tenant".
CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"


def upgrade() -> None:
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("realm", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("idea_quota", sa.BigInteger(), nullable=True),
        sa.Column("byte_quota", sa.BigInteger(), nullable=True),
        sa.Column("vault_idea_quota", sa.BigInteger(), nullable=True),
        sa.Column("vault_byte_quota", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="tenants_pkey"),
        sa.CheckConstraint("kind IN ('personal', 'organization')", name="tenants_kind"),
        sa.CheckConstraint("status IN ('active', 'suspended', 'erasing', 'erased')", name="tenants_status"),
    )
    op.create_table(
        "vaults",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("idea_count", sa.BigInteger(), nullable=False),
        sa.Column("sealed_bytes", sa.BigInteger(), nullable=False),
        sa.Column("key_version", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name="vaults_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id"], ["tenants.tenant_id"], name="vaults_tenant_id_fkey", ondelete="RESTRICT"
        ),
        sa.CheckConstraint("char_length(user_id) BETWEEN 1 AND 255", name="vaults_user_id"),
        sa.CheckConstraint(
            "revision >= 0 AND idea_count >= 0 AND sealed_bytes >= 0 AND key_version >= 0", name="vaults_counts"
        ),
    )
    for table in ("tenants", "vaults"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_tenant ON {table} USING (tenant_id = {CURRENT_TENANT})")
    op.execute("GRANT SELECT, INSERT ON tenants TO creatorvault_runtime")
    op.execute("GRANT SELECT, INSERT ON vaults TO creatorvault_runtime")
    counters = "revision, idea_count, sealed_bytes, key_version, changed_at"
    op.execute(f"GRANT UPDATE ({counters}) ON vaults TO creatorvault_runtime")


def downgrade() -> None:
    op.drop_table("vaults")
    op.drop_table("tenants")
