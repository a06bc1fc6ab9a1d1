"""`/docs` and `/redoc` work without any other host, with an HTTP client and in a real browser."""

import asyncio
import gzip
import json
import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Generator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from litestar import Litestar
from msgspec.structs import replace
from playwright.async_api import Browser, Locator, Page, expect

from creatorvault.core.documentation.tokens import USER, command, how_to_get_a_token
from creatorvault.core.openapi.document import document
from creatorvault.settings.sections import Environment, IssuerSettings, Settings
from tests.browser import Scheme, chromium, server, visit
from tests.factories import Creator

PAGES: Final = ("/docs", "/redoc")
NAMED: Final = re.compile(r'(?:src|href|data-\w+)="(/[^"]+)"')
ELSEWHERE: Final = re.compile(r"https?://|src=\"//|href=\"//")
OPERATION: Final = re.compile(r"^(get|post|put|patch|delete) \W")
LINK: Final = re.compile(r"(get|post|put|patch|delete)(/.*)")

REQUEST_HEADERS: Final = ("If-Match", "If-None-Match", "Idempotency-Key", "X-Correlation-ID")

LUMINANCE: Final = """(element, property) => {
  for (let each = element; each; each = each.parentElement) {
    const [red, green, blue, alpha = 1] = getComputedStyle(each)[property].match(/[\\d.]+/g).map(Number);
    if (alpha < 1) continue;
    const [r, g, b] = [red, green, blue].map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  }
  return 1;
}"""
"""WCAG 2.2, relative luminance of the nearest opaque color."""

