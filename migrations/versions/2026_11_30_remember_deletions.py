"""Remember deletions of ideas, and at which revision each idea was created, so that other devices learn of both.

Earlier versions of the service delete ideas without a tombstone: devices would keep what was deleted.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_51"
down_revision = "20261130_44"
branch_labels = None
depends_on = None
oldest_served = "20261130_51"

CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"
RUNTIME = "creatorvault_runtime"
OPERATOR = "creatorvault_operator"


def upgrade() -> None:
    # Nullable or with a constant default, so that no row is written.
    for table in ("ideas", "trashed_ideas"):
        op.add_column(table, sa.Column("first_revision", sa.BigInteger(), nullable=True))
    op.add_column("vaults", sa.Column("pruned_revision", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute(f"GRANT UPDATE (pruned_revision) ON vaults TO {RUNTIME}")
    op.create_table(
        "idea_tombstones",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("first_revision", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "id", name="idea_tombstones_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["vaults.tenant_id", "vaults.user_id"],
            name="idea_tombstones_tenant_id_user_id_fkey",
            ondelete="RESTRICT",
        ),
    )
    op.create_index("idea_tombstones_by_revision", "idea_tombstones", ["tenant_id", "user_id", "revision"])
    op.create_index("idea_tombstones_by_time", "idea_tombstones", ["deleted_at"], postgresql_using="brin")
    op.execute("ALTER TABLE idea_tombstones ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE idea_tombstones FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON idea_tombstones TO {RUNTIME} USING (tenant_id = {CURRENT_TENANT})")
    op.execute(
        f"GRANT SELECT, INSERT, UPDATE (revision, first_revision, deleted_at), DELETE ON idea_tombstones TO {RUNTIME}"
    )
    # Operators see whose rows they are and when they are due, to erase vaults and to prune what is too old.
    op.execute(f"GRANT SELECT (tenant_id, user_id, deleted_at), DELETE ON idea_tombstones TO {OPERATOR}")
    op.execute(f"CREATE POLICY operators_read ON idea_tombstones FOR SELECT TO {OPERATOR} USING (true)")
    op.execute(f"CREATE POLICY operators_destroy ON idea_tombstones FOR DELETE TO {OPERATOR} USING (true)")
    op.execute("""
        CREATE TRIGGER only_erased AFTER DELETE ON idea_tombstones REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_destruction()
    """)


def downgrade() -> None:
    op.drop_table("idea_tombstones")
    op.drop_column("vaults", "pruned_revision")
    for table in ("trashed_ideas", "ideas"):
        op.drop_column(table, "first_revision")
