"""Builds the OpenAPI 3.1.0 document from the routes of the application."""

import json
from typing import Any, Final

from litestar import Litestar
from litestar.routes import HTTPRoute
from litestar.types import Method

from creatorvault import __version__
from creatorvault.core.openapi.components import Components
from creatorvault.core.openapi.errors import describe_errors
from creatorvault.core.openapi.headers import HEADERS
from creatorvault.core.openapi.operations import CREATORS, OPERATORS, operation
from creatorvault.core.openapi.reading_order import Handlers, groups, in_reading_order
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
SECURITY_SCHEMES: Final = {
    CREATORS: {
        "type": "http",
        "scheme": "bearer",
        "description": "A Better Auth token (JWT). Operations for operators need one of an administrator.",
    },
    OPERATORS: {
        "type": "http",
        "scheme": "bearer",
        "description": "An operator's key, `cvop_…` (`creatorvault operators create`). Each operation names the scope "
        "that the key needs: `read`, `manage`, `keys` or `operators`.",
    },
}


def document(app: Litestar) -> dict[str, Any]:
    components = Components()
    paths = _paths(app, components)
    describe_errors(components)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CreatorVault API",
            "version": __version__,
            "description": DESCRIPTION,
            "contact": {"name": "The CreatorVault authors"},
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        # Relative to the address of the document.
        "servers": [{"url": part_of(app, Settings).server.path_prefix or "/", "description": "This service."}],
        "tags": groups({tag for item in paths.values() for operation in item.values() for tag in operation["tags"]}),
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "parameters": dict(sorted(components.parameters.items())),
            "headers": HEADERS,
            "responses": dict(sorted(components.responses.items())),
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def rendered(app: Litestar) -> str:
    """Returns the document as indented JSON, the format of the snapshot."""
    return json.dumps(document(app), indent=2, ensure_ascii=False) + "\n"


def _paths(app: Litestar, components: Components) -> dict[str, Any]:
    found: dict[str, Handlers] = {}
    for route in app.routes:
        if isinstance(route, HTTPRoute) and (handlers := _handlers(route)):
            found[route.path_format] = handlers
    return {
        path: {method.lower(): operation(handler, path, method, components) for method, handler in handlers.items()}
        for path, handlers in in_reading_order(found).items()
    }


def _handlers(route: HTTPRoute) -> Handlers:
    handlers = {
        method: handler
        for handler in route.route_handlers
        if handler.resolve_include_in_schema()
        for method in handler.http_methods
    }
    return {method: handlers[method] for method in METHODS if method in handlers}
