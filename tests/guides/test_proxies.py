"""The proxies of docs/operations/proxies.md, as the page configures them, in front of a running service."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import randint
from typing import Final
from uuid import uuid4

import httpx
import pytest

from tests.application import environment_of
from tests.browser import server
from tests.factories import Creator
from tests.guides.blocks import claimed
from tests.guides.service import PRINTED_ADDRESS
from tests.ports import free_port
from tests.postgres import Database

SETTINGS, NGINX, CADDY = claimed(__file__)
NOTES: Final = "Interview a driver. " * 200
"""Long enough to be worth compressing."""

ADDRESS_REQUESTS: Final = 5
FORGED: Final = [f"198.51.100.{number}" for number in range(3 * ADDRESS_REQUESTS)]


@dataclass(frozen=True)
class Proxy:
    url: str
    folder: Path

    @asynccontextmanager
    async def creator(self) -> AsyncIterator[Creator]:
        """Somebody new, from an address of their own; the proxy's is the only one that is trusted."""
        trust = ssl.create_default_context()
        trust.check_hostname = False
        if (certificate := self.folder / "fullchain.pem").exists():
            trust.load_verify_locations(certificate)
        transport = httpx.AsyncHTTPTransport(local_address=f"127.0.{randint(1, 254)}.{randint(1, 254)}", verify=trust)
        async with httpx.AsyncClient(base_url=self.url, transport=transport) as client:
            yield Creator(client, f"user-{uuid4()}", {})


@pytest.fixture(scope="module")
def service(worker_database: Database, home: Path) -> Iterator[str]:
    settings = dict(line.split("=", 1) for line in SETTINGS.text.splitlines())
    bounds = {"CREATORVAULT_LIMITS__ADDRESS_REQUESTS": str(ADDRESS_REQUESTS)}
    with server(environment_of(worker_database, home) | settings | bounds) as address:
        yield f"127.0.0.1:{address.rpartition(':')[2]}"


@contextmanager
def running(command: list[str], url: str, folder: Path, port: int) -> Iterator[Proxy]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, env={"HOME": str(folder)}, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            try:
                socket.create_connection(("127.0.0.1", port)).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.05)
        yield Proxy(url, folder)
    finally:
        process.terminate()
        process.wait()


def nginx(service: str, folder: Path) -> Iterator[Proxy]:
    port = free_port()
    certificate(folder)
    block = NGINX.text.replace(PRINTED_ADDRESS, service).replace("listen 443", f"listen 127.0.0.1:{port}")
    block = block.replace("/etc/letsencrypt/live/api.example.com", str(folder)).replace("/var/log/nginx", str(folder))
    places = [f"{name}_temp_path {folder}/{name};" for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")]
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {' '.join(places)}\n{block}\n}}\n"
    )
    folder.chmod(0o755)
    program = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    assert program is not None
    with running([program, "-c", str(file), "-p", str(folder)], f"https://127.0.0.1:{port}", folder, port) as proxy:
        yield proxy


def caddy(service: str, folder: Path) -> Iterator[Proxy]:
    port = free_port()
    block = CADDY.text.replace(PRINTED_ADDRESS, service).replace("api.example.com", f"http://127.0.0.1:{port}")
    file = folder / "Caddyfile"
    file.write_text("{\n\tadmin off\n}\n" + block)
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]
    with running(command, f"http://127.0.0.1:{port}", folder, port) as proxy:
        yield proxy


def certificate(folder: Path) -> None:
    files = ("-keyout", str(folder / "privkey.pem"), "-out", str(folder / "fullchain.pem"))
    name = ("-subj", "/CN=api.example.com", "-days", "2")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *files, *name]
    subprocess.run(command, check=True, capture_output=True)


PROXIES: Final[dict[str, Callable[[str, Path], Iterator[Proxy]]]] = {"nginx": nginx, "caddy": caddy}


@pytest.fixture(scope="module", params=sorted(PROXIES))
def proxy(request: pytest.FixtureRequest, service: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    if shutil.which(request.param, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin") is None:
        pytest.skip(f"{request.param} is not installed")
    yield from PROXIES[request.param](service, tmp_path_factory.mktemp(request.param))


async def test_the_tag_of_a_compressed_answer_changes_the_idea_that_it_is_of(proxy: Proxy) -> None:
    async with proxy.creator() as ada:
        idea = await ada.idea("Trams", notes=NOTES)
        read = await ada.get(idea)
        changed = await ada.patch(idea, {"title": "Trains"}, headers={"If-Match": read.headers["etag"]})
        cached = await ada.get(idea, headers={"If-None-Match": (await ada.get(idea)).headers["etag"]})
        late = await ada.patch(idea, {"title": "Planes"}, headers={"If-Match": read.headers["etag"]})

        lengthened = cached.headers["etag"].removesuffix('"').removeprefix("W/") + '-gzip"'
        of_a_newer_caddy = await ada.patch(idea, {"title": "Ships"}, headers={"If-Match": lengthened})

    # Debian's Caddy leaves tags as they are; later versions append the encoding.
    assert of_a_newer_caddy.status_code == 200
    assert read.headers["content-encoding"] == "gzip"
    assert read.json()["notes"] == NOTES
    assert (changed.status_code, cached.status_code, late.status_code) == (200, 304, 412)


async def test_a_forged_address_makes_nobody_somebody_else(proxy: Proxy) -> None:
    async with proxy.creator() as mallory:
        statuses = [
            (await mallory.client.get("/api/v1/users/me", headers={"X-Forwarded-For": forged})).status_code
            for forged in FORGED
        ]

    # A window may end in between, so how many are let in is not said.
    assert statuses[0] == 401
    assert statuses.count(429) > 1


async def test_answers_say_that_tls_is_in_front(proxy: Proxy) -> None:
    async with proxy.creator() as ada:
        assert "strict-transport-security" in (await ada.list()).headers


async def test_a_proxy_logs_no_path_and_no_search(proxy: Proxy) -> None:
    async with proxy.creator() as ada:
        await ada.list({"search": "secretive"})

        logged = "".join(file.read_text() for file in proxy.folder.glob("*log"))
    assert "secretive" not in logged
    assert ada.user_id not in logged


def test_the_page_validates_as_it_stands(tmp_path: Path) -> None:
    if shutil.which("caddy") is None:
        pytest.skip("caddy is not installed")
    file = tmp_path / "Caddyfile"
    file.write_text(CADDY.text)
    subprocess.run(["caddy", "adapt", "--adapter", "caddyfile", "--config", str(file)], check=True, capture_output=True)
