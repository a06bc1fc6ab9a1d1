"""Let operators ask for rotations and for verifications of the audit log, and see how far they are.

Both are jobs without a tenant, which the operators' login adds in the transaction that records who asked.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "20261201_e1"
down_revision = "20261201_d2"
branch_labels = None
depends_on = None

OPERATOR = "creatorvault_operator"
NOBODY = "00000000-0000-0000-0000-000000000000"
JOB = "id, priority, entrypoint, payload, execute_after, dedupe_key, headers, status"
COUNTS_OF_ROTATIONS = ("vaults_done", "vaults_total", "rows_done", "rows_total", "findings")
COUNTS_OF_VERIFICATIONS = ("events_done", "events_total", "chains", "findings")


def upgrade() -> None:
    op.add_column("rotations", sa.Column("root", sa.Boolean(), server_default="false", nullable=False), schema="keys")
    op.add_column("rotations", sa.Column("requested_by", sa.Text(), nullable=True), schema="keys")
    op.add_column("rotations", sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True), schema="keys")
    for column in _counts(COUNTS_OF_ROTATIONS):
        op.add_column("rotations", column, schema="keys")
    op.add_column("rotations", _problems(), schema="keys")
    changed = ", ".join(("requested_by", "changed_at", *COUNTS_OF_ROTATIONS, "problems"))
    op.execute(f"GRANT UPDATE ({changed}) ON keys.rotations TO {OPERATOR}")
    op.create_table(
        "audit_verifications",
        sa.Column("verification_id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        *_counts(COUNTS_OF_VERIFICATIONS),
        _problems(),
        sa.PrimaryKeyConstraint("verification_id", name="audit_verifications_pkey"),
    )
    changed = ", ".join(("changed_at", "finished_at", *COUNTS_OF_VERIFICATIONS, "problems"))
    op.execute(f"GRANT SELECT, INSERT, UPDATE ({changed}) ON audit_verifications TO {OPERATOR}")
    op.execute(f"GRANT INSERT ({JOB}) ON jobs.queue TO {OPERATOR}")
    op.execute(f"GRANT USAGE ON SEQUENCE jobs.queue_id_seq TO {OPERATOR}")
    op.execute(
        f"CREATE POLICY operators_add ON jobs.queue AS RESTRICTIVE FOR INSERT TO {OPERATOR} "
        f"WITH CHECK (status = 'queued' AND tenant_id = '{NOBODY}'::uuid)"
    )


def _counts(names: tuple[str, ...]) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), server_default="0", nullable=False) for name in names]


def _problems() -> sa.Column[object]:
    return sa.Column("problems", JSONB(), server_default="[]", nullable=False)


def downgrade() -> None:
    op.execute("DROP POLICY operators_add ON jobs.queue")
    op.execute(f"REVOKE USAGE ON SEQUENCE jobs.queue_id_seq FROM {OPERATOR}")
    op.execute(f"REVOKE INSERT ({JOB}) ON jobs.queue FROM {OPERATOR}")
    op.drop_table("audit_verifications")
    for column in ("problems", *COUNTS_OF_ROTATIONS, "changed_at", "requested_by", "root"):
        op.drop_column("rotations", column, schema="keys")
