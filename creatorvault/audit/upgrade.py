"""Upgrade step of the audit log, run as the owner: creates its key and the owner's policy."""

from typing import Final

from msgspec.structs import replace
from sqlalchemy import text

from creatorvault.audit.audit_key import is_stored, store_new_key
from creatorvault.audit.chain import SERVICE
from creatorvault.audit.errors import AuditKeyLost
from creatorvault.audit.repositories import AuditEventRepository
from creatorvault.core.database.sessions import Database, WriteSession
from creatorvault.crypto.providers import root_key_provider
from creatorvault.settings.sections import Settings

# A migration creates the policy. It names another role after the tables changed owners, also by a restore.
POLICIES: Final = text(f"""
    SELECT format('DROP POLICY IF EXISTS owner_records ON %s', c.oid::regclass),
           format(
               'CREATE POLICY owner_records ON %s TO %I USING (tenant_id = %L::uuid)',
               c.oid::regclass, pg_get_userbyid(c.relowner), '{SERVICE}'
           )
      FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polname = 'owner_records'
     WHERE c.oid = ANY (ARRAY['public.audit_events', 'public.audit_heads']::regclass[])
       AND p.polroles IS DISTINCT FROM ARRAY[c.relowner]
""")  # noqa: S608 - a constant
EVERY_EVENT: Final = text("ALTER TABLE audit_events NO FORCE ROW LEVEL SECURITY")
OWN_EVENTS: Final = text("ALTER TABLE audit_events FORCE ROW LEVEL SECURITY")


async def prepare_audit_log(settings: Settings) -> None:
    """Does nothing if everything exists; needs a root key only if the audit log has no key yet.

    Raises SettingsError or RootKeysInvalid if there is no usable root key, and AuditKeyLost.
    """
    database = Database(replace(settings.database, url=settings.database.owner_url))
    try:
        async with database.writing() as session:
            await _name_the_owner(session)
            if not await is_stored(session):
                await _refuse_lost_key(session)
                async with root_key_provider(settings.encryption) as root_keys:
                    await store_new_key(session, root_keys)
    finally:
        await database.close()


async def _name_the_owner(session: WriteSession) -> None:
    for statements in (await session.execute(POLICIES)).all():
        for statement in statements:
            await session.execute(text(statement.replace(":", r"\:")))


async def _refuse_lost_key(session: WriteSession) -> None:
    """Row-level security hides tenants' events from the owner, who may take it off: nobody else sees the table so."""
    await session.execute(EVERY_EVENT)
    if await AuditEventRepository(session).exists():
        raise AuditKeyLost
    await session.execute(OWN_EVENTS)
