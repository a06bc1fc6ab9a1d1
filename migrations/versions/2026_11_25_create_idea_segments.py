"""Create segments: many ideas of a vault sealed as one, which go with the first of them that changes or is deleted."""

import sqlalchemy as sa
from alembic import op

revision = "20261125_01"
down_revision = "20261122_08"
branch_labels = None
depends_on = None

CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"
BEING_ERASED = "EXISTS (SELECT FROM tenants t WHERE t.tenant_id = idea_segments.tenant_id AND t.status = 'erasing')"


def upgrade() -> None:
    op.create_table(
        "idea_segments",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("first_revision", sa.BigInteger(), nullable=False),
        sa.Column("last_revision", sa.BigInteger(), nullable=False),
        sa.Column("ideas", sa.Integer(), nullable=False),
        sa.Column("folding", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "first_revision", "last_revision", name="idea_segments_pkey"),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["vaults.tenant_id", "vaults.user_id"],
            name="idea_segments_tenant_id_user_id_fkey",
            ondelete="RESTRICT",
        ),
        sa.CheckConstraint("ideas > 0 AND last_revision - first_revision >= ideas - 1", name="idea_segments_span"),
    )
    op.execute("ALTER TABLE idea_segments ALTER COLUMN sealed SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE idea_segments ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE idea_segments FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON idea_segments USING (tenant_id = {CURRENT_TENANT})")
    op.execute("GRANT SELECT, INSERT, DELETE ON idea_segments TO creatorvault_runtime")
    # What the trigger below asks for when an erasure deletes ideas.
    columns = "tenant_id, user_id, first_revision, last_revision"
    op.execute(f"GRANT SELECT ({columns}), DELETE ON idea_segments TO creatorvault_operator")
    op.execute("CREATE POLICY operators_read ON idea_segments FOR SELECT TO creatorvault_operator USING (true)")
    op.execute(
        f"CREATE POLICY operators_destroy ON idea_segments FOR DELETE TO creatorvault_operator USING ({BEING_ERASED})"
    )
    op.add_column("vaults", sa.Column("segmented", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.execute("GRANT UPDATE (segmented) ON vaults TO creatorvault_runtime")
    # What was deleted or overwritten must not live on in a copy, whoever changes an idea and by which statement. A
    # function that is not STABLE sees what was committed while its statement waited for the vault: a segment that was
    # written in the meantime goes as well. Who has locked a vault that has none may say so, and save the time.
    op.execute("""
        CREATE FUNCTION drop_segments() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            DELETE FROM public.idea_segments
            WHERE tenant_id = OLD.tenant_id AND user_id = OLD.user_id
                AND first_revision <= OLD.revision AND last_revision >= OLD.revision;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER drop_segments AFTER UPDATE OR DELETE ON ideas FOR EACH ROW
        WHEN (current_setting('app.unsegmented', true) IS DISTINCT FROM 'true') EXECUTE FUNCTION drop_segments()
    """)


def downgrade() -> None:
    op.execute("DROP TRIGGER drop_segments ON ideas")
    op.execute("DROP FUNCTION drop_segments()")
    op.drop_column("vaults", "segmented")
    op.drop_table("idea_segments")
