"""Checks whether audit events can be written."""

from sqlalchemy import text

from creatorvault.audit.audit_key import is_stored
from creatorvault.core.database.sessions import Database
from creatorvault.core.errors import ServiceUnavailable
from creatorvault.management.checks import Installation, Message

# For a schema that the login may not use, to_regclass() would fail instead of returning null.
READABLE = text("""
    SELECT EXISTS (
        SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'keys' AND c.relname = 'audit_keys'
           AND has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT')
    )
""")


async def audit_log_check(installation: Installation) -> list[Message]:
    """Returns nothing if the runtime login cannot query it: the database check says why."""
    if installation.settings.database.url is None:
        return []
    database = Database(installation.settings.database)
    try:
        async with database.reading() as session:
            if not (await session.execute(READABLE)).scalar_one() or await is_stored(session):
                return []
    except ServiceUnavailable:
        return []
    finally:
        await database.close()
    return [Message("audit.E001", "The audit log has no key.", "creatorvault database upgrade")]
