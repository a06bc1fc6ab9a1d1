"""How the console behaves in a browser: where the focus is, and updates of tables."""

from typing import Final

import pytest
from playwright.async_api import Browser, Route, expect

from tests.console.in_a_browser import opened, sign_in
from tests.console.scene import Scene

pytestmark = pytest.mark.xdist_group("browser")

FOCUSABLE: Final = "a:visible, button:visible, input:visible, select:visible, .scroll:visible"
REFRESHES: Final = 30_000
"""Milliseconds, in which a list that changes by itself is fetched again."""

FOCUS: Final = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  const { right, bottom, width } = document.activeElement.getBoundingClientRect();
  return {
    tag: document.activeElement.localName,
    visible: outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 && width > 0 && right > 0 && bottom > 0,
  };
}"""


async def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    chrome: Browser, address: str, scene: Scene
) -> None:
    async with opened(chrome, address) as seen:
        page = seen.page
        await sign_in(page, scene.olga.key)
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


async def test_a_search_changes_the_table_and_nothing_else(chrome: Browser, address: str, scene: Scene) -> None:
    name = str(scene.ada.claims["org_id"])
    async with opened(chrome, address) as seen:
        page = seen.page
        await sign_in(page, scene.olga.key)
        await page.goto("/console/tenants")
        await page.evaluate("window.isTheSame = true")

        search = page.get_by_role("searchbox")
        await search.fill(name)

        await expect(page.locator("tbody tr")).to_have_count(1)
        await expect(page.locator("#announcement")).to_have_text("1 in all")
        await expect(search).to_be_focused()
        assert await page.evaluate("window.isTheSame")
        assert name in page.url


async def test_what_is_typed_during_a_search_is_not_lost(chrome: Browser, address: str, scene: Scene) -> None:
    name = str(scene.ada.claims["org_id"])
    async with opened(chrome, address) as seen:
        page = seen.page
        await sign_in(page, scene.olga.key)
        await page.goto("/console/tenants")
        search = page.get_by_role("searchbox")

        async def type_more(route: Route) -> None:
            await search.press("End")
            await search.press_sequentially(name[10:])
            await route.continue_()

        await page.route("**/console/tenants?**", type_more, times=1)
        await search.fill(name[:10])

        await expect(page.locator("tbody tr")).to_have_count(1)
        await expect(search).to_have_value(name)
        await expect(search).to_be_focused()


async def test_a_session_that_has_ended_is_noticed_by_a_table(chrome: Browser, address: str, scene: Scene) -> None:
    async with opened(chrome, address) as seen:
        page = seen.page
        await sign_in(page, scene.olga.key)
        await page.goto("/console/tenants")
        await page.context.clear_cookies()

        await page.get_by_label("Status").select_option("active")

        await expect(page.locator("#credential")).to_be_visible()


async def test_updates_can_be_paused(chrome: Browser, address: str, scene: Scene) -> None:
    async with opened(chrome, address) as seen:
        page = seen.page
        await sign_in(page, scene.olga.key)
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
