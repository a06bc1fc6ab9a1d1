"""The console in a browser with scripts off: what is read, and a change."""

from typing import Final

import pytest
from playwright.async_api import Browser, expect

from creatorvault.console.languages import CODES
from tests.application import House
from tests.console.in_a_browser import opened, sign_in
from tests.console.scene import Scene, owner

pytestmark = pytest.mark.xdist_group("browser")

ROWS: Final = "#block-0 tbody tr"


async def test_lists_filters_pages_and_an_action(
    chrome: Browser, address: str, shown_house: House, scene: Scene
) -> None:
    for _ in range(2):
        await owner(shown_house)
    name = str(scene.ada.claims["org_id"])
    async with opened(chrome, address, scripts=False) as seen:
        page = seen.page
        await sign_in(page, scene.olga.key)

        await page.goto("/console/tenants?limit=1")
        first = await page.locator(f"{ROWS} th").inner_text()
        await page.get_by_role("link", name="Next page").click()
        await expect(page.locator(f"{ROWS} th")).not_to_have_text(first)
        await page.get_by_role("link", name="First page").click()
        await expect(page.locator(f"{ROWS} th")).to_have_text(first)

        await page.goto("/console/tenants")
        await page.get_by_label("Kind").select_option("organization")
        await page.get_by_role("searchbox").fill(name)
        await page.get_by_role("button", name="Show").click()
        await expect(page.locator(ROWS)).to_have_count(1)
        await expect(page.get_by_label("Kind")).to_have_value("organization")

        await page.get_by_role("link", name=name).click()
        await page.get_by_role("link", name="Suspend").click()
        await page.get_by_role("button", name="Suspend").click()
        await expect(page.locator("#notice")).to_have_text("The tenant is suspended.")
        assert (await scene.olga.get(f"/tenants/{scene.keys['tenant_id']}"))["status"] == "suspended"

        await page.locator("#language").select_option(CODES[-1])
        await page.locator("form.language button").click()
        await expect(page.locator("html")).to_have_attribute("lang", CODES[-1])
