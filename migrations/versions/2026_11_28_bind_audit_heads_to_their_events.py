"""Bind each event of the audit log to the head before it, and each head to its event; let only the owner add keys.

An event is inserted as the successor of its chain's head, then the head is moved to it, and both are there at the
commit. What a digest is worth, only who has the key can tell: `creatorvault audit verify`.
"""

from alembic import op

revision = "20261128_02"
down_revision = "20261128_01"
branch_labels = None
depends_on = None

ROLES = "creatorvault_runtime, creatorvault_operator"


def upgrade() -> None:
    op.execute("""
        CREATE FUNCTION refuse_false_start() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            IF NEW.sequence = 0 AND NEW.digest = decode(repeat('00', 32), 'hex') THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'the head of a chain begins before its first event'
                USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    op.execute("""
        CREATE FUNCTION refuse_wrong_link() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM public.audit_heads h
                WHERE h.tenant_id = NEW.tenant_id AND h.sequence + 1 = NEW.sequence AND h.digest = NEW.previous
            ) THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'an event follows the head of its chain' USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    op.execute("""
        CREATE OR REPLACE FUNCTION refuse_step_back() RETURNS trigger
        LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            IF NEW.tenant_id = OLD.tenant_id AND NEW.sequence = OLD.sequence + 1 AND EXISTS (
                SELECT FROM public.audit_events e
                WHERE e.tenant_id = NEW.tenant_id AND e.sequence = NEW.sequence
                    AND e.previous = OLD.digest AND e.digest = NEW.digest
            ) THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'the head of a chain goes one step at a time, to the event that follows it'
                USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    # Whoever could leave an event without its head would keep the service from writing the next one.
    op.execute("""
        CREATE FUNCTION refuse_loose_end() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            IF EXISTS (
                SELECT FROM public.audit_heads h WHERE h.tenant_id = NEW.tenant_id AND h.sequence >= NEW.sequence
            ) THEN RETURN NULL; END IF;
            RAISE EXCEPTION 'the head of a chain is its last event' USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER starts_empty BEFORE INSERT ON audit_heads FOR EACH ROW EXECUTE FUNCTION refuse_false_start()
    """)
    op.execute("""
        CREATE TRIGGER follows_head BEFORE INSERT ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_wrong_link()
    """)
    op.execute("""
        CREATE CONSTRAINT TRIGGER has_head AFTER INSERT ON audit_events DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION refuse_loose_end()
    """)
    # `creatorvault database upgrade` makes the key, as the owner.
    op.execute(f"REVOKE INSERT ON keys.audit_keys FROM {ROLES}")


def downgrade() -> None:
    op.execute(f"GRANT INSERT ON keys.audit_keys TO {ROLES}")
    op.execute("DROP TRIGGER has_head ON audit_events")
    op.execute("DROP TRIGGER follows_head ON audit_events")
    op.execute("DROP TRIGGER starts_empty ON audit_heads")
    op.execute("""
        CREATE OR REPLACE FUNCTION refuse_step_back() RETURNS trigger
        LANGUAGE plpgsql SET search_path = pg_catalog AS $$
        BEGIN
            IF NEW.tenant_id = OLD.tenant_id AND NEW.sequence = OLD.sequence + 1 THEN RETURN NEW; END IF;
            RAISE EXCEPTION 'the head of a chain goes one step at a time' USING ERRCODE = 'insufficient_privilege';
        END $$
    """)
    for function in ("refuse_loose_end", "refuse_wrong_link", "refuse_false_start"):
        op.execute(f"DROP FUNCTION {function}()")
