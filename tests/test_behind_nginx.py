"""Behind a real nginx that compresses, at the root and under a path prefix, stripped and not."""

import re
import socket
from collections.abc import AsyncGenerator, Generator
from typing import Final, NamedTuple
from urllib.parse import quote

import httpx
import pytest
from playwright.async_api import expect

from tests.browser import HOST, chromium, server, visit
from tests.factories import Creator
from tests.nginx import nginx
from tests.ports import free_port

KEPT: Final = "/kept"
STRIPPED: Final = "/stripped"
OPERATION: Final = re.compile(r"^(get|post|put|patch|delete) \W")


class Proxy(NamedTuple):
    """`upstream` is the port of the service with the path prefix `KEPT`."""

    port: int
    upstream: int


@pytest.fixture(scope="module")
def proxy(environ: dict[str, str]) -> Generator[Proxy]:
    kept = environ | {"CREATORVAULT_SERVER__PATH_PREFIX": KEPT}
    stripped = environ | {"CREATORVAULT_SERVER__PATH_PREFIX": STRIPPED}
    with server(kept) as one, server(stripped) as other:
        upstream, port = httpx.URL(one).port or 0, free_port()
        with nginx(port, upstream, httpx.URL(other).port or 0):
            yield Proxy(port, upstream)


@pytest.fixture
async def through(proxy: Proxy) -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{proxy.port}", timeout=60) as client:
        yield client


@pytest.mark.parametrize("prefix", ["", KEPT, STRIPPED])
async def test_a_tag_that_nginx_weakened_still_changes_the_idea(through: httpx.AsyncClient, prefix: str) -> None:
    ada = Creator(through, "ada-behind-nginx")
    created = await ada.request("POST", f"{prefix}{ada.url}", json={"title": "One", "notes": "n" * 500})
    place = f"{prefix}{ada.url_of(created.json())}"
    seen = await ada.request("GET", place)  # nginx compresses 200, but not 201
    tag = seen.headers["etag"]
    assert (seen.headers["content-encoding"], tag[:2]) == ("gzip", "W/")

    changed = await ada.request("PATCH", place, json={"title": "Two"}, headers={"If-Match": tag})
    late = await ada.request("PATCH", place, json={"title": "Lost"}, headers={"If-Match": tag})
    read = await ada.request("GET", place, headers={"If-None-Match": changed.headers["etag"]})

    assert (changed.status_code, late.status_code, read.status_code) == (200, 412, 304)


@pytest.mark.parametrize("prefix", [KEPT, STRIPPED])
async def test_links_begin_with_the_prefix_and_can_be_followed(through: httpx.AsyncClient, prefix: str) -> None:
    ada = Creator(through, "ada-behind-nginx")
    created = await ada.request("POST", f"{prefix}{ada.url}", json={"title": "One"})
    root = (await through.get(f"{prefix}/")).json()
    document = (await through.get(f"{prefix}/openapi.json")).json()

    assert created.headers["location"] == f"{prefix}{ada.url_of(created.json())}"
    assert (await ada.request("GET", created.headers["location"])).json() == created.json()
    assert (root["docs"], root["health"]) == (f"{prefix}/docs", f"{prefix}/health")
    assert (await through.get(root["health"])).status_code == 200
    assert [server["url"] for server in document["servers"]] == [prefix]
    for page in ("/docs", "/redoc"):
        links = re.findall(r'(?:src|href|data-\w+)="(/[^"]+)"', (await through.get(f"{prefix}{page}")).text)
        assert links
        for link in links:
            assert link.startswith(f"{prefix}/")
            assert (await through.get(link)).status_code == 200, link


async def test_a_user_id_with_a_slash_works_behind_a_proxy(through: httpx.AsyncClient) -> None:
    ada = Creator(through, "ada/behind nginx")
    url = f"{KEPT}/api/v1/{quote(ada.user_id, safe='')}/ideas"
    created = await ada.request("POST", url, json={"title": "One"})

    assert created.headers["location"] == f"{url}/{created.json()['id']}"
    assert (await ada.request("GET", created.headers["location"])).status_code == 200


async def test_a_path_that_only_starts_like_the_prefix_is_not_found(through: httpx.AsyncClient) -> None:
    for path in (f"{KEPT}health", f"{KEPT}{KEPT}/health", "/other/health", f"{KEPT}/nowhere"):
        assert (await through.get(path)).status_code == 404, path


@pytest.mark.xdist_group("browser")
@pytest.mark.parametrize("prefix", [KEPT, STRIPPED])
async def test_the_documentation_pages_work_under_a_prefix(proxy: Proxy, prefix: str) -> None:
    async with chromium() as browser:
        for page in ("/docs", "/redoc"):
            async with visit(browser, f"http://{HOST}:{proxy.port}{prefix}{page}") as visited:
                swagger, redoc = visited.page.locator(".opblock"), visited.page.get_by_role("link", name=OPERATION)
                await expect(swagger.or_(redoc)).not_to_have_count(0)
                assert visited.complaints == []
                assert visited.hosts == {HOST}


def said(port: int, *lines: str) -> bytes:
    """Returns the status line of the response to exactly these lines."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        answer = b""
        while part := connection.recv(65_536):
            answer += part
    return answer


def test_the_server_refuses_requests_without_host_or_with_two(proxy: Proxy) -> None:
    for lines, status in (
        (("GET /health HTTP/1.1",), b"400"),
        (("GET /health HTTP/1.1", "Host:"), b"400"),
        (("GET /health HTTP/1.1", "Host: a", "Host: b"), b"400"),
        (("GET /health HTTP/1.1", "Host: a"), b"200"),
        (("GET /health HTTP/1.0",), b"200"),
        (("GET //health HTTP/1.1", "Host: a"), b"404"),
        (("GET /%68ealth HTTP/1.1", "Host: a"), b"404"),
    ):
        assert said(proxy.upstream, *lines).split()[1] == status, lines


def test_the_server_sends_head_without_body_but_with_its_length(proxy: Proxy) -> None:
    got, head = (said(proxy.upstream, f"{method} /health HTTP/1.1", "Host: a") for method in ("GET", "HEAD"))
    length = int(re.findall(rb"content-length: (\d+)", head)[0])

    assert head.endswith(b"\r\n\r\n")
    assert length == len(got.partition(b"\r\n\r\n")[2]) > 0
