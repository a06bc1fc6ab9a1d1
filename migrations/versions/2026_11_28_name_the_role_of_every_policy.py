"""Name the role that each policy is for, and let rows of tenants and vaults begin empty.

A policy for PUBLIC opens a tenant's rows to every login that has rights on the table and sets `app.tenant_id`: the
operators' login passed the lock that lets it delete only what is being erased.
"""

from alembic import op

revision = "20261128_01"
down_revision = "20261125_02"
branch_labels = None
depends_on = None

TABLES = (
    "tenants",
    "vaults",
    "keys.vault_keys",
    "ideas",
    "idempotency_answers",
    "audit_events",
    "audit_heads",
    "idea_segments",
)
QUOTAS = ("idea_quota", "byte_quota", "vault_idea_quota", "vault_byte_quota")
BEGINNINGS = {
    "tenants": ("begins_active", "status = 'active' AND " + " AND ".join(f"{quota} IS NULL" for quota in QUOTAS)),
    "vaults": (
        "begins_empty",
        "revision = 0 AND idea_count = 0 AND sealed_bytes = 0 AND key_version = 0 AND NOT segmented",
    ),
}


def upgrade() -> None:
    for table in TABLES:
        op.execute(f"ALTER POLICY own_tenant ON {table} TO creatorvault_runtime")
    # What the owner does at a terminal, it writes into the chain of the service, which is no tenant's.
    op.execute("""
        DO $$ DECLARE audited regclass; BEGIN
            FOREACH audited IN ARRAY ARRAY['public.audit_events', 'public.audit_heads']::regclass[] LOOP
                EXECUTE format(
                    'CREATE POLICY owner_records ON %s TO %I USING (tenant_id = %L::uuid)',
                    audited,
                    (SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = audited),
                    '00000000-0000-0000-0000-000000000000'
                );
            END LOOP;
        END $$
    """)
    # Status and quotas are for operators to set, and counts begin at nothing.
    for table, (name, condition) in BEGINNINGS.items():
        op.execute(
            f"CREATE POLICY {name} ON {table} AS RESTRICTIVE FOR INSERT TO creatorvault_runtime "
            f"WITH CHECK ({condition})"
        )
    op.execute("ALTER POLICY operators_create ON tenants WITH CHECK (status = 'active')")
    op.execute("ALTER POLICY operators_empty ON vaults WITH CHECK (idea_count = 0 AND sealed_bytes = 0)")


def downgrade() -> None:
    # A WITH CHECK can be replaced, and only a new policy has none.
    being_erased = "EXISTS (SELECT FROM tenants t WHERE t.tenant_id = vaults.tenant_id AND t.status = 'erasing')"
    op.execute("DROP POLICY operators_empty ON vaults")
    op.execute(f"CREATE POLICY operators_empty ON vaults FOR UPDATE TO creatorvault_operator USING ({being_erased})")
    op.execute("ALTER POLICY operators_create ON tenants WITH CHECK (true)")
    for table, (name, _) in BEGINNINGS.items():
        op.execute(f"DROP POLICY {name} ON {table}")
    for table in ("audit_heads", "audit_events"):
        op.execute(f"DROP POLICY owner_records ON {table}")
    for table in TABLES:
        op.execute(f"ALTER POLICY own_tenant ON {table} TO PUBLIC")
