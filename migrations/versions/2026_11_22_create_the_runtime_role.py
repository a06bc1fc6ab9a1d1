"""Create the runtime role: what the API's login may do is granted to it, table by table."""

from alembic import op

revision = "20261122_01"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Roles belong to the whole cluster, where another database of ours may have made it already.
    op.execute("""
        DO $$ BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'creatorvault_runtime') THEN
                CREATE ROLE creatorvault_runtime NOLOGIN;
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
    """)
    op.execute("GRANT USAGE ON SCHEMA public TO creatorvault_runtime")
    op.execute("GRANT SELECT ON alembic_version TO creatorvault_runtime")


def downgrade() -> None:
    # The role itself stays: other databases of the cluster may use it.
    op.execute("REVOKE ALL ON alembic_version FROM creatorvault_runtime")
    op.execute("REVOKE USAGE ON SCHEMA public FROM creatorvault_runtime")
