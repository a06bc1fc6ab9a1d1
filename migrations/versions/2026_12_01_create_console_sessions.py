"""Create sessions of the operators' console, and the refused sign-ins of each address.

Only hashes: who reads them can neither sign in nor tell from which address somebody has.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261201_a1"
down_revision = "20261130_51"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "console_sessions",
        sa.Column("id", sa.LargeBinary(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("operator_id", sa.Uuid(), nullable=True),
        sa.Column("client", sa.LargeBinary(), nullable=False),
        sa.Column("authenticated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="console_sessions_pkey"),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["operators.id"], name="console_sessions_operator_id_fkey", ondelete="CASCADE"
        ),
        sa.CheckConstraint("octet_length(id) = 32 AND octet_length(client) = 32", name="console_sessions_hashes"),
    )
    op.create_index("console_sessions_by_actor", "console_sessions", ["actor"])
    op.execute("GRANT SELECT, INSERT, DELETE ON console_sessions TO creatorvault_operator")
    op.create_table(
        "console_refusals",
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("address", name="console_refusals_pkey"),
    )
    op.create_index("console_refusals_by_age", "console_refusals", ["since"])
    op.execute("GRANT SELECT, INSERT, UPDATE (since, failures), DELETE ON console_refusals TO creatorvault_operator")


def downgrade() -> None:
    op.drop_table("console_refusals")
    op.drop_table("console_sessions")
