"""The commands `creatorvault history …`."""

import asyncio
import os
from datetime import UTC, datetime
from typing import Final

import rich_click as click

from creatorvault.core.database.sealed_data import ProtectedData
from creatorvault.history.purging import Purged, purge
from creatorvault.history.standing import PurgeParts
from creatorvault.key_management.installation import installation
from creatorvault.management.development import with_database, with_development_secrets
from creatorvault.settings.loading import load_settings
from creatorvault.settings.sections import Settings

NICENESS: Final = 10
"""Requests come first."""

NO_TABLES: Final = ProtectedData((), ())


@click.group()
def history() -> None:
    """Manage earlier versions of ideas, and deleted ideas."""


@history.command("purge")
def purge_history() -> None:
    """Delete what is older than the retention of its vault, and thin out versions. May be interrupted and repeated."""
    settings = with_development_secrets(load_settings())
    with with_database(settings, lambda text: click.echo(text, err=True)) as running:
        purged = asyncio.run(_purge(running))
    for vault, problem in purged.failures:
        click.echo(f"{vault.tenant_id} {vault.user_id}: {problem}")
    click.echo(
        f"{purged.vaults} vaults: {purged.ideas} deleted ideas and {purged.versions} versions were too old, "
        f"{purged.thinned} versions were thinned out."
    )
    if purged.failures:
        raise click.ClickException(f"{len(purged.failures)} vaults could not be purged")


async def _purge(settings: Settings) -> Purged:
    os.nice(NICENESS)
    async with installation(settings, NO_TABLES) as place:
        return await purge(PurgeParts(place.vaults, place.operators), datetime.now(UTC))
