"""SQL for the database's logins and roles, for a server where the owner may not create roles.

If the owner may create roles, `upgrade` creates them and grants them to existing logins.
"""

from collections.abc import Iterator, Sequence

from sqlalchemy import URL, make_url, text

from creatorvault.core.database.connections import passing_engine
from creatorvault.core.database.operator_login import OPERATOR_ROLE
from creatorvault.management.upgrade import RUNTIME_ROLE, addresses, belongs_to
from creatorvault.settings.sections import DatabaseSettings


def role_statements(database: DatabaseSettings) -> list[str]:
    """Returns idempotent statements. Raises DatabaseUnreachable without DATABASE_URL."""
    return list(_statements(database))


async def run_as_owner(database: DatabaseSettings, statements: Sequence[str]) -> None:
    """Runs all statements in one transaction."""
    engine = passing_engine(addresses(database)[0].reveal())
    try:
        async with engine.begin() as connection:
            for statement in statements:
                await connection.execute(text(statement.replace(":", r"\:")))
    finally:
        await engine.dispose()


def _statements(database: DatabaseSettings) -> Iterator[str]:
    owner, runtime = addresses(database)
    yield from _owner_prepared(make_url(owner.reveal()))
    for role in (RUNTIME_ROLE, OPERATOR_ROLE):
        yield _created(role, "NOLOGIN")
    for url, role in ((runtime, RUNTIME_ROLE), (database.operator_url, OPERATOR_ROLE)):
        login = None if url is None else make_url(url.reveal()).username
        if login is not None and belongs_to(role, login, make_url(owner.reveal()).username or ""):
            # By default a new role is not superuser, and may neither bypass row-level security nor create roles.
            yield _created(login, "LOGIN")
            yield f"GRANT {role} TO {_quoted(login)}"


def _owner_prepared(url: URL) -> Iterator[str]:
    """If somebody else created the database, allows the owner to create tables and a schema, and to share `public`."""
    if url.username is None or url.database is None:
        return
    owner = _quoted(url.username)
    yield _created(url.username, "LOGIN")
    yield f"GRANT CREATE ON DATABASE {_quoted(url.database)} TO {owner}"
    yield f"GRANT USAGE, CREATE ON SCHEMA public TO {owner} WITH GRANT OPTION"


def _created(role: str, kind: str) -> str:
    literal = role.replace("'", "''")
    return (
        f"DO $roles$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{literal}') "
        f"THEN CREATE ROLE {_quoted(role)} {kind}; END IF; END $roles$"
    )


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
