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

BEGINS_EMPTY = "revision = 0 AND idea_count = 0 AND sealed_bytes = 0 AND key_version = 0 AND NOT segmented"


def upgrade() -> None:
    # Constant defaults, so that no row is written: 0 says that a row is bound to its revision, and combines to nothing.
    op.add_column("ideas", sa.Column("stamp", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("vaults", sa.Column("digest", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("GRANT UPDATE (digest) ON vaults TO creatorvault_runtime, creatorvault_operator")
    op.execute(f"ALTER POLICY begins_empty ON vaults WITH CHECK (digest = 0 AND {BEGINS_EMPTY})")
    op.execute("ALTER POLICY operators_empty ON vaults WITH CHECK (digest = 0 AND idea_count = 0 AND sealed_bytes = 0)")


def downgrade() -> None:
    # What was written since cannot be opened without its stamp.
    op.execute("""
        DO $$ BEGIN
            IF EXISTS (SELECT FROM vaults WHERE digest <> 0) THEN
                RAISE EXCEPTION 'ideas were stored since this migration: restore a backup from before it';
            END IF;
        END $$
    """)
    op.execute(f"ALTER POLICY begins_empty ON vaults WITH CHECK ({BEGINS_EMPTY})")
    op.execute("ALTER POLICY operators_empty ON vaults WITH CHECK (idea_count = 0 AND sealed_bytes = 0)")
    op.drop_column("vaults", "digest")
    op.drop_column("ideas", "stamp")
