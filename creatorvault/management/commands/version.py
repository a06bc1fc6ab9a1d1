"""`creatorvault version`."""

import rich_click as click

from creatorvault import __version__


@click.command()
def version() -> None:
    """Print the version of CreatorVault, as `creatorvault --version` does."""
    click.echo(f"creatorvault {__version__}")
