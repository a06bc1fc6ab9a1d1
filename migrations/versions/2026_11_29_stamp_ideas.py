"""Stamp each change of an idea with a random number, and combine the stamps of a vault in its row.

Earlier versions bind an idea to the vault's revision and cannot open what is bound to a stamp.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261129_02"
down_revision = "20261129_01"
branch_labels = None
depends_on = None

oldest_served = "20261129_02"


def upgrade() -> None:
    # Constant defaults, so that no row is written: 0 says that a row is bound to its revision, and combines to nothing.
    op.add_column("ideas", sa.Column("stamp", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("vaults", sa.Column("digest", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("GRANT UPDATE (digest) ON vaults TO creatorvault_runtime")


def downgrade() -> None:
    # What was written since cannot be opened without its stamp.
    op.execute("""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM vaults WHERE digest <> 0) THEN
                RAISE EXCEPTION 'ideas were stored since this migration: restore a backup from before it';
            END IF;
        END $$
    """)
    op.drop_column("vaults", "digest")
    op.drop_column("ideas", "stamp")