CONTRAST: Final = f"""(element) => {{
  const luminance = {LUMINANCE};
  const [darker, lighter] = ["color", "backgroundColor"].map((property) => luminance(element, property)).toSorted();
  return (lighter + 0.05) / (darker + 0.05);
}}"""
FOCUS_IS_VISIBLE: Final = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  const { right, bottom, width } = document.activeElement.getBoundingClientRect();
  return outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 && width > 0 && right > 0 && bottom > 0;
}"""
UNREACHABLE: Final = """() => {
  const focusable = "button, a[href], input, select, textarea, [tabindex='0'], label";
  const pressed = [...document.querySelectorAll("body *")].filter((element) =>
    getComputedStyle(element).cursor === "pointer" && element.getClientRects().length > 0);
  // The headings of groups contain a button that does the same, the heading of parameters does nothing.
  return pressed
    .filter((element) => !element.closest(focusable) && !element.querySelector(focusable))
    .filter((element) => !element.closest(".opblock-tag, .tab-header"))
    .map((element) => element.outerHTML);
}"""

in_a_browser = pytest.mark.xdist_group("browser")


@pytest.fixture(scope="session")
def operations(app: Litestar) -> list[tuple[str, str]]:
    return [(method.upper(), path) for path, item in document(app)["paths"].items() for method in item]


@pytest.fixture(scope="session")
def published(app: Litestar) -> dict[str, Any]:
    """The document, whose operations have the request headers as parameters."""
    described: dict[str, Any] = json.loads(json.dumps(document(app)))
    parameters = described["components"].setdefault("parameters", {})
    for name in REQUEST_HEADERS:
        header = {"name": name, "in": "header", "schema": {"type": "string"}, "example": '"42"'}
        parameters.setdefault(name, header)
    for item in described["paths"].values():
        for operation in item.values():
            for parameter in operation.get("parameters", ()):
                if parameter.get("in") == "path" and "example" in parameter:
                    parameter["schema"]["examples"] = [parameter.pop("example")]
            own = [each for each in operation.get("parameters", ()) if each.get("in") in ("path", "query")]
            references = [{"$ref": f"#/components/parameters/{name}"} for name in REQUEST_HEADERS]
            operation["parameters"] = [*own, *references]
    return described


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


async def test_docs_begins_with_the_way_to_a_token(client: httpx.AsyncClient) -> None:
    html = (await client.get("/docs")).text

    assert html.index("Get a token") < html.index("token --user user-1") < html.index("swagger-ui", html.index("<main"))


def issued_by(settings: Settings, *issuers: IssuerSettings, environment: str = "production") -> str:
    """Returns how to get a token of these issuers."""
    settings = replace(settings, auth=replace(settings.auth, issuers=issuers), environment=Environment(environment))
    return how_to_get_a_token(settings)


def jwks(issuer: str | None) -> IssuerSettings:
    return IssuerSettings(name="better-auth", kind="jwks", issuer=issuer, jwks_url="http://auth.internal/api/auth/jwks")


def test_in_production_tokens_come_from_better_auth(settings: Settings) -> None:
    shared = settings.auth.issuers[0]
    address = "https://app.example.com"

    assert "creatorvault token" in issued_by(settings, shared, environment="development")
    for text in (
        issued_by(settings, shared),
        issued_by(settings, jwks(None)),
        issued_by(settings, jwks("a name"), environment="development"),
    ):
        assert "creatorvault token" not in text
        assert "Better Auth. Sign in" in text
        assert "<code>GET /api/auth/token</code>" in text
    assert f"Better Auth at {address}. Sign in" in issued_by(settings, jwks(f"{address}/"))
    assert f"<code>GET {address}/api/auth/token</code>" in issued_by(settings, jwks(address), shared)
    assert "internal" not in issued_by(settings, jwks(address))
    assert f"at {address} or http://b. Sign in" in issued_by(settings, jwks(address), jwks("http://b"))


def test_the_way_to_a_token_is_text(settings: Settings) -> None:
    text = issued_by(settings, jwks("https://<script>"))

    assert "https://&lt;script&gt;/api/auth/token" in text


@pytest.mark.parametrize(
    ("interpreter", "shown"),
    [("/srv/vault/.venv/bin/python", ".venv/bin/python -m creatorvault"), ("/usr/bin/python", "creatorvault")],
)
def test_the_command_is_shown_as_it_is_called(monkeypatch: pytest.MonkeyPatch, interpreter: str, shown: str) -> None:
    monkeypatch.setattr(sys, "executable", interpreter)
    monkeypatch.setattr(Path, "cwd", lambda: Path("/srv/vault"))

    assert command() == shown


@in_a_browser
async def test_docs_sends_the_token_of_the_command_that_it_shows(
    address: str, browser: Browser, environ: dict[str, str]
) -> None:
    async with visit(browser, f"{address}/docs") as docs:
        shown = await docs.page.locator(".token pre").inner_text()
        printed = await asyncio.to_thread(run, shown, environ)
        await authorize(docs.page, printed.splitlines()[-1])
        profile = await tried(docs.page.locator("#operations-Users-get_current_user_profile_api_v1_users_me_get"))
        ideas = await tried(operation(docs.page, "list_ideas_api_v1__user_id__ideas_get"))

    assert profile["user_id"] == "user-1"
    assert ideas["total"] == len(ideas["items"]) == 0
    assert docs.complaints == []


@in_a_browser
async def test_an_example_empties_no_list(
    address: str, browser: Browser, ada: Creator, published: dict[str, Any]
) -> None:
    idea = await ada.idea()
    lists = {
        item["get"]["operationId"]: {each["name"]: each for each in item["get"]["parameters"] if "schema" in each}
        for item in published["paths"].values()
        if any(each.get("in") == "query" for each in item.get("get", {}).get("parameters", ()))
    }
    assert len(lists) > 10
    async with visit(browser, f"{address}/docs", documents={"/openapi.json": published}) as docs:
        for name, parameters in lists.items():
            shown = operation(docs.page, name)
            await shown.locator(".opblock-summary-control").click()
            await shown.locator(".try-out__btn").click()
            for parameter in REQUEST_HEADERS:
                field = shown.locator(f'tr[data-param-name="{parameter}"] input')
                assert await field.input_value() == "", (name, parameter)
            for parameter, described in parameters.items():
                if described["in"] == "path":
                    continue
                row = shown.locator(f'tr[data-param-name="{parameter}"]')
                if described.get("schema", {}).get("type") == "array":
                    assert await row.locator("input[type=text]").count() == 0, (name, parameter)
                    continue
                field = row.locator("input[type=text], select").first
                default = described.get("schema", {}).get("default", "")
                assert await field.input_value() == ("false" if default is False else str(default)), (
                    name,
                    parameter,
                )
            await shown.locator(".opblock-summary-control").click()
        await authorize(docs.page, ada.token)
        found = operation(docs.page, "list_ideas_api_v1__user_id__ideas_get")
        await found.locator(".opblock-summary-control").click()
        owner = found.locator('tr[data-param-name="user_id"] input')
        assert await owner.input_value() == USER
        await owner.fill(ada.user_id)
        assert (await executed(found))["items"] == [idea]
        await found.locator('tr[data-param-name="cursor"] input[type=checkbox]').check()
        assert (await executed(found, "next_cursor"))["next_cursor"] is None
        assert "Example: breakfast" in await found.locator('tr[data-param-name="search"]').inner_text()

    assert docs.complaints == []


@in_a_browser
async def test_docs_has_fields_for_headers(
    address: str, browser: Browser, ada: Creator, published: dict[str, Any]
) -> None:
    await ada.idea()
    async with visit(browser, f"{address}/docs", documents={"/openapi.json": published}) as docs:
        await authorize(docs.page, ada.token)
        found = operation(docs.page, "list_ideas_api_v1__user_id__ideas_get")
        await found.locator(".opblock-summary-control").click()
        await found.locator(".try-out__btn").click()
        await found.locator('tr[data-param-name="user_id"] input').fill(ada.user_id)
        fields = found.locator('tr[data-param-in="header"]')
        assert [await field.get_attribute("data-param-name") for field in await fields.all()] == [*REQUEST_HEADERS]
        tag = (await ada.list()).headers["ETag"]
        for name, value in zip(REQUEST_HEADERS, ('"1"', tag, "key-1", "of-the-docs"), strict=True):
            await found.locator(f'tr[data-param-name="{name}"] input').fill(value)
        async with docs.page.expect_request("**/ideas?*") as asked:
            await found.locator(".execute").click()
        await expect(found.locator(".live-responses-table .response-col_status").last).to_contain_text("304")
        sent = await (await asked.value).all_headers()
        await docs.screenshot("docs-headers")

    assert [sent[name.lower()] for name in REQUEST_HEADERS] == ['"1"', tag, "key-1", "of-the-docs"]
    assert sent["authorization"] == f"Bearer {ada.token}"


@in_a_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_docs_is_legible_in_light_and_dark(address: str, browser: Browser, scheme: Scheme) -> None:
    async with visit(browser, f"{address}/docs", scheme) as docs:
        await docs.page.locator(".opblock").first.wait_for()
        await docs.screenshot(f"docs-{scheme}")
        found = operation(docs.page, "list_ideas_api_v1__user_id__ideas_get")
        await found.locator(".opblock-summary-control").click()
        await found.locator(".headers td").first.wait_for()
        await found.scroll_into_view_if_needed()
        await docs.screenshot(f"docs-operation-{scheme}")
        contrasts = {
            selector: await docs.page.locator(selector).first.evaluate(CONTRAST)
            for selector in (
                ".token p",
                ".token pre",
                ".info .title",
                ".opblock-tag",
                ".headers td",
                ".parameter__name",
            )
        }

    assert {selector: contrast for selector, contrast in contrasts.items() if contrast < 4.5} == {}


@in_a_browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_redoc_follows_the_colours_of_the_reader(address: str, browser: Browser, scheme: Scheme) -> None:
    async with visit(browser, f"{address}/redoc", scheme) as redoc:
        await redoc.page.get_by_role("link", name=OPERATION).first.wait_for()
        await redoc.screenshot(f"redoc-{scheme}")
        luminance = await redoc.page.locator("h1").first.evaluate(f"element => ({LUMINANCE})(element, 'color')")

    assert (luminance > 0.5) == (scheme == "dark")


@in_a_browser
async def test_docs_is_used_by_keyboard(address: str, browser: Browser, ada: Creator) -> None:
    async with visit(browser, f"{address}/docs") as docs:
        page = docs.page
        await page.locator(".opblock").first.wait_for()
        await page.keyboard.press("Tab")
        assert await page.evaluate("document.activeElement.className") == "skip"
        await docs.screenshot("docs-skip-link")
        assert await page.evaluate(FOCUS_IS_VISIBLE)
        await page.keyboard.press("Enter")
        await expect(page.locator("#swagger-ui")).to_be_focused()

        await tab_to(page, ".btn.authorize")
        await page.keyboard.press("Enter")
        await expect(page.locator("#auth-bearer-value").first).to_be_focused()
        await docs.screenshot("docs-authorize")
        for _ in range(6):  # the focus stays in the dialog
            await page.keyboard.press("Tab")
            assert await page.evaluate("!!document.activeElement.closest('[role=dialog]')")
        await page.keyboard.press("Shift+Tab")
        await page.locator("#auth-bearer-value").first.focus()
        await page.keyboard.type(ada.token)
        await page.keyboard.press("Enter")
        await expect(page.locator(".auth-container").first).to_contain_text("Authorized")
        await page.keyboard.press("Escape")
        await expect(page.locator(".dialog-ux")).to_have_count(0)
        await expect(page.locator(".btn.authorize")).to_be_focused()

        profile = "#operations-Users-get_current_user_profile_api_v1_users_me_get"
        await tab_to(page, f"{profile} .opblock-summary-control")
        await page.keyboard.press("Enter")
        await tab_to(page, f"{profile} .try-out__btn")
        await page.keyboard.press("Enter")
        await tab_to(page, f"{profile} .execute")
        await docs.screenshot("docs-focus")
        await page.keyboard.press("Enter")
        answer = await shown_answer(page.locator(profile))

    assert answer["user_id"] == ada.user_id
    assert docs.complaints == []


@in_a_browser
async def test_everything_that_can_be_pressed_can_have_the_focus(address: str, browser: Browser) -> None:
    async with visit(browser, f"{address}/docs") as docs:
        found = operation(docs.page, "list_ideas_api_v1__user_id__ideas_get")
        await tried(docs.page.locator("#operations-Health-health_check_health_get"))
        await found.locator(".opblock-summary-control").click()
        await found.locator(".try-out__btn").click()
        unreachable = await docs.page.evaluate(UNREACHABLE)

    assert unreachable == []


def run(shown: str, environ: dict[str, str]) -> str:
    """Returns what a command prints that the page shows."""
    return subprocess.run(shown.split(), env=environ, stdout=subprocess.PIPE, text=True, check=True).stdout


async def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until an element has the focus. Each one on the way shows that it has it."""
    for _ in range(400):
        await page.keyboard.press("Tab")
        assert await page.evaluate(FOCUS_IS_VISIBLE), await page.evaluate("document.activeElement.outerHTML")
        if await page.locator(selector).evaluate("element => element === document.activeElement"):
            return
    pytest.fail(f"{selector} never had the focus")


def operation(page: Page, operation_id: str) -> Locator:
    return page.locator(f"[id^=operations-][id$=-{operation_id}]").first


async def authorize(page: Page, token: str) -> None:
    await page.locator(".btn.authorize").click()
    """Enters the token for the first scheme, which is that of creators."""
    await page.locator(".auth-container input").first.fill(token)
    await page.locator(".auth-btn-wrapper .authorize").first.click()
    await page.locator(".auth-btn-wrapper .btn-done").first.click()


async def tried(operation: Locator) -> Any:
    """Returns the response body of "Try it out" for an operation as it is shown."""
    await operation.locator(".opblock-summary-control").click()
    await operation.locator(".try-out__btn").click()
    return await executed(operation)


async def executed(operation: Locator, text: str = "") -> Any:
    """Returns the response body, which contains `text`."""
    await operation.locator(".execute").click()
    return await shown_answer(operation, text)


async def shown_answer(operation: Locator, text: str = "") -> Any:
    live = operation.locator(".live-responses-table")
    await expect(live.locator(".response-col_status").last).to_contain_text("200")
    body = live.locator(".response-col_description pre.microlight").first
    await expect(body).to_contain_text(text)
    return json.loads(await body.inner_text())
