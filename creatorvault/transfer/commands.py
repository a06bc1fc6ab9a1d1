"""The commands `creatorvault import …`."""

import rich_click as click

from creatorvault.transfer.fastapi.commands import fastapi


@click.group(name="import", commands=[fastapi])
def import_group() -> None:
    """Move ideas in from other services."""
