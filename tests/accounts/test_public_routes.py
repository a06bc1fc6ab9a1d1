"""All routes require a token except those listed here."""

from collections.abc import Awaitable, Callable, Iterator

import httpx
from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from creatorvault.console.guards import requires_session
from tests.application import House

PUBLIC = {
    ("GET", "/"),
    ("GET", "/health"),
    ("GET", "/health/db"),
    ("GET", "/health/ready"),
    ("GET", "/.well-known/jwks.json"),
    ("GET", "/docs"),
    ("GET", "/redoc"),
    ("GET", "/openapi.json"),
    ("GET", "/docs/assets/{digest:str}/{name:str}"),
    ("GET", "/try"),
    ("GET", "/try/{name:str}"),
}


def routes(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path} is guarded by nobody"
        for handler in route.route_handlers:
            for method in handler.http_methods:
                yield method, route.path, handler


def test_only_the_listed_routes_are_public(app: Litestar) -> None:
    public = {(method, path) for method, path, handler in routes(app) if handler.opt.get("public")}

    # OPTIONS only lists the other methods of a path, so it is as public as they are.
    assert {(method, path) for method, path in public if method != "OPTIONS"} == PUBLIC
    assert {path for _, path in public} == {path for _, path in PUBLIC}


async def test_metrics_is_the_only_public_route_that_a_setting_adds(
    house_with: Callable[..., Awaitable[House]],
) -> None:
    """Its handler requires a separate token: tests/metrics."""
    house = await house_with(CREATORVAULT_METRICS__TOKEN="the-token-of-the-metrics-0123456789abcdef")

    public = {(method, path) for method, path, handler in routes(house.app) if handler.opt.get("public")}

    assert {(method, path) for method, path in public if method != "OPTIONS"} == PUBLIC | {("GET", "/metrics")}


async def test_the_console_has_a_guard_of_its_own(house_with: Callable[..., Awaitable[House]]) -> None:
    """What anybody may ask for: the page for signing in, its language, and files that are in the package."""
    house = await house_with(CREATORVAULT_CONSOLE__ENABLED="true")

    public = {(method, path) for method, path, handler in routes(house.app) if handler.opt.get("public")}

    added = {
        (method, path): handler for method, path, handler in routes(house.app) if (method, path) in public - PUBLIC
    }
    of_anybody = {
        (method, path)
        for (method, path), handler in added.items()
        if method != "OPTIONS" and requires_session not in handler.resolve_guards()
    }
    assert of_anybody == {
        ("GET", "/console/sign-in"),
        ("POST", "/console/sign-in"),
        ("POST", "/console/language"),
        ("GET", "/console/assets/{digest:str}/{name:str}"),
    }
    assert all(path.startswith("/console") for _, path in added if path not in {path for _, path in PUBLIC})


async def test_every_other_route_refuses_requests_without_a_token(app: Litestar, client: httpx.AsyncClient) -> None:
    guarded = [(method, path) for method, path, handler in routes(app) if not handler.opt.get("public")]

    assert len(guarded) > 6
    for method, path in guarded:
        concrete = path.replace("{user_id:str}", "ada").replace("{idea_id:str}", "00000000-0000-0000-0000-000000000000")
        answer = await client.request(method, concrete, json={"title": "x"})
        assert (method, path, answer.status_code) == (method, path, 401)
        assert answer.json() == {"detail": "Not authenticated", "code": "not_authenticated"}
