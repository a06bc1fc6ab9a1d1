"""Builds the OpenAPI 3.1.0 document from the routes of the application."""

import json
from typing import Any, Final

from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import Method

from creatorvault import __version__
from creatorvault.core.openapi.components import Components
from creatorvault.core.openapi.headers import HEADERS
from creatorvault.core.openapi.operations import operation
from creatorvault.core.parts import part_of
from creatorvault.settings.sections import Settings

DESCRIPTION: Final = """\
Capture, search, change and delete content ideas. Titles, notes and tags are stored encrypted.

Send a Better Auth token as `Authorization: Bearer <token>`; the token's subject is the `user_id` in the paths.
Errors are JSON with a `detail`, or, with `Accept: application/problem+json`, RFC 9457 problem details. Every
response carries an `X-Correlation-ID`.
"""
# Litestar keeps methods in sets: without a fixed order the document would differ from run to run.
METHODS: Final[tuple[Method, ...]] = ("POST", "GET", "PATCH", "PUT", "DELETE")
BEARER: Final = {"type": "http", "scheme": "bearer", "description": "A Better Auth token (JWT)."}


def document(app: Litestar) -> dict[str, Any]:
    components = Components()
    return {
        "openapi": "3.1.0",
        "info": {"title": "CreatorVault API", "version": __version__, "description": DESCRIPTION},
        **_servers(part_of(app, Settings).server.path_prefix),
        "paths": _paths(app, components),
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "headers": HEADERS,
            "securitySchemes": {"HTTPBearer": BEARER},
        },
    }


def _servers(path_prefix: str) -> dict[str, Any]:
    """Returns a server URL relative to the document; without one, paths begin at the root of the host."""
    return {"servers": [{"url": path_prefix}]} if path_prefix else {}


def rendered(app: Litestar) -> str:
    """Returns the document as indented JSON, the format of the snapshot."""
    return json.dumps(document(app), indent=2, ensure_ascii=False) + "\n"


def _paths(app: Litestar, components: Components) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    for route in app.routes:
        if not isinstance(route, HTTPRoute):
            continue
        handlers = {
            method: handler
            for handler in route.route_handlers
            if handler.resolve_include_in_schema()
            for method in handler.http_methods
        }
        operations = {
            method.lower(): operation(handlers[method], route.path_format, method, components)
            for method in METHODS
            if method in handlers
        }
        if operations:
            paths[route.path_format] = operations
    return paths
