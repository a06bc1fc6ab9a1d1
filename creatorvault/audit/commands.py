"""`creatorvault audit`: verification of the audit log, and of the database with what was kept elsewhere."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import UUID

import rich_click as click

from creatorvault.audit.audit_key import AuditKeys
from creatorvault.audit.repositories import heads as stored_heads
from creatorvault.audit.verification import Head, findings
from creatorvault.core.database.operator_login import operators_database
from creatorvault.core.database.sessions import Database
from creatorvault.crypto.providers import root_key_provider
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.management.heads import OF_THE_AUDIT_LOG, PRINTED_BY, HeadSource, KeptHeads, read_heads
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
@click.pass_obj
def verify(sources: Sequence[HeadSource], file: Path | None) -> None:
    """Find events that were edited, removed, added or reordered; fail if there are any.

    With --heads, also find chains and vaults that were set back.
    """
    kept: KeptHeads = {} if file is None else read_heads(file, sources)
    try:
        chains = _chains(kept.get(OF_THE_AUDIT_LOG, ()))
    except ValueError as error:
        raise click.ClickException(f"--heads: {file} is not what {PRINTED_BY} prints") from error
    settings = with_development_secrets(load_settings())
    with with_database(settings, click.echo) as running:
        found = asyncio.run(_findings(running, chains, sources, kept))
    for finding in found:
        click.echo(finding)
    if found:
        raise click.ClickException(f"{len(found)} findings")
    click.echo("The audit log is whole.")


@audit.command()
@click.pass_obj
def heads(sources: Sequence[HeadSource]) -> None:
    """Print the end of each chain, and what each vault held at its last checkpoint.

    Store it where those with write access to the database have no access.
    """
    with with_database(load_settings(), lambda text: click.echo(text, err=True)) as settings:
        asyncio.run(_print_heads(settings, sources))


async def _findings(
    settings: Settings, chains: Mapping[UUID, Head], sources: Sequence[HeadSource], kept: KeptHeads
) -> list[str]:
    """Reads one snapshot. Raises AuditKeyMissing."""
    database = _patient(settings.database)
    try:
        async with root_key_provider(settings.encryption) as root_keys, database.reading() as session:
            key = await AuditKeys(root_keys).chain(session)
            found = [
                f"{finding.tenant_id} {finding.sequence}: {finding.text}"
                async for finding in findings(session, key, chains)
            ]
            for source in sources:
                if lines := kept.get(source.word):
                    found += [text async for text in source.findings(session, lines)]
            return found
    finally:
        await database.close()


async def _print_heads(settings: Settings, sources: Sequence[HeadSource]) -> None:
    database = _patient(settings.database)
    try:
        async with database.reading() as session:
            for row in await stored_heads(session):
                click.echo(f"{row.tenant_id} {row.sequence} {row.digest.hex()}")
            for source in sources:
                async for words in source.heads(session):
                    click.echo(" ".join((source.word, *words)))
    finally:
        await database.close()


def _patient(settings: DatabaseSettings) -> Database:
    """Allows more time than a request has, for a long log. Raises ClickException without an operators' login."""
    database = operators_database(settings, HOURS)
    if database is None:
        raise click.ClickException("DATABASE_OPERATOR_URL is not set")
    return database


def _chains(lines: Sequence[Sequence[str]]) -> Mapping[UUID, Head]:
    """Raises ValueError."""
    return {UUID(tenant): Head(int(sequence), bytes.fromhex(digest)) for tenant, sequence, digest in lines}
