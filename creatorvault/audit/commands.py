"""`creatorvault audit`: verification of the audit log."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

import rich_click as click

from creatorvault.audit.audit_key import AuditKeys
from creatorvault.audit.repositories import heads as stored_heads
from creatorvault.audit.verification import Finding, Head, findings
from creatorvault.core.database.operator_login import operators_database
from creatorvault.core.database.sessions import Database
from creatorvault.crypto.providers import root_key_provider
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import DatabaseSettings, Settings

HOURS = 86_400.0


@click.group()
def audit() -> None:
    """Verify the audit log. Requires the operators' login (DATABASE_OPERATOR_URL)."""


@audit.command()
@click.option(
    "--heads", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Heads saved earlier."
)
def verify(file: Path | None) -> None:
    """Find events that were edited, removed, added or reordered; fail if there are any."""
    kept = {} if file is None else _read(file)
    settings = with_development_secrets(load_settings())
    with with_database(settings, click.echo) as running:
        found = asyncio.run(_findings(running, kept))
    for finding in found:
        click.echo(f"{finding.tenant_id} {finding.sequence}: {finding.text}")
    if found:
        raise click.ClickException(f"{len(found)} findings")
    click.echo("The audit log is whole.")


@audit.command()
def heads() -> None:
    """Print the end of each chain. Store it where those with write access to the database have no access."""
    with with_database(load_settings(), lambda text: click.echo(text, err=True)) as settings:
        for line in asyncio.run(_heads(settings)):
            click.echo(line)


async def _findings(settings: Settings, kept: Mapping[UUID, Head]) -> list[Finding]:
    """Reads one snapshot. Raises AuditKeyMissing."""
    database = _patient(settings.database)
    try:
        async with root_key_provider(settings.encryption) as root_keys, database.reading() as session:
            key = await AuditKeys(root_keys).chain(session)
            return [finding async for finding in findings(session, key, kept)]
    finally:
        await database.close()


async def _heads(settings: Settings) -> list[str]:
    database = _patient(settings.database)
    try:
        async with database.reading() as session:
            rows = await stored_heads(session)
            return [f"{row.tenant_id} {row.sequence} {row.digest.hex()}" for row in rows]
    finally:
        await database.close()


def _patient(settings: DatabaseSettings) -> Database:
    """Allows more time than a request has, for a long log. Raises ClickException without an operators' login."""
    database = operators_database(settings, HOURS)
    if database is None:
        raise click.ClickException("DATABASE_OPERATOR_URL is not set")
    return database


def _read(file: Path) -> dict[UUID, Head]:
    try:
        rows = [line.split() for line in file.read_text(encoding="ascii").splitlines()]
        return {UUID(tenant): Head(int(sequence), bytes.fromhex(digest)) for tenant, sequence, digest in rows}
    except OSError as error:
        raise click.ClickException(f"--heads: {file}: {error.strerror}") from error
    except ValueError as error:
        raise click.ClickException(f"--heads: {file} is not what `creatorvault audit heads` prints") from error
