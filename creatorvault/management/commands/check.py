"""`creatorvault check`: runs all checks of all apps, and exits with status 1 if one finds an error."""

import asyncio
import sys

import rich_click as click

from creatorvault.management.checks import Installation, Level, Message, found_by
from creatorvault.management.checks_of_settings import unusable
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.management.system_checks import SystemChecks
from creatorvault.settings.loading import load_settings
from creatorvault.settings.reader import SettingsError


def check_command(checks: SystemChecks) -> click.RichCommand:

    @click.command()
    @click.option("--deploy", is_flag=True, help="Check as production, and warn about development settings.")
    def check(deploy: bool) -> None:
        """Check settings, keys, roles and migrations for problems."""
        messages = _messages(checks, deploy=deploy)
        for message in messages:
            _print(message)
        errors = sum(message.level is Level.ERROR for message in messages)
        click.echo(f"{errors} errors, {len(messages) - errors} warnings.")
        sys.exit(1 if errors else 0)

    return check


def _messages(checks: SystemChecks, *, deploy: bool) -> list[Message]:
    try:
        settings = load_settings()
    except SettingsError as error:
        return unusable(error)
    if deploy:  # no development values: the check must report missing settings
        return asyncio.run(found_by(checks.checks, Installation(settings, deploy)))
    with with_database(with_development_secrets(settings), click.echo) as settings:
        return asyncio.run(found_by(checks.checks, Installation(settings, deploy)))


def _print(message: Message) -> None:
    colour = "red" if message.level is Level.ERROR else "yellow"
    click.echo(f"{click.style(f'{message.level} {message.id}', fg=colour)}: {message.text}")
    if message.hint:
        click.echo(f"  {message.hint}")
