"""Index the lists of operators: vaults, tenants, audit events and root keys in each order and by each filter."""

from alembic import op

from creatorvault.core.database.index_builds import build_index

revision = "20261130_04"
down_revision = "20261130_03"
branch_labels = None
depends_on = None

INDEXES = {
    "vaults_by_hour": ("vaults", "changed_hour, tenant_id"),
    "vaults_by_user": ("vaults", "user_id"),
    "tenants_by_creation": ("tenants", "created_at, tenant_id"),
    "tenants_by_external_id": ("tenants", "external_id"),
    "tenants_by_status": ("tenants", "status, kind, realm"),
    "audit_events_of_all_by_time": ("audit_events", "happened_at, tenant_id, sequence"),
    "audit_events_by_verb": ("audit_events", "verb"),
    "audit_events_by_actor": ("audit_events", "actor"),
}


def upgrade() -> None:
    for name, (table, columns) in INDEXES.items():
        build_index(name, table, columns)
    build_index("vault_keys_by_root_key", "vault_keys", "root_key_id, created_at", schema="keys")


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name)
    op.drop_index("vault_keys_by_root_key", schema="keys")
