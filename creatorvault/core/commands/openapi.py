"""`creatorvault openapi`: the published document, for generators of clients and for the committed snapshot."""

import json

import rich_click as click
from litestar import Litestar


@click.command()
def openapi(app: Litestar) -> None:
    """Print the OpenAPI document."""
    click.echo(json.dumps(app.openapi_schema.to_schema(), indent=2, ensure_ascii=False))
