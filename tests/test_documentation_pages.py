"""`/docs` and `/redoc` work without any other host, with an HTTP client and in a real browser."""

import gzip
import json
import re
from collections.abc import AsyncGenerator, Generator
from typing import Any, Final

import httpx
import pytest
from litestar import Litestar
from playwright.async_api import Browser, Locator, expect

from creatorvault.core.openapi.document import document
from tests.browser import chromium, server, visit
from tests.factories import Creator

PAGES: Final = ("/docs", "/redoc")
NAMED: Final = re.compile(r'(?:src|href|data-\w+)="(/[^"]+)"')
ELSEWHERE: Final = re.compile(r"https?://|src=\"//|href=\"//")
OPERATION: Final = re.compile(r"^(get|post|put|patch|delete) \W")
LINK: Final = re.compile(r"(get|post|put|patch|delete)(/.*)")

in_a_browser = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="session")
def operations(app: Litestar) -> list[tuple[str, str]]:
    return [(method.upper(), path) for path, item in document(app)["paths"].items() for method in item]


async def assets(client: httpx.AsyncClient, page: str) -> list[str]:
    return [url for url in NAMED.findall((await client.get(page)).text) if url.startswith("/docs/assets/")]


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_needs_no_token(client: httpx.AsyncClient, page: str) -> None:
    answer = await client.get(page)

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("page", PAGES)
async def test_every_asset_of_a_page_is_served_and_cacheable(client: httpx.AsyncClient, page: str) -> None:
    named = await assets(client, page)

    assert len(named) >= 3
    for url in named:
        answer = await client.get(url)
        assert answer.status_code == 200, url
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert answer.headers["content-type"].startswith(("text/javascript", "text/css"))


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_has_no_other_host_and_no_inline_script(client: httpx.AsyncClient, page: str) -> None:
    html = (await client.get(page)).text

    assert not ELSEWHERE.search(html)
    assert re.findall(r"<script[^>]*>([^<]*)</script>", html) in ([""], ["", ""])
    assert not re.search(r"\son\w+=", html)


@pytest.mark.parametrize("page", PAGES)
async def test_a_page_may_load_only_from_this_service(client: httpx.AsyncClient, page: str) -> None:
    policy = dict(
        directive.strip().split(" ", 1)
        for directive in (await client.get(page)).headers["content-security-policy"].split(";")
    )

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["connect-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert not any("http" in sources or "*" in sources for sources in policy.values())


async def test_other_responses_keep_the_strict_policy(client: httpx.AsyncClient) -> None:
    assert (await client.get("/openapi.json")).headers["content-security-policy"] == "default-src 'self'"


async def test_assets_are_compressed_for_clients_that_accept_it(client: httpx.AsyncClient) -> None:
    for url in await assets(client, "/docs"):
        plain = await client.get(url, headers={"Accept-Encoding": "identity"})
        async with client.stream("GET", url, headers={"Accept-Encoding": "br, gzip"}) as answer:
            compressed = b"".join([part async for part in answer.aiter_raw()])

        assert "content-encoding" not in plain.headers
        assert answer.headers["content-encoding"] == "gzip"
        assert answer.headers["vary"] == "Accept-Encoding, Origin"
        assert gzip.decompress(compressed) == plain.content


@pytest.mark.parametrize(
    "url",
    [
        "/docs/assets/0000000000000000/docs.js",
        "/docs/assets/0000000000000000/passwd",
        "/docs/assets/0000000000000000/..%2Fpages.py",
        "/docs/assets/docs.js",
    ],
)
async def test_assets_of_other_versions_are_not_found(client: httpx.AsyncClient, url: str) -> None:
    answer = await client.get(url)

    assert answer.status_code == 404
    assert answer.json() == {"detail": "Not Found", "code": "not_found"}
    assert "cache-control" not in answer.headers


@pytest.fixture(scope="module")
def address(environ: dict[str, str]) -> Generator[str]:
    with server(environ) as address:
        yield address


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as browser:
        yield browser


@in_a_browser
async def test_docs_shows_each_operation_once(address: str, browser: Browser, operations: list[Any]) -> None:
    async with visit(browser, f"{address}/docs") as docs:
        shown = docs.page.locator(".opblock")
        await expect(shown).to_have_count(len(operations))
        methods = await docs.page.locator(".opblock-summary-method").all_inner_texts()
        paths = await docs.page.locator(".opblock-summary-path").all_inner_texts()

    assert sorted(zip(methods, (path.replace("\u200b", "") for path in paths), strict=True)) == sorted(operations)
    assert docs.complaints == []
    assert docs.hosts == {httpx.URL(address).host}


@in_a_browser
async def test_redoc_shows_each_operation_once(address: str, browser: Browser, operations: list[Any]) -> None:
    """It shows tags near the viewport; of one with many operations the first eight, and the others on request."""
    async with visit(browser, f"{address}/redoc") as redoc:
        links = redoc.page.get_by_role("link", name=OPERATION)
        await expect(links).not_to_have_count(0)
        more = redoc.page.get_by_test_id("show-more-operations")
        await redoc.page.evaluate("document.documentElement.scrollTo(0, document.documentElement.scrollHeight)")
        await expect(more).not_to_have_count(0)
        while await more.count():
            await more.first.click()
        await expect(links).to_have_count(len(operations))
        # Not the inner texts, which are empty for parts outside the viewport (content-visibility).
        texts = await links.all_text_contents()

    shown = [(method.upper(), path) for text in texts for method, path in LINK.findall(text)]
    assert sorted(shown) == sorted(operations)
    assert redoc.complaints == []
    assert redoc.hosts == {httpx.URL(address).host}


@in_a_browser
async def test_docs_tries_a_public_operation(address: str, browser: Browser) -> None:
    async with visit(browser, f"{address}/docs") as docs:
        answer = await tried(docs.page.locator("#operations-Health-health_check_health_get"))

    assert answer["status"] == "ok"
    assert docs.complaints == []
    assert docs.hosts == {httpx.URL(address).host}


@in_a_browser
async def test_docs_sends_the_token_that_a_reader_enters(address: str, browser: Browser, ada: Creator) -> None:
    async with visit(browser, f"{address}/docs") as docs:
        await docs.page.locator(".btn.authorize").click()
        await docs.page.locator(".auth-container input").first.fill(ada.token)
        await docs.page.locator(".auth-btn-wrapper .authorize").first.click()
        await docs.page.locator(".auth-btn-wrapper .btn-done").first.click()
        answer = await tried(docs.page.locator("#operations-Users-get_current_user_profile_api_v1_users_me_get"))

    assert answer["user_id"] == ada.user_id
    assert docs.complaints == []


async def tried(operation: Locator) -> Any:
    """Returns the response body of "Try it out" for an operation without parameters."""
    await operation.locator(".opblock-summary-control").click()
    await operation.locator(".try-out__btn").click()
    await operation.locator(".execute").click()
    live = operation.locator(".live-responses-table")
    await expect(live.locator(".response-col_status").last).to_contain_text("200")
    return json.loads(await live.locator(".response-col_description pre.microlight").first.inner_text())
