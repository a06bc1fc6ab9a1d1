"""Forget the answers that were kept for retries: those of before hold copies of ideas that may have been deleted since.

A request of before that is sent again now is done once more.
"""

from alembic import op

revision = "20261125_02"
down_revision = "20261125_01"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "TRUNCATE idempotency_answers"
    )  # row-level security binds the owner too, and would hide them from DELETE


def downgrade() -> None:
    op.execute("TRUNCATE idempotency_answers")
