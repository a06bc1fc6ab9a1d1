"""Create the audit log: events that are chained per tenant and can only be added."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "20261122_07"
down_revision = "20261122_06"
branch_labels = None
depends_on = None

CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"
ROLES = "creatorvault_runtime, creatorvault_operator"


def upgrade() -> None:
    op.create_table(
        "audit_events",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("targets", postgresql.JSONB(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("previous", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "sequence", name="audit_events_pkey"),
        sa.CheckConstraint("sequence > 0", name="audit_events_sequence"),
    )
    op.create_index("audit_events_by_time", "audit_events", ["tenant_id", "happened_at"])
    op.create_table(
        "audit_heads",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", name="audit_heads_pkey"),
    )
    op.create_table(
        "audit_keys",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("root_key_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version", name="audit_keys_pkey"),
        schema="keys",
    )
    op.execute("""
        CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege'; END $$
    """)
    op.execute("""
        CREATE FUNCTION refuse_step_back() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            IF NEW.tenant_id = OLD.tenant_id AND NEW.sequence = OLD.sequence + 1 THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'the head of a chain goes one step at a time' USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
    op.execute("""
        CREATE TRIGGER kept BEFORE DELETE OR TRUNCATE ON audit_heads
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """)
    op.execute("""
        CREATE TRIGGER one_step BEFORE UPDATE ON audit_heads FOR EACH ROW EXECUTE FUNCTION refuse_step_back()
    """)
    for table in ("audit_events", "audit_heads"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(f"CREATE POLICY own_tenant ON {table} USING (tenant_id = {CURRENT_TENANT})")
        op.execute(f"CREATE POLICY operators_act ON {table} TO creatorvault_operator USING (true)")
        op.execute(f"GRANT SELECT, INSERT ON {table} TO {ROLES}")
    op.execute(f"GRANT UPDATE (sequence, digest) ON audit_heads TO {ROLES}")
    # It opens no content: it proves events, and turns addresses into pseudonyms. Still it is stored wrapped only.
    op.execute(f"GRANT SELECT, INSERT ON keys.audit_keys TO {ROLES}")


def downgrade() -> None:
    op.drop_table("audit_keys", schema="keys")
    op.drop_table("audit_heads")
    op.drop_table("audit_events")
    op.execute("DROP FUNCTION refuse_step_back()")
    op.execute("DROP FUNCTION refuse_change()")
