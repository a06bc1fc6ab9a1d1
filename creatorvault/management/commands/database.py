"""`creatorvault database`: migrations, as the owner of the database."""

import asyncio
from collections.abc import Sequence

import rich_click as click
from alembic import command
from rich.console import Console
from rich.table import Table

from creatorvault.core.database.migrations import Standing, alembic_config
from creatorvault.core.database.tenant_data import TenantData
from creatorvault.management.commands.words import Words
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.management.distribution import distribute as distribute_tables
from creatorvault.management.roles import role_statements, run_as_owner
from creatorvault.management.upgrade import UpgradeStep, addresses, changeable
from creatorvault.management.upgrade import upgrade as upgrade_database
from creatorvault.settings.loading import load_settings


def database_group(steps: Sequence[UpgradeStep], tenant_data: TenantData) -> click.RichGroup:
    """`steps` are the upgrade steps of the installed apps, and `tenant_data` their tables."""

    @click.group()
    def database() -> None:
        """Create, apply and check migrations."""

    @database.command()
    @click.argument("revision", default="head", type=Words())
    def upgrade(revision: str) -> None:
        """Apply migrations up to REVISION, and grant the runtime login access to the new tables.

        At the newest revision, also create what the apps need in the database: the key of the audit log, for which
        the root keys must be set.
        """
        with with_database(with_development_secrets(load_settings()), click.echo) as settings:
            if upgrade_database(settings, steps, revision, click.echo) is not Standing.AHEAD:
                click.echo(f"The database is at {revision}.")

    @database.command()
    @click.option("--dry-run", is_flag=True, help="Change nothing, and show what would be distributed.")
    def distribute(dry_run: bool) -> None:
        """Distribute the tables of tenants over the nodes of a Citus cluster, after the migrations.

        What is distributed stays as it is. Each shard must have the table's row-level security, policies and triggers.
        """
        settings = load_settings()
        placements = asyncio.run(distribute_tables(settings.database, tenant_data, dry_run=dry_run))
        table = Table("table", "shards", "")
        for name, shards, was_there in placements:
            done = "was distributed before" if was_there else "to be distributed" if dry_run else "distributed now"
            table.add_row(name, "" if shards is None else str(shards), done)
        Console(width=80).print(table)
        if not settings.database.distributed:
            click.echo("The service needs CREATORVAULT_DATABASE__DISTRIBUTED=true.")

    for command_ in (downgrade, check, make_migrations, roles):
        database.add_command(command_)
    return database


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("revision", default="-1", type=Words())
def downgrade(revision: str) -> None:
    """Revert migrations: the last one, or down to REVISION ("base" reverts all of them and deletes all data)."""
    with with_database(load_settings(), click.echo) as settings:
        owner = addresses(settings.database)[0]
        if changeable(owner) is Standing.AHEAD:
            raise click.ClickException(f"{Standing.AHEAD.text} Only that version can take it back.")
        command.downgrade(alembic_config(owner), revision)
        click.echo(f"The database is at {revision}.")


@click.command()
def check() -> None:
    """Fail if migrations are not applied, or if the database differs from the models.

    A database that a later version has migrated is accepted if this version can serve it.
    """
    with with_database(load_settings(), click.echo) as settings:
        owner = addresses(settings.database)[0]
        if changeable(owner) is Standing.AHEAD:
            click.echo(f"Warning: {Standing.AHEAD.text}")
            return
        command.check(alembic_config(owner))


@click.command("make-migrations")
@click.option(
    "-m", "--message", required=True, type=Words(), help="Short description of the change, used as the file name."
)
@click.option("--empty", is_flag=True, help="Create an empty migration instead of comparing models with the database.")
def make_migrations(message: str, empty: bool) -> None:
    """Create a migration for the changes in the models."""
    with with_database(load_settings(), click.echo) as settings:
        command.revision(alembic_config(addresses(settings.database)[0]), message, autogenerate=not empty)


@click.command()
@click.option("--apply", "apply", is_flag=True, help="Run the SQL as DATABASE_OWNER_URL instead of printing it.")
def roles(apply: bool) -> None:
    """Print the SQL that prepares the logins, for a PostgreSQL where the owner may not create roles."""
    settings = load_settings()
    statements = role_statements(settings.database)
    if apply:
        asyncio.run(run_as_owner(settings.database, statements))
        click.echo("The roles are there. New logins have no password yet: set one with \\password in psql.")
        return
    click.echo("-- In the database, as a role that may create roles. Give new logins a password: \\password <login>")
    for statement in statements:
        click.echo(f"{statement};")
