"""Checks of the database: availability, version, migrations, and privileges of the logins."""

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy import Row, make_url, text

from creatorvault.core.database.connections import passing_engine
from creatorvault.core.database.migrations import Standing, migrated
from creatorvault.core.database.operator_login import OPERATOR_ROLE
from creatorvault.core.database.prepared_statements import SWITCH, supports_prepared_statements
from creatorvault.core.database.transient_errors import DRIVER_ERRORS
from creatorvault.management.checks import Installation, Message
from creatorvault.management.upgrade import RUNTIME_ROLE, DatabaseUnreachable, addresses, reachable

OLDEST: Final = 15

# A login can assume any role that it is a member of (SET ROLE), so the privileges of those roles count, too. If an
# administrator has created the database, its owner and the owner of the tables differ.
LOGIN: Final = text("""
    SELECT rolname AS login,
           EXISTS (SELECT FROM pg_roles r
                    WHERE pg_has_role(current_user, r.oid, 'MEMBER') AND (r.rolsuper OR r.rolbypassrls)) AS unbound,
           pg_has_role(current_user, d.datdba, 'MEMBER')
               OR EXISTS (SELECT FROM pg_class c
                           WHERE c.relnamespace::regnamespace::text IN ('public', 'keys')
                             AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owner,
           EXISTS (SELECT FROM pg_roles r
                    WHERE r.rolname = :role AND pg_has_role(current_user, r.oid, 'USAGE')) AS admitted,
           EXISTS (SELECT FROM pg_roles r
                    WHERE r.rolname = :operator AND pg_has_role(current_user, r.oid, 'USAGE')) AS operator,
           EXISTS (SELECT FROM pg_roles r
                    WHERE r.rolname = :operator AND pg_has_role(current_user, r.oid, 'MEMBER')) AS may_operate,
           current_setting('server_version_num')::int / 10000 AS release
      FROM pg_roles, pg_database d
     WHERE rolname = current_user AND d.datname = current_database()
""")


async def database_check(installation: Installation) -> list[Message]:
    """Returns nothing if no database is set: the settings check reports that."""
    if installation.settings.database.url is None:
        return []
    owner, runtime = addresses(installation.settings.database)
    operators = installation.settings.database.operator_url
    for url in dict.fromkeys((owner, runtime, *((operators,) if operators else ()))):
        try:
            await reachable(url)
        except DatabaseUnreachable as error:
            return [Message("core.E002", str(error), "Is it running? DATABASE_URL, DATABASE_OWNER_URL, …")]
    statements = await statements_check(installation)
    revisions, standing = await migrated(owner)
    if not revisions:
        return [*statements, Message("core.W006", "The database is empty.", "creatorvault database upgrade")]
    return [*statements, *_migrations(standing), *await logins_check(installation)]


async def statements_check(installation: Installation) -> list[Message]:
    """For a database that is reachable: checks whether prepared statements work, if they are enabled."""
    try:
        if await supports_prepared_statements(installation.settings.database):
            return []
    except DRIVER_ERRORS as error:
        return [Message("core.E002", f"The database does not answer: {type(error).__name__}.", "Is it busy?")]
    return [
        Message(
            "core.E015",
            "Prepared statements get lost on the way to the database, as in a PgBouncer before 1.21 or without "
            "max_prepared_statements: requests would fail as soon as several run at the same time.",
            f"{SWITCH}, or PgBouncer 1.21 with max_prepared_statements = 200.",
        )
    ]


async def logins_check(installation: Installation) -> list[Message]:
    """For a database that is reachable: checks whether the runtime or operators' login has too many privileges."""
    database = installation.settings.database
    runtime = addresses(database)[1].reveal()
    login = make_url(runtime).username or "DATABASE_URL"
    found = list(_login(await _row(runtime), login, deploy=installation.deploy))
    if database.operator_url is not None:
        found += _operators(await _row(database.operator_url.reveal()), login)
    return found


def _migrations(standing: Standing) -> Iterator[Message]:
    match standing:
        case Standing.BEHIND:
            yield Message("core.E003", standing.text, "creatorvault database upgrade")
        case Standing.AHEAD:
            yield Message("core.W009", standing.text, "Bring all processes to that version.")
        case Standing.OUTGROWN | Standing.UNKNOWN:
            yield Message("core.E014", standing.text, "Run the version that migrated it, or restore a backup.")


def _login(row: Row[Any], login: str, *, deploy: bool) -> Iterator[Message]:
    if row.release < OLDEST:
        yield Message("core.E004", f"PostgreSQL {row.release} is too old.", f"Use PostgreSQL {OLDEST} or newer.")
    if row.unbound:
        yield Message(
            "core.E005",
            f"{login} is superuser or bypasses row-level security: the lock between tenants is off.",
            f"ALTER ROLE {login} NOSUPERUSER NOBYPASSRLS",
        )
    elif row.owner:
        yield Message(
            "core.E007" if deploy else "core.W007",
            f"{login} owns the database: whoever breaks into the service can take the lock between tenants off.",
            "Give DATABASE_URL a login of its own, and DATABASE_OWNER_URL the owner.",
        )
    elif row.may_operate:
        yield Message(
            "core.E011",
            f"{login} is a member of {OPERATOR_ROLE}: row-level security shows it every tenant.",
            f"REVOKE {OPERATOR_ROLE} FROM {login}",
        )
    if not row.admitted:  # the owner, too: policies name this role, and other roles see no rows
        yield Message("core.E006", f"{login} is no member of {RUNTIME_ROLE}.", "creatorvault database upgrade")


def _operators(row: Row[Any], runtime: str) -> Iterator[Message]:
    """Checks the login of the admin API."""
    if row.unbound or row.owner:
        yield Message(
            "core.E008",
            f"{row.login}, the operators' login, is owner or superuser or bypasses row-level security.",
            "Give DATABASE_OPERATOR_URL a login of its own: creatorvault database roles",
        )
    elif row.login == runtime:
        yield Message(
            "core.E009",
            f"{row.login} serves creators and operators: whoever breaks into the service sees every tenant's metadata.",
            "Give DATABASE_OPERATOR_URL a login of its own: creatorvault database roles",
        )
    elif not row.operator:
        yield Message("core.E010", f"{row.login} is no member of {OPERATOR_ROLE}.", "creatorvault database upgrade")


async def _row(url: str) -> Row[Any]:
    engine = passing_engine(url)
    try:
        async with engine.connect() as connection:
            return (await connection.execute(LOGIN, {"role": RUNTIME_ROLE, "operator": OPERATOR_ROLE})).one()
    finally:
        await engine.dispose()
