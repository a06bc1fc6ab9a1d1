"""The proxies of docs/operations/proxies.md, with its configuration, in front of a running service."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urljoin

import pytest

from tests.application import environment_of
from tests.browser import server
from tests.guides.blocks import Block, claimed
from tests.guides.proxies import PROGRAMS, Proxy, caddy, nginx
from tests.postgres import Database
from tests.sync.events.clients import listening
from tests.sync.events.conftest import LASTING

SETTINGS, NGINX, CADDY, PREFIX, NGINX_PREFIX, CADDY_PREFIX = claimed(__file__)
NOTES: Final = "Interview a driver. " * 200
"""Long enough to be compressed."""

ADDRESS_REQUESTS: Final = 5
FORGED: Final = [f"198.51.100.{number}" for number in range(3 * ADDRESS_REQUESTS)]
UNDER_A_PATH: Final = {
    "nginx": re.sub(r"    location / \{.*?\n    \}\n", lambda found: NGINX_PREFIX.text, NGINX.text, flags=re.DOTALL),
    "caddy": CADDY_PREFIX.text,
}
AT_THE_ROOT: Final = {"nginx": NGINX.text, "caddy": CADDY.text}


@contextmanager
def service_with(database: Database, home: Path, *blocks: Block) -> Iterator[str]:
    settings = dict(line.split("=", 1) for block in blocks for line in block.text.splitlines())
    bounds = {"CREATORVAULT_LIMITS__ADDRESS_REQUESTS": str(ADDRESS_REQUESTS)}
    with server(environment_of(database, home) | LASTING | settings | bounds) as address:
        yield f"127.0.0.1:{address.rpartition(':')[2]}"


def proxy_with(name: str, block: str, service: str, folder: Path) -> Iterator[Proxy]:
    if shutil.which(name, path=PROGRAMS) is None:
        pytest.skip(f"{name} is not installed")
    yield from {"nginx": nginx, "caddy": caddy}[name](block, service, folder)


@pytest.fixture(scope="module")
def service(worker_database: Database, home: Path) -> Iterator[str]:
    with service_with(worker_database, home, SETTINGS) as address:
        yield address


@pytest.fixture(scope="module", params=sorted(AT_THE_ROOT))
def proxy(request: pytest.FixtureRequest, service: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp(request.param)
    yield from proxy_with(request.param, AT_THE_ROOT[request.param], service, folder)


@pytest.fixture(scope="module")
def prefixed_service(worker_database: Database, home: Path) -> Iterator[str]:
    with service_with(worker_database, home, SETTINGS, PREFIX) as address:
        yield address


@pytest.fixture(scope="module", params=sorted(UNDER_A_PATH))
def prefixed(
    request: pytest.FixtureRequest, prefixed_service: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp(request.param)
    yield from proxy_with(request.param, UNDER_A_PATH[request.param], prefixed_service, folder)


async def test_links_and_locations_work_under_a_path_prefix(prefixed: Proxy) -> None:
    path = PREFIX.text.strip().partition("=")[2]
    async with prefixed.creator() as ada:
        page = await ada.client.get(f"{path}/docs")
        named = re.findall(r'(?:src|href|data-\w+)="(/[^"]+)"', page.text)
        assets = [(await ada.client.get(url)).status_code for url in named]
        created = await ada.client.post(f"{path}{ada.url}", json={"title": "Trams"}, headers=ada.headers)
        location = created.headers.get("location")
        idea = await ada.client.get(location or f"{path}{ada.url_of(created.json())}", headers=ada.headers)
        contract = (await ada.client.get(f"{path}/openapi.json")).json()

    assert page.status_code == 200
    assert len(named) > 3
    assert set(assets) == {200}
    assert idea.json()["title"] == "Trams"
    assert urljoin("https://api.example.com/", contract["servers"][0]["url"]) == f"https://api.example.com{path}"


async def test_the_tag_of_a_compressed_response_works_in_if_match(proxy: Proxy) -> None:
    async with proxy.creator() as ada:
        idea = await ada.idea("Trams", notes=NOTES)
        read = await ada.get(idea)
        changed = await ada.patch(idea, {"title": "Trains"}, headers={"If-Match": read.headers["etag"]})
        cached = await ada.get(idea, headers={"If-None-Match": (await ada.get(idea)).headers["etag"]})
        late = await ada.patch(idea, {"title": "Planes"}, headers={"If-Match": read.headers["etag"]})

        lengthened = cached.headers["etag"].removesuffix('"').removeprefix("W/") + '-gzip"'
        of_a_newer_caddy = await ada.patch(idea, {"title": "Ships"}, headers={"If-Match": lengthened})

    # Debian's Caddy does not change tags; later versions append the encoding.
    assert of_a_newer_caddy.status_code == 200
    assert read.headers["content-encoding"] == "gzip"
    assert read.json()["notes"] == NOTES
    assert (changed.status_code, cached.status_code, late.status_code) == (200, 304, 412)


async def test_a_forged_address_is_ignored(proxy: Proxy) -> None:
    async with proxy.creator() as mallory:
        statuses = [
            (await mallory.client.get("/api/v1/users/me", headers={"X-Forwarded-For": forged})).status_code
            for forged in FORGED
        ]

    # A window may end in between, so the number of served requests is not checked.
    assert statuses[0] == 401
    assert statuses.count(429) > 1


async def test_live_updates_pass_at_once(proxy: Proxy) -> None:
    async with proxy.creator() as ada, listening(ada.client, ada, **{"Accept-Encoding": "gzip"}) as stream:
        await stream.until(0)
        for number in range(1, 4):
            await ada.idea("Trams")
            assert await stream.until(number) == [number]


async def test_responses_have_strict_transport_security(proxy: Proxy) -> None:
    async with proxy.creator() as ada:
        assert "strict-transport-security" in (await ada.list()).headers


async def test_a_proxy_logs_no_path_and_no_search(proxy: Proxy) -> None:
    async with proxy.creator() as ada:
        await ada.list({"search": "secretive"})

        logged = "".join(file.read_text() for file in proxy.folder.glob("*log"))
    assert "secretive" not in logged
    assert ada.user_id not in logged


def test_the_configurations_of_the_page_are_valid(tmp_path: Path) -> None:
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not installed")
    file = tmp_path / "Caddyfile"
    for block in (CADDY, CADDY_PREFIX):
        file.write_text(block.text)
        subprocess.run(
            ["caddy", "adapt", "--adapter", "caddyfile", "--config", str(file)], check=True, capture_output=True
        )
