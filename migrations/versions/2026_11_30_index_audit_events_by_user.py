"""Index audit events by the user whom they concern, so that creators can read the events about themselves."""

from alembic import op

from creatorvault.core.database.index_builds import build_index

revision = "20261130_44"
down_revision = "20261130_43"
branch_labels = None
depends_on = None


def upgrade() -> None:
    build_index("audit_events_by_user", "audit_events", "tenant_id, (targets ->> 'user_id'), happened_at")


def downgrade() -> None:
    op.drop_index("audit_events_by_user")
