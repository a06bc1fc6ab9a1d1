"""Keep the token of an administrator with its session of the console, so that the session ends when the token does.

It is sealed under a key from the cookie. Sessions from before have none, and end.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261201_g1"
down_revision = "20261201_f1"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("console_sessions", sa.Column("token", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("console_sessions", "token")
