"""Create the answers that are kept for retries."""

import sqlalchemy as sa
from alembic import op

revision = "20261122_05"
down_revision = "20261122_04"
branch_labels = None
depends_on = None

CURRENT_TENANT = "nullif(current_setting('app.tenant_id', true), '')::uuid"


def upgrade() -> None:
    op.create_table(
        "idempotency_answers",
        sa.Column("tenant_id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "name", name="idempotency_answers_pkey"),
    )
    op.create_index("idempotency_answers_by_expiry", "idempotency_answers", ["tenant_id", "user_id", "expires_at"])
    op.execute("ALTER TABLE idempotency_answers ALTER COLUMN answer SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE idempotency_answers ENABLE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE idempotency_answers FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY own_tenant ON idempotency_answers USING (tenant_id = {CURRENT_TENANT})")
    op.execute("GRANT SELECT, INSERT, DELETE ON idempotency_answers TO creatorvault_runtime")


def downgrade() -> None:
    op.drop_table("idempotency_answers")
