"""Bringing a database to the newest migration, and letting the runtime login use what is there."""

import asyncio
import ssl
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from alembic import command
from sqlalchemy import make_url, text

from creatorvault.core.database.connections import passing_engine
from creatorvault.core.database.migrations import Standing, alembic_config, migrated
from creatorvault.core.database.transient_errors import DRIVER_ERRORS, described, is_transient, sqlstate
from creatorvault.settings.secret import Secret
from creatorvault.settings.sections import DatabaseSettings, Settings

RUNTIME_ROLE: Final = "creatorvault_runtime"
"""Made by the first migration, with every grant that serving needs; logins are members of it."""

OPERATOR_ROLE: Final = "creatorvault_operator"
"""Made by a migration too: sees the metadata of every tenant, and no ciphertext. For the admin API's own login."""


type UpgradeStep = Callable[[Settings], Coroutine[Any, Any, None]]
"""What an app prepares as the owner in a database that is at the newest migration. May be run again and again."""


class MigrationsUnknown(Exception):
    """The database is at migrations that this version does not know, so it cannot change them."""


class DatabaseUnreachable(Exception):
    """Says which login and why, without the address, which may hold a password."""


def upgrade(
    settings: Settings, steps: Sequence[UpgradeStep], revision: str = "head", say: Callable[[str], None] = print
) -> Standing:
    """Migrates, lets the logins use what was made, and runs the apps' `steps` when `revision` is the newest.

    A database that is ahead stays as it is. Returns how the database stands now. Waits `database.startup_seconds` for
    one that is still coming up, then raises DatabaseUnreachable. Raises MigrationsUnknown, and what the steps raise.
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
    """How the database stands. Raises MigrationsUnknown where this version can neither serve nor migrate it."""
    found = asyncio.run(migrated(owner))
    if found.standing in {Standing.OUTGROWN, Standing.UNKNOWN}:
        raise MigrationsUnknown(f"{found.standing.text} It is at {', '.join(sorted(found.revisions))}.")
    return found.standing


def belongs_to(role: str, login: str, owner: str) -> bool:
    """Whether `login`, which is for what `role` does, is to be a member of it.

    An owner who serves is bound by row-level security, and needs the role that the policies name. No owner becomes an
    operator.
    """
    return role == RUNTIME_ROLE or login != owner


def addresses(database: DatabaseSettings) -> tuple[Secret, Secret]:
    """The owner's address and the runtime login's. Raises DatabaseUnreachable when there are none."""
    if database.url is None or database.owner_url is None:
        raise DatabaseUnreachable("DATABASE_URL is not set")
    return database.owner_url, database.url


async def reachable(url: Secret, seconds: float = 0.0, say: Callable[[str], None] = print) -> None:
    """Returns when the database accepts the login. Raises DatabaseUnreachable."""
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
    """A refused login (28), a missing database (3D) and a certificate that does not fit are passing faults while
    serving; at start they are mistakes.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return False
    return is_transient(error) and not (sqlstate(error) or "").startswith(("28", "3D"))


async def _login(url: Secret) -> str:
    """Of an address that names none, what the driver makes of it. Raises DatabaseUnreachable."""
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
