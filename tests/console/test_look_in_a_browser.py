"""What people see of the console in a browser: contrast, languages, keyboard, narrow windows, updates of tables."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg
import httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, Route, expect

from creatorvault.console.languages import CODES
from tests.admin.operators import appointed, tenant_of
from tests.application import House
from tests.browser import PATIENCE, SCREENSHOTS, Scheme, Visit, chromium, server
from tests.factories import Creator

pytestmark = pytest.mark.xdist_group("browser")

RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
WIDE: Final = 1280
NARROW: Final = 320
"""Pixels: also those of a window of 1280 at a zoom of 400 % (WCAG 2.2, 1.4.10)."""

FOCUSABLE: Final = "a:visible, button:visible, input:visible, select:visible, .scroll:visible"
REFRESHES: Final = 30_000
"""Milliseconds, in which a list that changes by itself is fetched again."""

OVERFLOW: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
FOCUS: Final = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  const { right, bottom, width } = document.activeElement.getBoundingClientRect();
  return {
    tag: document.activeElement.localName,
    visible: outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 && width > 0 && right > 0 && bottom > 0,
  };
}"""


@pytest.fixture(scope="module")
def address(environ: dict[str, str], house: House) -> Generator[str]:
    with server(environ | {"CREATORVAULT_CONSOLE__ENABLED": "true"}) as address:
        yield address


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as browser:
        yield browser


@pytest.fixture
async def tenant(ada: Creator) -> str:
    """Has a vault with an idea."""
    await ada.idea("Nobody sees this")
    return str(tenant_of(ada))


@pytest.fixture
async def key(database: asyncpg.Connection, house: House) -> str:
    return (await appointed(database, house.client, "read", "manage", "keys")).key


@asynccontextmanager
async def opened(browser: Browser, address: str, code: str = "en", scheme: Scheme = "light") -> AsyncGenerator[Visit]:
    """Shows the page for signing in."""
    context = await browser.new_context(
        base_url=address, locale=code, color_scheme=scheme, viewport={"width": WIDE, "height": 900}
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    seen = Visit(page)
    page.on("console", lambda message: seen.complaints.append(message.text))
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("request", seen.note)
    await page.goto("/console")
    yield seen
    await context.close()
    assert seen.complaints == []
    assert seen.hosts == {httpx.URL(address).host}


async def sign_in(page: Page, key: str) -> None:
    """With the keyboard alone. The key may be newer than what the server has read."""
    await page.locator("#credential").fill(key)
    await page.keyboard.press("Enter")
    await expect(page.locator(".account")).to_be_visible()


async def looked_at(page: Page, name: str) -> None:
    """Asserts that there is no violation and nothing beyond the edge, in a wide window and in a narrow one."""
    for width in (WIDE, NARROW):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.screenshot(path=SCREENSHOTS / f"{name}-{width}.png", full_page=True)
        found = await Axe().run(page, options={"runOnly": RULES})
        assert [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]] == [], (name, width)
        assert await page.evaluate(OVERFLOW) <= 0, (name, width)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("scheme", SCHEMES)
async def test_pages_are_accessible(
    browser: Browser, address: str, key: str, tenant: str, code: str, scheme: Scheme
) -> None:
    async with opened(browser, address, code, scheme) as seen:
        page = seen.page
        await looked_at(page, f"console-{code}-{scheme}-sign-in")
        await sign_in(page, key)
        for path in (
            "tenants",
            f"tenants/item?tenant_id={tenant}",
            f"tenants/act/quotas?tenant_id={tenant}",
            "overview",
        ):
            await page.goto(f"/console/{path}")
            await looked_at(page, f"console-{code}-{scheme}-{path.partition('?')[0].replace('/', '-')}")


async def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser, address: str, key: str) -> None:
    async with opened(browser, address) as seen:
        page = seen.page
        await sign_in(page, key)
        await page.goto("/console/tenants")
        focusable = await page.locator(FOCUSABLE).count()

        stops = []
        for _ in range(focusable):
            await page.keyboard.press("Tab")
            stops.append(await page.evaluate(FOCUS))
        assert [stop for stop in stops if not stop["visible"]] == []

        await page.goto("/console/tenants")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Enter")
        assert await page.evaluate("document.activeElement.id") == "main"


async def test_a_search_changes_the_table_and_nothing_else(
    browser: Browser, address: str, key: str, tenant: str, ada: Creator
) -> None:
    async with opened(browser, address) as seen:
        page = seen.page
        await sign_in(page, key)
        await page.goto("/console/tenants")
        await page.evaluate("window.isTheSame = true")

        search = page.get_by_label("Name", exact=True)
        await search.fill(ada.user_id)

        await expect(page.locator("tbody tr")).to_have_count(1)
        await expect(page.locator("#announcement")).to_have_text("1 in all")
        await expect(search).to_be_focused()
        assert await page.evaluate("window.isTheSame")
        assert ada.user_id in page.url


async def test_what_is_typed_during_a_search_is_not_lost(
    browser: Browser, address: str, key: str, tenant: str, ada: Creator
) -> None:
    async with opened(browser, address) as seen:
        page = seen.page
        await sign_in(page, key)
        await page.goto("/console/tenants")
        search = page.get_by_label("Name", exact=True)

        async def type_more(route: Route) -> None:
            await search.press("End")
            await search.press_sequentially(ada.user_id[10:])
            await route.continue_()

        await page.route("**/console/tenants?**", type_more, times=1)
        await search.fill(ada.user_id[:10])

        await expect(page.locator("tbody tr")).to_have_count(1)
        await expect(search).to_have_value(ada.user_id)
        await expect(search).to_be_focused()


async def test_a_session_that_has_ended_is_noticed_by_a_table(browser: Browser, address: str, key: str) -> None:
    async with opened(browser, address) as seen:
        page = seen.page
        await sign_in(page, key)
        await page.goto("/console/tenants")
        await page.context.clear_cookies()

        await page.get_by_label("Status").select_option("active")

        await expect(page.locator("#credential")).to_be_visible()


async def test_updates_can_be_paused(browser: Browser, address: str, key: str) -> None:
    async with opened(browser, address) as seen:
        page = seen.page
        await sign_in(page, key)
        await page.goto("/console/tenants")
        pause = page.get_by_role("button", name="Pause updates")
        await expect(pause).to_be_hidden()

        await page.clock.install()
        await page.goto("/console/jobs")
        async with page.expect_request("**/console/jobs**"):
            await page.clock.run_for(REFRESHES)
        await pause.press("Enter")
        await expect(pause).to_have_attribute("aria-pressed", "true")
        before = len(seen.requested)
        await page.clock.run_for(REFRESHES)

        assert seen.requested[before:] == []
