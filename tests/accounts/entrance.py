"""A minimal application: the edge, the guard, `/users/me`, and rendered errors."""

from collections.abc import AsyncGenerator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
from litestar import Litestar
from litestar.datastructures import State
from litestar.types import ControllerRouterHandler

from creatorvault.accounts.controllers import UserController
from creatorvault.accounts.guards import requires_identity
from creatorvault.accounts.identity import Identity
from creatorvault.accounts.parts import AccountsParts, TenantNaming
from creatorvault.accounts.services import TokenVerifier, build_verifier
from creatorvault.core.http.edge import Edge
from creatorvault.core.http.problems import exception_handlers
from creatorvault.core.limits.counters import ProcessCounters
from creatorvault.core.limits.rate_limits import RateLimits
from creatorvault.core.parts import STATE_KEY, Parts
from creatorvault.core.telemetry.logging import configure_logging
from creatorvault.core.telemetry.pseudonyms import Pseudonyms
from creatorvault.settings.sections import AuthSettings, LimitsSettings
from creatorvault.tenants.resolution import tenant_id_of

ME = "/api/v1/users/me"
PSEUDONYMS = Pseudonyms(bytes(32))
NO_LIMITS = LimitsSettings(enabled=False)


@dataclass
class Clock:
    """A clock that a test advances."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class Entrance:
    verifier: TokenVerifier
    client: httpx.AsyncClient
    limits: RateLimits
    clock: Clock = field(default_factory=Clock)

    async def enter(self, token: str) -> httpx.Response:
        return await self.client.get(ME, headers={b"Authorization": f"Bearer {token}".encode("latin-1")})

    async def status(self, token: str) -> int:
        return (await self.enter(token)).status_code


@asynccontextmanager
async def open_entrance(
    auth: AuthSettings, *handlers: ControllerRouterHandler, limits: LimitsSettings = NO_LIMITS
) -> AsyncGenerator[Entrance]:
    """The age of keys and the cooldown use `clock`, limits a stopped clock; expiry uses the clock of
    the machine.
    """
    configure_logging("DEBUG", "auto", production=False)
    clock = Clock()
    verifier = build_verifier(auth, monotonic=clock)
    accounts = AccountsParts(verifier, RateLimits(limits, ProcessCounters(), PSEUDONYMS, lambda: 0.0), PSEUDONYMS)
    app: Litestar = Edge(
        route_handlers=handlers or [UserController],
        guards=[requires_identity],
        exception_handlers=exception_handlers(),
        openapi_config=None,
        logging_config=None,
        state=State({STATE_KEY: Parts(accounts, TenantNaming(tenant_id_of))}),
    )
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)  # type: ignore[arg-type]  # ASGI described twice
    async with httpx.AsyncClient(transport=transport, base_url="http://creatorvault.test") as client:
        yield Entrance(verifier, client, accounts.limits, clock)
    await verifier.aclose()


def refusal(answer: httpx.Response) -> str:
    """Returns the reason of a 401; fails if the 401 is not as published."""
    assert answer.status_code == 401, answer.text
    assert answer.headers["www-authenticate"] == "Bearer"
    detail: str = answer.json()["detail"]
    return detail.removeprefix("Could not validate credentials: ")


def without_a_turn(verification: Coroutine[object, object, Identity]) -> Identity:
    """Runs a coroutine that must not give the loop away, not even once."""
    try:
        verification.send(None)
    except StopIteration as finished:
        identity: Identity = finished.value
        return identity
    verification.close()
    raise AssertionError("the verification waited")
