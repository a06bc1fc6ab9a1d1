"""Routes for creators whose id is a literal segment of the API's paths.

Litestar prefers a literal segment and does not backtrack to a parameter: `/api/v1/admin/ideas` would be 404 because of
`/api/v1/admin/…`, although `admin` may be a user's id. So these ids have separate routes.
"""

from collections.abc import Sequence
from typing import Any, Final

from litestar import Controller
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

RESERVED: Final = ("admin", "tenant", "users")


def under_reserved_ids(*controllers: type[Controller]) -> Sequence[type[Controller]]:
    """`controllers` have paths with the parameter `user_id`."""
    return [_controller(controller, user_id) for controller in controllers for user_id in RESERVED]


def _controller(controller: type[Controller], user_id: str) -> type[Controller]:
    def names_owner(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
        """Sets the path parameter. It is a guard only because guards run before anything that reads the path."""
        connection.scope["path_params"] = {**connection.scope["path_params"], "user_id": user_id}

    template: str = vars(controller)["path"]
    body = {
        "path": template.replace("{user_id:str}", user_id),
        "guards": [names_owner],
        "include_in_schema": False,
    }
    return type(f"{controller.__name__}Of_{user_id}", (controller,), body)
