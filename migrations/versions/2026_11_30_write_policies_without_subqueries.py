"""Write the operators' policies without subqueries, which Citus refuses: triggers check what they checked.

An operator may delete rows of a tenant only while it is being erased, and empty the counters of its vaults. The
policies hid the rows of other tenants; the triggers refuse the statement.
"""

from alembic import op

revision = "20261130_01"
down_revision = "20261129_02"
branch_labels = None
depends_on = None

BEING_ERASED = "EXISTS (SELECT FROM tenants t WHERE t.tenant_id = {table}.tenant_id AND t.status = 'erasing')"
DESTRUCTIBLE = ("ideas", "idea_segments", "idempotency_answers", "keys.vault_keys")
EMPTY = "digest = 0 AND idea_count = 0 AND sealed_bytes = 0"

# True for those whom the policies for operators apply to: not for superusers, who have every role.
IS_OPERATOR = "row_security_active(TG_RELID) AND pg_has_role('creatorvault_operator', 'USAGE')"


def upgrade() -> None:
    op.execute(f"""
        CREATE FUNCTION refuse_destruction() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        DECLARE emptied uuid; BEGIN
            IF {IS_OPERATOR} THEN
                FOR emptied IN SELECT DISTINCT gone.tenant_id FROM gone LOOP
                    IF NOT EXISTS (
                        SELECT FROM public.tenants t WHERE t.tenant_id = emptied AND t.status = 'erasing'
                    ) THEN
                        RAISE EXCEPTION 'operators delete only rows of a tenant that is being erased'
                            USING ERRCODE = 'insufficient_privilege';
                    END IF;
                END LOOP;
            END IF;
            RETURN NULL;
        END $$
    """)  # noqa: S608 - a constant
    op.execute(f"""
        CREATE FUNCTION refuse_emptying() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            IF {IS_OPERATOR} AND NOT EXISTS (
                SELECT FROM public.tenants t WHERE t.tenant_id = NEW.tenant_id AND t.status = 'erasing'
            ) THEN
                RAISE EXCEPTION 'operators empty only vaults of a tenant that is being erased'
                    USING ERRCODE = 'insufficient_privilege';
            END IF;
            RETURN NULL;
        END $$
    """)
    # With the rows that are gone, and not with a setting: that could change while the statement is executed.
    for table in DESTRUCTIBLE:
        op.execute(f"ALTER POLICY operators_destroy ON {table} USING (true)")
        op.execute(f"""
            CREATE TRIGGER only_erased AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone
            FOR EACH STATEMENT EXECUTE FUNCTION refuse_destruction()
        """)
    op.execute("ALTER POLICY operators_empty ON vaults USING (true)")
    # A change of ideas raises the revision, which an operator cannot: the condition costs less than the function.
    op.execute("""
        CREATE TRIGGER only_erased AFTER UPDATE ON vaults FOR EACH ROW
        WHEN (OLD.revision = NEW.revision) EXECUTE FUNCTION refuse_emptying()
    """)


def downgrade() -> None:
    op.execute("DROP TRIGGER only_erased ON vaults")
    op.execute("DROP POLICY operators_empty ON vaults")
    op.execute(
        "CREATE POLICY operators_empty ON vaults FOR UPDATE TO creatorvault_operator "
        f"USING ({BEING_ERASED.format(table='vaults')}) WITH CHECK ({EMPTY})"
    )
    for table in DESTRUCTIBLE:
        op.execute(f"DROP TRIGGER only_erased ON {table}")
        condition = BEING_ERASED.format(table=table.rpartition(".")[2])
        op.execute(f"ALTER POLICY operators_destroy ON {table} USING ({condition})")
    op.execute("DROP FUNCTION refuse_emptying()")
    op.execute("DROP FUNCTION refuse_destruction()")
