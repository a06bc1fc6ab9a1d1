"""Create ideas: sealed title, notes and tags beside clear columns that can be indexed, in partitions by tenant."""

import sqlalchemy as sa
from alembic import context, op

revision = "20261122_04"
down_revision = "20261122_03"
branch_labels = None
depends_on = None

CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"


def upgrade() -> None:
    op.create_table(
        "ideas",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("notes", sa.LargeBinary(), nullable=False),
        sa.Column("tags", sa.LargeBinary(), nullable=False),
        sa.Column("stage", sa.SmallInteger(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("due_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "id", name="ideas_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["vaults.tenant_id", "vaults.user_id"],
            name="ideas_tenant_id_user_id_fkey",
            ondelete="RESTRICT",
        ),
        sa.CheckConstraint("stage BETWEEN 0 AND 3", name="ideas_stage"),
        sa.CheckConstraint("priority BETWEEN 0 AND 2", name="ideas_priority"),
        postgresql_partition_by="HASH (tenant_id)",
    )
    partitions = context.config.attributes["idea_partitions"]
    for remainder in range(partitions):
        op.execute(
            f"CREATE TABLE ideas_part_{remainder} PARTITION OF ideas "
            f"FOR VALUES WITH (MODULUS {partitions}, REMAINDER {remainder})"
        )
    for name, column in (("ideas_by_creation", "created_at"), ("ideas_by_update", "updated_at")):
        op.create_index(name, "ideas", ["tenant_id", "user_id", column, "id"])
    op.create_index("ideas_by_revision", "ideas", ["tenant_id", "user_id", "revision"])
    # Ciphertext does not compress: trying to costs every write time.
    for table in ("ideas", *(f"ideas_part_{remainder}" for remainder in range(partitions))):
        for column in ("title", "notes", "tags"):
            op.execute(f"ALTER TABLE {table} ALTER COLUMN {column} SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE ideas ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE ideas FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON ideas USING (tenant_id = {CURRENT_TENANT})")
    op.execute("GRANT SELECT, INSERT, UPDATE, DELETE ON ideas TO creatorvault_runtime")


def downgrade() -> None:
    op.drop_table("ideas")
