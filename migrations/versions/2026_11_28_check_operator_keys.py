"""Let an operator's key be stored as a hash only, of today's form or of the older one.

Keys of the older form (argon2id) open nothing any more. They stay, so that they can be listed and revoked, and so that
an earlier version of the service still knows them after a downgrade.
"""

from alembic import op

revision = "20261128_03"
down_revision = "20261128_02"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_check_constraint(
        "operators_key_hash", "operators", r"key_hash ~ '^(sha256:[0-9a-f]{64}|\$argon2id\$[^\n]+)$'"
    )


def downgrade() -> None:
    op.drop_constraint("operators_key_hash", "operators", type_="check")
