"""The console at a port of its own: a process that answers nothing else, beside workers that do not serve it."""

import signal
import subprocess
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from creatorvault.asgi import create_console_app
from creatorvault.console.process import ANSWERED, in_own_process
from creatorvault.core.http.edge import Edge
from creatorvault.settings.loading import load_settings
from tests.application import House
from tests.commands import INHERITED, Command
from tests.console.browserless import SIGN_IN, Browserless, form_of
from tests.ports import free_port
from tests.running import running

pytestmark = pytest.mark.xdist_group("run")

ENABLED = {"CREATORVAULT_CONSOLE__ENABLED": "true"}


@pytest.fixture
def own_home() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="creatorvault console ") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "home"


def new_key(environ: dict[str, str]) -> str:
    """Makes an operator on the command line."""
    command = ["operators", "create", "--name", "Olga", "--scope", "read"]
    process = Command[str](command, env=environ, stdout=subprocess.PIPE, text=True)
    printed, _ = process.communicate(timeout=90)
    assert process.returncode == 0
    return printed.splitlines()[-1]


def test_another_process_serves_it(own_home: Path) -> None:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running(own_home, **ENABLED, CREATORVAULT_CONSOLE__PORT=str(port)) as run:
        assert f"  Console  {address}/console\n" in run.until("Ctrl-C stops it.")
        key = new_key({**INHERITED, "CREATORVAULT_HOME": str(own_home)})

        assert httpx.get(run.address + SIGN_IN).status_code == 404
        assert httpx.get(f"{run.address}/docs").status_code == 200
        with httpx.Client(base_url=address) as client:
            page = client.get(SIGN_IN)
            sent = form_of(page, SIGN_IN).fields | {"credential": key}
            assert client.post(SIGN_IN, data=sent, headers={"Origin": address}).status_code == 303
            assert client.get("/health/ready").status_code == 200
            for path in ("/", "/docs", "/openapi.json", "/metrics", "/consoles", "/api/v1/admin/status"):
                answer = client.get(path, headers={"Authorization": f"Bearer {key}"})
                assert (path, answer.status_code) == (path, 404)
        assert run.stop(signal.SIGTERM) == 0


def test_a_port_that_is_taken_prevents_the_start(own_home: Path) -> None:
    with running(own_home, **ENABLED, CREATORVAULT_CONSOLE__PORT=str(free_port())) as first:
        first.until("is ready")
        taken = first.address.rpartition(":")[2]
        with running(own_home, **ENABLED, CREATORVAULT_CONSOLE__PORT=taken) as second:
            assert second.left() == 1
            assert f"cannot listen on 127.0.0.1:{taken} (console.host, console.port)" in second.printed


def test_its_settings_are_those_of_one_more_process() -> None:
    settings = load_settings(
        {
            **ENABLED,
            "DATABASE_URL": "postgres://a@db/x",
            "DATABASE_OPERATOR_URL": "postgres://o@db/x",
            "CREATORVAULT_CONSOLE__PORT": "8001",
            "CREATORVAULT_METRICS__PORT": "9100",
            "CREATORVAULT_SERVER__WORKERS": "4",
        }
    )

    own = in_own_process(settings)

    with_jobs = settings.jobs.in_server
    assert (own.server.workers, own.console.port, own.metrics.port) == (1, None, 9104 + with_jobs)
    assert own.console.enabled


async def test_it_answers_nothing_else(house_with: Callable[..., Awaitable[House]], environ: dict[str, str]) -> None:
    house = await house_with(**ENABLED, CREATORVAULT_SERVER__PATH_PREFIX="/vault")
    assert isinstance(house.app, Edge)
    house.app.answered = ANSWERED
    browser = Browserless(house.app)

    for prefix in ("", "/vault"):
        assert (await browser.get(prefix + SIGN_IN)).status_code == 200
        assert (await browser.get(f"{prefix}/health")).status_code == 200
        for path in ("/", "/docs", "/consoles", "/console/../docs", "/api/v1/users/me", "/%63onsole/sign-in"):
            answer = await browser.client.get(f"http://creatorvault.test{prefix}{path}")
            assert (path, answer.status_code) == (path, 404)
            assert answer.headers["x-frame-options"] == "DENY"


def test_the_process_has_the_routes_of_the_console(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {**environ, **ENABLED, "CREATORVAULT_CONSOLE__PORT": "8001"}.items():
        monkeypatch.setenv(name, value)

    app = create_console_app()

    assert isinstance(app, Edge)
    assert app.answered == ANSWERED
    assert SIGN_IN in {route.path for route in app.routes}
