"""Upgrades a database to the newest migration, and grants the logins their roles."""

import asyncio
import ssl
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from alembic import command
from sqlalchemy import make_url, text

from creatorvault.core.database.connections import passing_engine
from creatorvault.core.database.migrations import Standing, alembic_config, migrated
from creatorvault.core.database.operator_login import OPERATOR_ROLE
from creatorvault.core.database.transient_errors import DRIVER_ERRORS, described, is_transient, sqlstate
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import DatabaseSettings, Settings

RUNTIME_ROLE: Final = "creatorvault_runtime"
"""Created by the first migration, with all privileges for serving; logins are members of it."""


type UpgradeStep = Callable[[Settings], Coroutine[Any, Any, None]]
"""An idempotent step that an app runs as the owner on a database at the newest migration."""


class MigrationsUnknown(Exception):
    """The database is at migrations that are unknown to this version, so it cannot migrate it."""


class DatabaseUnreachable(Exception):
    """The database does not accept a login. Contains the login and the reason, not the address with its password."""


def upgrade(
    settings: Settings, steps: Sequence[UpgradeStep], revision: str = "head", say: Callable[[str], None] = print
) -> Standing:
    """Migrates, grants the logins their roles, and runs the apps' `steps` if `revision` is the newest.

    A database that is ahead is not changed. Returns the new state of the database. Waits `database.startup_seconds` for
    one that is still starting, then raises DatabaseUnreachable. Raises MigrationsUnknown, and the errors of the steps.
    """
    owner, runtime = addresses(settings.database)
    asyncio.run(reachable(owner, settings.database.startup_seconds, say))
    if changeable(owner) is Standing.AHEAD:
        say(f"Warning: {Standing.AHEAD.text} There is nothing to migrate.")
    else:
        command.upgrade(alembic_config(owner, settings.database.idea_partitions), revision)
    for url, role in ((runtime, RUNTIME_ROLE), (settings.database.operator_url, OPERATOR_ROLE)):
        if url is not None and belongs_to(role, login := asyncio.run(_login(url)), asyncio.run(_login(owner))):
            asyncio.run(_admit(owner, login, role))
    standing = asyncio.run(migrated(owner)).standing
    if standing.serves:
        for step in steps:
            asyncio.run(step(settings))
    return standing


def changeable(owner: Secret) -> Standing:
    """Returns the state of the database. Raises MigrationsUnknown if this version can neither serve nor migrate it."""
    found = asyncio.run(migrated(owner))
    if found.standing in {Standing.OUTGROWN, Standing.UNKNOWN}:
        raise MigrationsUnknown(f"{found.standing.text} It is at {', '.join(sorted(found.revisions))}.")
    return found.standing


def belongs_to(role: str, login: str, owner: str) -> bool:
    """Whether `login` should be a member of `role`.

    Row-level security applies to an owner that serves, so it needs the role that the policies name. An owner never
    becomes an operator.
    """
    return role == RUNTIME_ROLE or login != owner


def addresses(database: DatabaseSettings) -> tuple[Secret, Secret]:
    """Returns the owner's address and the runtime login's. Raises DatabaseUnreachable if there are none."""
    if database.url is None or database.owner_url is None:
        raise DatabaseUnreachable("DATABASE_URL is not set")
    return database.owner_url, database.url


async def reachable(url: Secret, seconds: float = 0.0, say: Callable[[str], None] = print) -> None:
    """Waits until the database accepts the login. Raises DatabaseUnreachable."""
    deadline = time.monotonic() + seconds
    said = False
    address = make_url(url.reveal())
    while True:
        engine = passing_engine(address, timeout=5)
        try:
            async with engine.connect():
                return
        except DRIVER_ERRORS as error:
            if time.monotonic() > deadline or not _may_pass(error):
                login = address.username or "the login"
                raise DatabaseUnreachable(f"the database refuses {login}: {described(error)}") from error
        finally:
            await engine.dispose()
        if not said:
            say("Waiting for the database …")
            said = True
        await asyncio.sleep(0.5)


def _may_pass(error: Exception) -> bool:
    """A refused login (28), a missing database (3D) and an invalid certificate are transient errors while serving; at
    start they are permanent.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return False
    return is_transient(error) and not (sqlstate(error) or "").startswith(("28", "3D"))


async def _login(url: Secret) -> str:
    """Returns the login; for an address without one, the driver's default. Raises DatabaseUnreachable."""
    address = make_url(url.reveal())
    if address.username is not None:
        return address.username
    await reachable(url)
    engine = passing_engine(address)
    try:
        async with engine.connect() as connection:
            return str(await connection.scalar(text("SELECT current_user")))
    finally:
        await engine.dispose()


async def _admit(owner: Secret, login: str, role: str) -> None:
    engine = passing_engine(owner.reveal())
    try:
        async with engine.begin() as connection:
            name = engine.dialect.identifier_preparer.quote(login)
            exists = await connection.scalar(
                text("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :role)"), {"role": role}
            )
            member = exists and await connection.scalar(
                text("SELECT pg_has_role(CAST(:login AS name), CAST(:role AS name), 'USAGE')"),
                {"login": login, "role": role},
            )
            if exists and not member:
                await connection.execute(text(f"GRANT {role} TO {name}"))
    finally:
        await engine.dispose()
