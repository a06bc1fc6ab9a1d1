"""`creatorvault database`: migrations, as the owner of the database."""

import asyncio
from collections.abc import Sequence

import rich_click as click
from alembic import command

from creatorvault.core.database.migrations import Standing, alembic_config
from creatorvault.management.commands.words import Words
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.management.roles import role_statements, run_as_owner
from creatorvault.management.upgrade import UpgradeStep, addresses, changeable
from creatorvault.management.upgrade import upgrade as upgrade_database
from creatorvault.settings.loading import load_settings


def database_group(steps: Sequence[UpgradeStep]) -> click.RichGroup:
    """`steps` are those of the installed apps."""

    @click.group()
    def database() -> None:
        """Create, apply and check migrations."""

    @database.command()
    @click.argument("revision", default="head", type=Words())
    def upgrade(revision: str) -> None:
        """Apply migrations up to REVISION, and let the runtime login use what they made.

        At the newest, make what the apps need in the database besides: the key of the audit log, for which the root
        keys must be set.
        """
        with with_database(with_development_secrets(load_settings()), click.echo) as settings:
            if upgrade_database(settings, steps, revision, click.echo) is not Standing.AHEAD:
                click.echo(f"The database is at {revision}.")

    for command_ in (downgrade, check, make_migrations, roles):
        database.add_command(command_)
    return database


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("revision", default="-1", type=Words())
def downgrade(revision: str) -> None:
    """Take migrations back: the last one, or down to REVISION ("base" takes all of them, and the data with them)."""
    with with_database(load_settings(), click.echo) as settings:
        owner = addresses(settings.database)[0]
        if changeable(owner) is Standing.AHEAD:
            raise click.ClickException(f"{Standing.AHEAD.text} Only that version can take it back.")
        command.downgrade(alembic_config(owner), revision)
        click.echo(f"The database is at {revision}.")


@click.command()
def check() -> None:
    """Fail when migrations are not applied, or do not say what the models say.

    A database that a later version has migrated is no failure as long as this version can serve it.
    """
    with with_database(load_settings(), click.echo) as settings:
        owner = addresses(settings.database)[0]
        if changeable(owner) is Standing.AHEAD:
            click.echo(f"Warning: {Standing.AHEAD.text}")
            return
        command.check(alembic_config(owner))


@click.command("make-migrations")
@click.option(
    "-m", "--message", required=True, type=Words(), help="What changes, in a few words; it becomes the file's name."
)
@click.option("--empty", is_flag=True, help="Write an empty migration instead of comparing models with the database.")
def make_migrations(message: str, empty: bool) -> None:
    """Write a migration for what has changed in the models."""
    with with_database(load_settings(), click.echo) as settings:
        command.revision(alembic_config(addresses(settings.database)[0]), message, autogenerate=not empty)


@click.command()
@click.option("--apply", "apply", is_flag=True, help="Run it as DATABASE_OWNER_URL instead of printing it.")
def roles(apply: bool) -> None:
    """Print the SQL that prepares the logins, for a PostgreSQL where the owner may not make roles."""
    settings = load_settings()
    statements = role_statements(settings.database)
    if apply:
        asyncio.run(run_as_owner(settings.database, statements))
        click.echo("The roles are there. New logins have no password yet: set one with \\password in psql.")
        return
    click.echo("-- In the database, as a role that may create roles. Give new logins a password: \\password <login>")
    for statement in statements:
        click.echo(f"{statement};")
