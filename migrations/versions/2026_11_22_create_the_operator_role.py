"""Create the operator role: the metadata of every tenant, and not one column that holds ciphertext or a key."""

from alembic import op

revision = "20261122_06"
down_revision = "20261122_05"
branch_labels = None
depends_on = None

# An erasure destroys what belongs to a tenant that is being erased, and nothing of any other.
BEING_ERASED = "EXISTS (SELECT FROM tenants t WHERE t.tenant_id = {table}.tenant_id AND t.status = 'erasing')"
READABLE = {
    "tenants": "tenant_id, kind, realm, external_id, status, idea_quota, byte_quota, vault_idea_quota, "
    "vault_byte_quota, created_at",
    "vaults": "tenant_id, user_id, revision, idea_count, sealed_bytes, key_version, created_at, changed_at",
    "ideas": "tenant_id, user_id",
    "idempotency_answers": "tenant_id, user_id, expires_at",
    "keys.vault_keys": "tenant_id, user_id, version, root_key_id, first_revision, created_at",
}
DESTRUCTIBLE = ("ideas", "idempotency_answers", "keys.vault_keys")


def upgrade() -> None:
    # Roles belong to the whole cluster, where another database of ours may have made it already.
    op.execute("""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'creatorvault_operator') THEN
                CREATE ROLE creatorvault_operator NOLOGIN;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
    """)
    op.execute("GRANT USAGE ON SCHEMA public, keys TO creatorvault_operator")
    op.execute("GRANT SELECT ON alembic_version TO creatorvault_operator")
    for table, columns in READABLE.items():
        op.execute(f"GRANT SELECT ({columns}) ON {table} TO creatorvault_operator")
        op.execute(f"CREATE POLICY operators_read ON {table} FOR SELECT TO creatorvault_operator USING (true)")
    op.execute(f"GRANT INSERT ({READABLE['tenants']}) ON tenants TO creatorvault_operator")
    op.execute("CREATE POLICY operators_create ON tenants FOR INSERT TO creatorvault_operator WITH CHECK (true)")
    quotas = "idea_quota, byte_quota, vault_idea_quota, vault_byte_quota"
    op.execute(f"GRANT UPDATE (status, {quotas}) ON tenants TO creatorvault_operator")
    # What is erased stays erased.
    op.execute(
        "CREATE POLICY operators_change ON tenants FOR UPDATE TO creatorvault_operator "
        "USING (status <> 'erased') WITH CHECK (true)"
    )
    op.execute("GRANT UPDATE (idea_count, sealed_bytes, changed_at) ON vaults TO creatorvault_operator")
    op.execute(
        "CREATE POLICY operators_empty ON vaults FOR UPDATE TO creatorvault_operator "
        f"USING ({BEING_ERASED.format(table='vaults')})"
    )
    for table in DESTRUCTIBLE:
        condition = BEING_ERASED.format(table=table.rpartition(".")[2])
        op.execute(f"GRANT DELETE ON {table} TO creatorvault_operator")
        op.execute(
            f"CREATE POLICY operators_destroy ON {table} FOR DELETE TO creatorvault_operator USING ({condition})"
        )


def downgrade() -> None:
    # The role itself stays: other databases of the cluster may use it.
    for table in DESTRUCTIBLE:
        op.execute(f"DROP POLICY operators_destroy ON {table}")
    op.execute("DROP POLICY operators_empty ON vaults")
    op.execute("DROP POLICY operators_change ON tenants")
    op.execute("DROP POLICY operators_create ON tenants")
    for table in READABLE:
        op.execute(f"DROP POLICY operators_read ON {table}")
        # Rights on a table take the rights on its columns along.
        op.execute(f"REVOKE ALL ON {table} FROM creatorvault_operator")
    op.execute("REVOKE ALL ON alembic_version FROM creatorvault_operator")
    op.execute("REVOKE USAGE ON SCHEMA public, keys FROM creatorvault_operator")
