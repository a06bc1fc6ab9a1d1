"""`creatorvault openapi` and `routes`: print the API of the application."""

from collections.abc import Callable
from typing import Final

import rich_click as click
from litestar import Litestar
from litestar.routes import HTTPRoute

from creatorvault.core.openapi.document import rendered

type Factory = Callable[[], Litestar]
METHODS: Final = 8
"""Characters of the longest method, and a space."""


def openapi_command(create_app: Factory) -> click.RichCommand:
    @click.command()
    def openapi() -> None:
        """Print the OpenAPI document."""
        click.echo(rendered(create_app()), nl=False)

    return openapi


def routes_command(create_app: Factory) -> click.RichCommand:
    @click.command()
    def routes() -> None:
        """Print all paths with their methods."""
        found = [route for route in create_app().routes if isinstance(route, HTTPRoute)]
        for route in sorted(found, key=lambda route: route.path):
            for method in sorted(route.methods):
                click.echo(f"{method:<{METHODS}}{route.path}")

    return routes
