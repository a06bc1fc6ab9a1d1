"""Record which migrations made the database, and let the service try whether a write would be stored."""

import sqlalchemy as sa
from alembic import op

revision = "20261129_01"
down_revision = "20261128_03"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # migrations/env.py fills it. A version that does not know the last migration finds its own here.
    op.create_table(
        "migration_history",
        sa.Column("position", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("revision", sa.Text(), nullable=False),
        sa.Column("oldest_served", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("position", name="migration_history_pkey"),
    )
    op.execute("GRANT SELECT ON migration_history TO creatorvault_runtime, creatorvault_operator")
    # A row takes most of a page and is neither compressed nor moved out of the table, so each one needs a page more. It
    # is taken back at once, and vacuum gives the pages back.
    op.execute("""
        CREATE TABLE write_probe (filler text NOT NULL)
        WITH (autovacuum_vacuum_threshold = 100, autovacuum_vacuum_scale_factor = 0)
    """)
    op.execute("ALTER TABLE write_probe ALTER COLUMN filler SET STORAGE PLAIN")
    op.execute("GRANT INSERT ON write_probe TO creatorvault_runtime")
    # On a full disk what fails is to make a table larger: to change a row in its place succeeds for a long time. The
    # row belongs to a subtransaction that is undone; the transaction around it commits, and so has to reach the disk
    # and a synchronous standby.
    op.execute("""
        CREATE FUNCTION probe_write() RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            INSERT INTO public.write_probe VALUES (repeat('x', 7000));
            RAISE EXCEPTION 'it is only a probe' USING ERRCODE = 'CV000';
        EXCEPTION WHEN SQLSTATE 'CV000' THEN NULL;
        END $$
    """)
    op.execute("REVOKE EXECUTE ON FUNCTION probe_write() FROM PUBLIC")
    op.execute("GRANT EXECUTE ON FUNCTION probe_write() TO creatorvault_runtime")


def downgrade() -> None:
    op.execute("DROP FUNCTION probe_write()")
    op.drop_table("write_probe")
    op.drop_table("migration_history")
