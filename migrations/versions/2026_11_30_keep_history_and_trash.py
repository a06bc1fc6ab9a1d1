"""Keep earlier versions of ideas and deleted ideas, for as long as the vault's retention says.

Earlier versions of the service cannot open an idea that was changed since: it is bound to its place among its versions.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "20261130_27"
down_revision = "20261130_23"
branch_labels = None
depends_on = None
oldest_served = "20261130_27"

CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"
RUNTIME = "creatorvault_runtime"
OPERATOR = "creatorvault_operator"
BEGINS_EMPTY = (
    "digest = 0 AND revision = 0 AND idea_count = 0 AND sealed_bytes = 0 AND key_version = 0 AND NOT segmented"
    " AND status IS NULL"
)
BEGINS_ACTIVE = (
    "status = 'active' AND idea_quota IS NULL AND byte_quota IS NULL"
    " AND vault_idea_quota IS NULL AND vault_byte_quota IS NULL"
)
EMPTIED = "digest = 0 AND idea_count = 0 AND sealed_bytes = 0"
SEALED = ("title", "notes", "tags")


def upgrade() -> None:
    # Constant defaults, so that no row is written: null says that a row is bound to neither column.
    op.add_column("ideas", sa.Column("number", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("ideas", sa.Column("previous", sa.BigInteger(), nullable=True))
    op.add_column("vaults", sa.Column("trash_count", sa.BigInteger(), nullable=False, server_default="0"))
    for table in ("vaults", "tenants"):
        op.add_column(table, sa.Column("retention_days", sa.SmallInteger(), nullable=True))
        op.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_retention_days CHECK (retention_days BETWEEN 0 AND 365)"
        )
    op.execute(f"GRANT UPDATE (trash_count, retention_days) ON vaults TO {RUNTIME}")
    op.execute(f"GRANT SELECT (trash_count, retention_days), UPDATE (trash_count) ON vaults TO {OPERATOR}")
    op.execute(
        f"GRANT SELECT (retention_days), INSERT (retention_days), UPDATE (retention_days) ON tenants TO {OPERATOR}"
    )
    op.execute(f"ALTER POLICY begins_empty ON vaults WITH CHECK ({BEGINS_EMPTY} AND trash_count = 0)")
    op.execute(f"ALTER POLICY operators_empty ON vaults WITH CHECK ({EMPTIED} AND trash_count = 0)")
    op.execute(f"ALTER POLICY begins_active ON tenants WITH CHECK ({BEGINS_ACTIVE} AND retention_days IS NULL)")
    op.create_table(
        "idea_versions",
        *_columns_of_an_idea(),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "id", "number", name="idea_versions_pkey"),
        _of_a_vault("idea_versions"),
    )
    op.create_index("idea_versions_by_replacement", "idea_versions", ["replaced_at"], postgresql_using="brin")
    _protect("idea_versions", "title, notes, tags, previous, previous_until", "replaced_at")
    op.create_table(
        "trashed_ideas",
        *_columns_of_an_idea(),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deletion", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "id", name="trashed_ideas_pkey"),
        _of_a_vault("trashed_ideas"),
    )
    op.create_index("trashed_ideas_by_deletion", "trashed_ideas", ["tenant_id", "user_id", "deleted_at", "id"])
    op.create_index("trashed_ideas_by_time", "trashed_ideas", ["deleted_at"])
    _protect("trashed_ideas", "title, notes, tags, deletion", "deleted_at")
    op.create_table(
        "history_prunings",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("pruned_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", name="history_prunings_pkey"),
        _of_a_vault("history_prunings"),
    )
    _protect("history_prunings", "pruned_until, sealed", "pruned_until")
    for table in ("idea_versions", "trashed_ideas"):
        for column in SEALED:
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")


def _columns_of_an_idea() -> list[sa.Column[Any]]:
    return [
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in SEALED),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("due_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("stamp", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("previous", sa.BigInteger(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
    ]


def _of_a_vault(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["tenant_id", "user_id"],
        ["vaults.tenant_id", "vaults.user_id"],
        name=f"{table}_tenant_id_user_id_fkey",
        ondelete="RESTRICT",
    )


def _protect(table: str, changing: str, time: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON {table} TO {RUNTIME} USING (tenant_id = {CURRENT_TENANT})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({changing}), DELETE ON {table} TO {RUNTIME}")
    # Operators see whose rows they are and when they are due, to erase vaults and to purge what is too old.
    op.execute(f"GRANT SELECT (tenant_id, user_id, {time}), DELETE ON {table} TO {OPERATOR}")
    op.execute(f"CREATE POLICY operators_read ON {table} FOR SELECT TO {OPERATOR} USING (true)")
    op.execute(f"CREATE POLICY operators_destroy ON {table} FOR DELETE TO {OPERATOR} USING (true)")
    op.execute(f"""
        CREATE TRIGGER only_erased AFTER DELETE ON {table} REFERENCING OLD TABLE AS gone
        FOR EACH STATEMENT EXECUTE FUNCTION refuse_destruction()
    """)


def downgrade() -> None:
    # What was written since cannot be opened without its position.
    op.execute("""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM ideas WHERE previous IS NOT NULL) THEN
                RAISE EXCEPTION 'ideas were stored since this migration: restore a backup from before it';
            END IF;
        END $$
    """)
    for table in ("history_prunings", "trashed_ideas", "idea_versions"):
        op.drop_table(table)
    op.execute(f"ALTER POLICY begins_active ON tenants WITH CHECK ({BEGINS_ACTIVE})")
    op.execute(f"ALTER POLICY operators_empty ON vaults WITH CHECK ({EMPTIED})")
    op.execute(f"ALTER POLICY begins_empty ON vaults WITH CHECK ({BEGINS_EMPTY})")
    for table in ("tenants", "vaults"):
        op.drop_column(table, "retention_days")
    op.drop_column("vaults", "trash_count")
    op.drop_column("ideas", "previous")
    op.drop_column("ideas", "number")
