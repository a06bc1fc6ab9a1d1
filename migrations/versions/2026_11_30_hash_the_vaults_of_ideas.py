"""Hash the vault of each idea, for smaller indexes: tenant and user are half of each entry, the hash is eight bytes.

Two vaults may have the same hash, so every statement compares tenant and user as well.
"""

from alembic import op

revision = "20261130_06"
down_revision = "20261130_05"
branch_labels = None
depends_on = None

HASH = "hashtextextended(user_id, uuid_hash_extended(tenant_id, 0))"


def upgrade() -> None:
    # Rewrites the table. A plain column would miss what earlier versions store during the upgrade.
    op.execute(f"ALTER TABLE ideas ADD COLUMN vault_hash bigint NOT NULL GENERATED ALWAYS AS ({HASH}) STORED")


def downgrade() -> None:
    op.drop_column("ideas", "vault_hash")
