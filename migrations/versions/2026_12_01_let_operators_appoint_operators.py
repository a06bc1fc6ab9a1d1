"""Let operators appoint and revoke operators, and let erasures know who asked for them.

Who breaks into the service with the operators' login could appoint an operator. That operator can do nothing that the
login cannot do already, and is in the list and, as all that it does, in the audit log.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261201_d1"
down_revision = "20261201_a1"
branch_labels = None
depends_on = None

OPERATOR = "creatorvault_operator"


def upgrade() -> None:
    op.add_column("operators", sa.Column("appointed_by", sa.Text(), nullable=True))
    _restrict_scopes("read", "manage", "keys", "operators")
    # Names, keys and scopes stay as they were given.
    op.execute(f"GRANT INSERT, UPDATE (revoked_at) ON operators TO {OPERATOR}")
    for table in ("tenant_erasures", "vault_erasures"):
        op.add_column(table, sa.Column("requested_by", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in ("vault_erasures", "tenant_erasures"):
        op.drop_column(table, "requested_by")
    op.execute(f"REVOKE INSERT, UPDATE (revoked_at) ON operators FROM {OPERATOR}")
    op.execute("UPDATE operators SET scopes = array_remove(scopes, 'operators') WHERE 'operators' = ANY (scopes)")
    _restrict_scopes("read", "manage", "keys")
    op.drop_column("operators", "appointed_by")


def _restrict_scopes(*scopes: str) -> None:
    op.drop_constraint("operators_scopes", "operators", type_="check")
    op.create_check_constraint("operators_scopes", "operators", f"scopes <@ ARRAY{[*scopes]}")
