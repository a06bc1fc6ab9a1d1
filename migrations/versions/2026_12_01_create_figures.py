"""Create tables for figures over time: numbers, times and codes of alarms. They hold no ids, and no rows of tenants."""

from alembic import op

revision = "20261201_f1"
down_revision = "20261201_e1"
branch_labels = None
depends_on = None

TABLES = ("request_figures", "alert_figures", "vault_figures", "queue_figures")


def upgrade() -> None:
    op.execute("""
        CREATE TABLE request_figures (
            minute timestamptz NOT NULL,
            errors bigint NOT NULL,
            writes bigint NOT NULL,
            durations bigint[] NOT NULL,
            CONSTRAINT request_figures_pkey PRIMARY KEY (minute)
        )
    """)
    op.execute("""
        CREATE TABLE alert_figures (
            minute timestamptz NOT NULL,
            code text NOT NULL,
            raised bigint NOT NULL,
            CONSTRAINT alert_figures_pkey PRIMARY KEY (minute, code)
        )
    """)
    op.execute("""
        CREATE TABLE vault_figures (
            taken_at timestamptz NOT NULL,
            vaults bigint NOT NULL,
            ideas bigint NOT NULL,
            sealed_bytes bigint NOT NULL,
            key_versions jsonb NOT NULL,
            CONSTRAINT vault_figures_pkey PRIMARY KEY (taken_at)
        )
    """)
    op.execute("""
        CREATE TABLE queue_figures (
            taken_at timestamptz NOT NULL,
            waiting bigint NOT NULL,
            failed bigint NOT NULL,
            CONSTRAINT queue_figures_pkey PRIMARY KEY (taken_at)
        )
    """)
    for table in TABLES[:2]:
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO creatorvault_operator")
    for table in TABLES[2:]:
        op.execute(f"GRANT SELECT, INSERT, DELETE ON {table} TO creatorvault_operator")


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
