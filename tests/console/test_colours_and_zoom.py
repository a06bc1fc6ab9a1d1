"""Every page of the console with the few colours of a high-contrast theme, at a zoom of 200 %, and in large letters."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from creatorvault.console.languages import CODES
from tests.application import House
from tests.console.in_a_browser import WIDE, opened, sign_in
from tests.console.scene import Scene, places
from tests.console.seeing import CLIPPED, FOCUS, STATES, wrong_in

pytestmark = pytest.mark.xdist_group("browser")

ZOOMED: Final = {"width": WIDE // 2, "height": 450}
"""A window of 1280 by 900 at a zoom of 200 % (WCAG 2.2, 1.4.4)."""

LARGE_LETTERS: Final = "document.documentElement.style.fontSize = '200%'"


@asynccontextmanager
async def signed_in(chrome: Browser, address: str, scene: Scene, code: str = "en") -> AsyncGenerator[Page]:
    async with opened(chrome, address, code) as seen:
        await sign_in(seen.page, scene.olga.key)
        yield seen.page


def paths(house: House, scene: Scene) -> list[str]:
    """A list, an object and a form of each section, and a page that is an error."""
    return [*(place.path for place in places(house.app, scene.keys)), "/console/none"]


async def send_a_wrong_form(page: Page, scene: Scene) -> None:
    await page.goto(f"/console/tenants/act/quotas?tenant_id={scene.keys['tenant_id']}")
    await page.locator("#field-idea_quota").fill("many")
    await page.locator("main form[method='post'] button.primary").click()
    await expect(page.locator("#errors")).to_be_focused()


async def wrong_while_signed_in(page: Page, house: House, scene: Scene, *scripts: str) -> list[str]:
    """What is wrong on any page, and on one that shows the errors of a form."""
    wrong = []
    for path in paths(house, scene):
        await page.goto(path)
        wrong += await wrong_in(page, path, *scripts)
    await send_a_wrong_form(page, scene)
    return wrong + await wrong_in(page, "a wrong form", *scripts)


async def test_nothing_depends_on_colours(chrome: Browser, address: str, shown_house: House, scene: Scene) -> None:
    async with signed_in(chrome, address, scene) as page:
        await page.emulate_media(forced_colors="active")
        assert await page.evaluate("matchMedia('(forced-colors: active)').matches")
        wrong = await wrong_while_signed_in(page, shown_house, scene, STATES, FOCUS)
        await page.context.clear_cookies()
        await page.goto("/console")
        wrong += await wrong_in(page, "sign-in", STATES, FOCUS)

        assert wrong == []


@pytest.mark.parametrize("code", CODES)
async def test_pages_are_whole_at_a_zoom_of_200_percent(
    chrome: Browser, address: str, shown_house: House, scene: Scene, code: str
) -> None:
    async with signed_in(chrome, address, scene, code) as page:
        await page.set_viewport_size({"width": ZOOMED["width"], "height": ZOOMED["height"]})
        assert await wrong_while_signed_in(page, shown_house, scene, CLIPPED, FOCUS) == []


async def test_pages_are_whole_in_letters_of_200_percent(
    chrome: Browser, address: str, shown_house: House, scene: Scene
) -> None:
    async with signed_in(chrome, address, scene) as page:
        wrong = []
        for path in paths(shown_house, scene):
            await page.goto(path)
            await page.evaluate(LARGE_LETTERS)
            wrong += await wrong_in(page, path, CLIPPED, FOCUS)

        assert wrong == []
