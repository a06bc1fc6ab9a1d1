"""Let keys be rotated: what a key takes over from earlier ones, runs of rotations, rights to seal rows again."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_23"
down_revision = "20261130_19"
branch_labels = None
depends_on = None

RESEALED = {"idea_segments": "sealed", "idempotency_answers": "answer"}


def upgrade() -> None:
    op.add_column("vault_keys", sa.Column("carried", sa.LargeBinary(), nullable=True), schema="keys")
    for table, column in RESEALED.items():
        op.execute(f"GRANT UPDATE ({column}) ON {table} TO creatorvault_runtime")
    # Not the runtime login: nothing in a request wraps the keys of the service again.
    op.execute("GRANT UPDATE (root_key_id, wrapped) ON keys.audit_keys TO creatorvault_operator")
    op.execute("GRANT SELECT (wrapped), UPDATE (root_key_id, wrapped) ON keys.receipt_keys TO creatorvault_operator")
    op.create_table(
        "rotations",
        sa.Column("rotation_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("scope", sa.Uuid(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("rotation_id", name="rotations_pkey"),
        schema="keys",
    )
    op.execute("GRANT SELECT, INSERT, UPDATE (finished_at) ON keys.rotations TO creatorvault_operator")


def downgrade() -> None:
    op.drop_table("rotations", schema="keys")
    op.execute("REVOKE SELECT (wrapped), UPDATE (root_key_id, wrapped) ON keys.receipt_keys FROM creatorvault_operator")
    op.execute("REVOKE UPDATE (root_key_id, wrapped) ON keys.audit_keys FROM creatorvault_operator")
    for table, column in RESEALED.items():
        op.execute(f"REVOKE UPDATE ({column}) ON {table} FROM creatorvault_runtime")
    op.drop_column("vault_keys", "carried", schema="keys")
