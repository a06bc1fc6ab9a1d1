"""Create imports: files of creators, sealed in chunks until a job has stored their ideas, and what became of them."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_35"
down_revision = "20261130_31"
branch_labels = None
depends_on = None

CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"
RUNTIME = "creatorvault_runtime"
OPERATOR = "creatorvault_operator"
COUNTS = ("done", "stored", "trashed", "versions", "known", "expired")
CHANGING = (*COUNTS, "chunks", "error", "finished_at", "sealed", "state", "touched_at")


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("file_bytes", sa.BigInteger(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        *(sa.Column(name, sa.Integer(), nullable=False, server_default="0") for name in COUNTS),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("touched_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "id", name="imports_pkey"),
        sa.CheckConstraint("state IN ('receiving', 'waiting', 'running', 'finished', 'failed')", name="imports_state"),
        _of_a_vault("imports"),
    )
    op.create_index("imports_by_touch", "imports", ["touched_at"])
    op.create_table(
        "import_chunks",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("last", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "import_id", "number", name="import_chunks_pkey"),
        _of_a_vault("import_chunks"),
    )
    # Ciphertext cannot be compressed.
    op.execute("ALTER TABLE import_chunks ALTER COLUMN sealed SET STORAGE EXTERNAL")
    _protect("imports", ", ".join(CHANGING), "id, state, touched_at")
    _protect("import_chunks", "sealed", "import_id")


def _of_a_vault(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "user_id"],
        ["vaults.tenant_id", "vaults.user_id"],
        name=f"{table}_tenant_id_user_id_fkey",
        ondelete="RESTRICT",
    )


def _protect(table: str, changing: str, seen: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON {table} TO {RUNTIME} USING (tenant_id = {CURRENT_TENANT})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({changing}), DELETE ON {table} TO {RUNTIME}")
    # Operators see whose rows they are and which were abandoned, to erase vaults and to have them purged.
    op.execute(f"GRANT SELECT (tenant_id, user_id, {seen}), DELETE ON {table} TO {OPERATOR}")
    op.execute(f"CREATE POLICY operators_read ON {table} FOR SELECT TO {OPERATOR} USING (true)")
    op.execute(f"CREATE POLICY operators_destroy ON {table} FOR DELETE TO {OPERATOR} USING (true)")
    op.execute(f"""
        CREATE TRIGGER only_erased AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_destruction()
    """)


def downgrade() -> None:
    op.drop_table("import_chunks")
    op.drop_table("imports")
