"""`creatorvault openapi`: the published document, for generators of clients and for the committed snapshot."""

import rich_click as click
from litestar import Litestar

from creatorvault.core.openapi.document import rendered


@click.command()
def openapi(app: Litestar) -> None:
    """Print the OpenAPI document."""
    click.echo(rendered(app), nl=False)
