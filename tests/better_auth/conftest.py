"""One Better Auth per algorithm, started on demand, and our service for its users."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from creatorvault.settings.loading import load_settings
from tests.accounts.entrance import Entrance, open_entrance
from tests.accounts.signers import ALGORITHMS
from tests.better_auth.driver import BetterAuth
from tests.better_auth.packages import NotInstallable, installed, project
from tests.postgres import Cluster
from tests.thoroughness import IN_CI

type Start = Callable[..., BetterAuth]
type Opening = Callable[..., Awaitable[Entrance]]


@pytest.fixture(scope="session")
def npm_packages(request: pytest.FixtureRequest) -> Path:
    try:
        return installed(request.config.cache.mkdir("better-auth"))
    except NotInstallable as reason:
        pytest.skip(f"no Better Auth to test with: {reason}")


@pytest.fixture(scope="session")
def guide_project(npm_packages: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return project(npm_packages, tmp_path_factory.mktemp("guide"))


@pytest.fixture(scope="session")
def better_auth_with(guide_project: Path, cluster: Cluster) -> Generator[Start]:
    """`better_auth_with("ES256", audience="…")` starts one with this configuration, `better_auth_with()` as printed."""
    started: dict[tuple[str, str, str], BetterAuth] = {}

    def start(algorithm: str = "", audience: str = "", session_cache: str = "") -> BetterAuth:
        configured = (algorithm, audience, session_cache)
        if configured not in started:
            database = cluster.create(f"better_auth_{uuid4().hex}")
            started[configured] = server = BetterAuth(guide_project, database, *configured)
            server.start()
        return started[configured]

    yield start
    for server in started.values():
        server.stop()
        cluster.drop(server.database)


# Each needs a separate server, which takes seconds: outside of CI, only the default of Better Auth is tested.
@pytest.fixture(params=ALGORITHMS if IN_CI else ALGORITHMS[:1])
def better_auth(request: pytest.FixtureRequest, better_auth_with: Start) -> BetterAuth:
    return better_auth_with(request.param)


@pytest.fixture
async def opening() -> AsyncGenerator[Opening]:
    """Our application, which trusts the given Better Auth and has not fetched its keys yet."""
    async with AsyncExitStack() as stack:

        async def open_one(better_auth: BetterAuth, **overrides: str) -> Entrance:
            auth = load_settings({**better_auth.environ, **overrides}).auth
            return await stack.enter_async_context(open_entrance(auth))

        yield open_one
