"""What `creatorvault run` and `creatorvault worker` do before they start processes."""

import asyncio
import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

import rich_click as click

from creatorvault.management.checks import Check, Installation, Level, found_by
from creatorvault.management.checks_of_database import logins_check, statements_check
from creatorvault.management.development import with_database
from creatorvault.management.upgrade import UpgradeStep, addresses, reachable, upgrade
from creatorvault.settings.reader import SettingsError
from creatorvault.settings.sections import Environment, Settings


@contextmanager
def prepared(settings: Settings, checks: Sequence[Check], steps: Sequence[UpgradeStep]) -> Iterator[Settings]:
    """Yields the settings of a database that is there; in development it is started and migrated.

    Processes that are started in the block load the same settings. Raises SettingsError if a check finds an error.
    """
    refuse_what_is_wrong(settings, checks)
    signal.signal(signal.SIGTERM, _leave)
    with with_database(settings, click.echo) as found:
        if found.environment is Environment.DEVELOPMENT:
            upgrade(found, steps, say=click.echo)
        else:
            asyncio.run(reachable(addresses(found.database)[1], found.database.startup_seconds, click.echo))
            refuse_what_is_wrong(found, [logins_check])
        refuse_what_is_wrong(found, [statements_check])
        _hand_to_processes(found)
        yield found


def refuse_what_is_wrong(settings: Settings, checks: Sequence[Check]) -> None:
    """Raises SettingsError if a check finds an error, which a worker would report with a traceback."""
    installation = Installation(settings, deploy=settings.environment is Environment.PRODUCTION)
    found = asyncio.run(found_by(checks, installation))
    if errors := [
        f"{message.id}: {message.text} {message.hint}".rstrip() for message in found if message.level is Level.ERROR
    ]:
        raise SettingsError(errors)


def _hand_to_processes(settings: Settings) -> None:
    """Sets environment variables for the processes, which load the settings again: database and overrides."""
    if settings.database.url is not None:
        os.environ["DATABASE_URL"] = settings.database.url.reveal()
    if settings.database.operator_url is not None:
        os.environ["DATABASE_OPERATOR_URL"] = settings.database.operator_url.reveal()
    os.environ["CREATORVAULT_SERVER__WORKERS"] = str(settings.server.workers)  # each has a port for its metrics


def _leave(number: int, frame: FrameType | None) -> None:
    """Handles SIGTERM before the supervisor does: it raises SystemExit, so that the embedded database is stopped."""
    raise SystemExit(0)
