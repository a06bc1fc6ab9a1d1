"""Erase single vaults: their status, erasures with their receipts, the keys that sign receipts, and what caches forget.

The runtime login destroys keys and marks the vault, and the personal tenant that ends with it, in one transaction. A
vault that is destroyed stays so, and the login can set no other status of a tenant.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261130_15"
down_revision = "20261130_11"
branch_labels = None
depends_on = None

CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"
RUNTIME = "creatorvault_runtime"
OPERATOR = "creatorvault_operator"
EMPTY = "digest = 0 AND revision = 0 AND idea_count = 0 AND sealed_bytes = 0 AND key_version = 0 AND NOT segmented"


def upgrade() -> None:
    _mark_vaults()
    _create_erasures()
    _create_receipt_keys()
    op.execute(f"GRANT DELETE, UPDATE (root_key_id, wrapped) ON keys.vault_keys TO {RUNTIME}")
    # A personal tenant ends with its only vault.
    op.execute(f"GRANT UPDATE (status) ON tenants TO {RUNTIME}")
    op.execute(
        f"CREATE POLICY ends_erased ON tenants AS RESTRICTIVE FOR UPDATE TO {RUNTIME} "
        "USING (kind = 'personal') WITH CHECK (status = 'erased')"
    )


def _mark_vaults() -> None:
    op.add_column("vaults", sa.Column("status", sa.Text(), nullable=True))
    op.execute("ALTER TABLE vaults ADD CONSTRAINT vaults_status CHECK (status IN ('closed', 'destroyed'))")
    op.execute(f"GRANT UPDATE (status) ON vaults TO {RUNTIME}")
    op.execute(f"GRANT SELECT (status) ON vaults TO {OPERATOR}")
    op.execute(f"ALTER POLICY begins_empty ON vaults WITH CHECK ({EMPTY} AND status IS NULL)")
    op.execute("""
        CREATE FUNCTION refuse_revival() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN RAISE EXCEPTION 'a vault that is destroyed stays so' USING ERRCODE = 'insufficient_privilege'; END $$
    """)
    # Only for statements that set the status: a change of ideas does not.
    op.execute("""
        CREATE TRIGGER stays_destroyed BEFORE UPDATE OF status ON vaults FOR EACH ROW
        WHEN (OLD.status = 'destroyed' AND NEW.status IS DISTINCT FROM 'destroyed') EXECUTE FUNCTION refuse_revival()
    """)


def _create_erasures() -> None:
    op.create_table(
        "vault_erasures",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("by_operator", sa.Boolean(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("confirmation", sa.LargeBinary(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("destroyed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("keys", postgresql.JSONB(), nullable=False),
        sa.Column("rows", postgresql.JSONB(), nullable=False),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name="vault_erasures_pkey"),
        sa.CheckConstraint("state IN ('requested', 'erasing', 'erased')", name="vault_erasures_state"),
    )
    op.execute("ALTER TABLE vault_erasures ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE vault_erasures FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON vault_erasures TO {RUNTIME} USING (tenant_id = {CURRENT_TENANT})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON vault_erasures TO {RUNTIME}")
    # Of no tenant: every process asks it which of the vaults that it holds are gone, by their hash, and in which
    # tenants an erasure has to be finished.
    op.create_table(
        "erased_vaults",
        sa.Column("vault", sa.LargeBinary(), nullable=False),
        sa.Column("tenant", sa.Uuid(), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("unfinished", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("vault", name="erased_vaults_pkey"),
    )
    op.create_index("erased_vaults_by_time", "erased_vaults", ["erased_at"])
    op.create_index("erased_vaults_unfinished", "erased_vaults", ["erased_at"], postgresql_where=sa.text("unfinished"))
    op.execute(f"GRANT SELECT, INSERT, UPDATE (unfinished), DELETE ON erased_vaults TO {RUNTIME}")
    # Who erases a tenant lets every process forget its vaults.
    op.execute(f"GRANT INSERT ON erased_vaults TO {OPERATOR}")


def _create_receipt_keys() -> None:
    op.create_table(
        "receipt_keys",
        sa.Column("kid", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("root_key_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("kid", name="receipt_keys_pkey"),
        schema="keys",
    )
    # `creatorvault database upgrade` makes the first key, as the owner.
    op.execute(f"GRANT SELECT ON keys.receipt_keys TO {RUNTIME}")
    op.execute(f"GRANT SELECT (kid, root_key_id, created_at, retired_at) ON keys.receipt_keys TO {OPERATOR}")


def downgrade() -> None:
    op.execute("DROP POLICY ends_erased ON tenants")
    op.execute(f"REVOKE UPDATE (status) ON tenants FROM {RUNTIME}")
    op.execute(f"REVOKE DELETE, UPDATE (root_key_id, wrapped) ON keys.vault_keys FROM {RUNTIME}")
    op.drop_table("receipt_keys", schema="keys")
    op.drop_table("erased_vaults")
    op.drop_table("vault_erasures")
    op.execute("DROP TRIGGER stays_destroyed ON vaults")
    op.execute("DROP FUNCTION refuse_revival()")
    op.execute(f"ALTER POLICY begins_empty ON vaults WITH CHECK ({EMPTY})")
    op.drop_column("vaults", "status")
