"""One Better Auth for each algorithm, started when a test asks for it, and our service in front of its users."""

from collections.abc import Awaitable, Callable, Generator
from pathlib import Path

import pytest

from tests.accounts.signers import ALGORITHMS
from tests.application import House
from tests.better_auth.driver import BetterAuth, NotInstallable, installed

type Start = Callable[..., BetterAuth]
type Serving = Callable[..., Awaitable[House]]

IMPATIENT = {"CREATORVAULT_AUTH__JWKS_COOLDOWN_SECONDS": "0.05"}


@pytest.fixture(scope="session")
def better_auth_folder(request: pytest.FixtureRequest) -> Path:
    try:
        return installed(request.config.cache.mkdir("better-auth"))
    except NotInstallable as reason:
        pytest.skip(f"no Better Auth to test with: {reason}")


@pytest.fixture(scope="session")
def better_auth_with(better_auth_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Generator[Start]:
    """`better_auth_with("ES256", audience="…")`: the one that is so configured."""
    started: dict[tuple[str, str], BetterAuth] = {}

    def start(algorithm: str, audience: str = "") -> BetterAuth:
        if (algorithm, audience) not in started:
            state = tmp_path_factory.mktemp("better-auth") / "database.json"
            server = BetterAuth(better_auth_folder, state, algorithm, audience)
            started[algorithm, audience] = server
            server.start()
        return started[algorithm, audience]

    yield start
    for server in started.values():
        server.stop()


@pytest.fixture(params=ALGORITHMS)
def better_auth(request: pytest.FixtureRequest, better_auth_with: Start) -> BetterAuth:
    return better_auth_with(request.param)


@pytest.fixture
def serving(house_with: Callable[..., Awaitable[House]]) -> Serving:
    """Our service, which believes the Better Auth it is given and has none of its keys yet."""

    async def serve(better_auth: BetterAuth, **overrides: str) -> House:
        return await house_with(**{**IMPATIENT, **better_auth.environ, **overrides})

    return serve
