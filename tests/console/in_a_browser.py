"""The console in a browser: windows, what is looked at in each, and somebody who has no mouse."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import httpx
from playwright.async_api import Browser, ConsoleMessage, Locator, Page, Response, expect

from tests.accessibility import violations
from tests.browser import PATIENCE, SCREENSHOTS, Scheme, Visit

FOLDER: Final = SCREENSHOTS / "console"
WIDE: Final = 1280
NARROW: Final = 320
"""Pixels: also those of a window of 1280 at a zoom of 400 % (WCAG 2.2, 1.4.10)."""

OVERFLOW: Final = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
DIRECTION: Final = """(element) => {
  const { activeElement } = document;
  if (activeElement === element) return null;
  const isAbove = activeElement.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_PRECEDING;
  return isAbove && activeElement !== document.body ? "Shift+Tab" : "Tab";
}"""
"""The key that leads to an element, unless it has the focus."""

MOST_STOPS: Final = 400
"""More than any page of the tests has."""


@asynccontextmanager
async def opened(
    browser: Browser, address: str, code: str = "en", scheme: Scheme = "light", *, scripts: bool = True
) -> AsyncGenerator[Visit]:
    """Shows the page for signing in. Asserts at the end that nothing was reported and no other host was asked.

    A browser itself reports each page that has the status of an error.
    """
    context = await browser.new_context(
        base_url=address,
        locale=code,
        color_scheme=scheme,
        viewport={"width": WIDE, "height": 900},
        java_script_enabled=scripts,
    )
    page = await context.new_page()
    page.set_default_timeout(PATIENCE)
    seen = Visit(page)
    reported, refused = list[tuple[str, str]](), set[str]()

    def hear(message: ConsoleMessage) -> None:
        reported.append((message.location["url"] or "", message.text))

    def note(response: Response) -> None:
        if response.request.is_navigation_request() and response.status >= 400:
            refused.add(response.url)

    page.on("console", hear)
    page.on("pageerror", lambda error: seen.complaints.append(str(error)))
    page.on("request", seen.note)
    page.on("response", note)
    await page.goto("/console")
    yield seen
    await context.close()
    seen.complaints += [text for url, text in reported if url not in refused]
    assert not seen.complaints, seen.complaints
    assert seen.hosts == {httpx.URL(address).host}


async def sign_in(page: Page, key: str) -> None:
    """With the keyboard alone. The key may be newer than what the server has read."""
    await page.locator("#credential").fill(key)
    await page.keyboard.press("Enter")
    await expect(page.locator(".account")).to_be_visible()


async def looked_at(page: Page, name: str) -> list[str]:
    """Returns what is wrong, in a wide window and in a narrow one, of which pictures are kept."""
    wrong = []
    for width in (WIDE, NARROW):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.screenshot(path=FOLDER / f"{name}-{width}.png", full_page=True)
        wrong += [f"{name}, {width} px: {each}" for each in await violations(page)]
        if await page.evaluate(OVERFLOW) > 0:
            wrong.append(f"{name}, {width} px: wider than the window")
    return wrong


class Keyboard(NamedTuple):
    """Somebody who uses a page with the keyboard alone."""

    page: Page

    async def reach(self, element: Locator) -> None:
        """Presses Tab, or Shift and Tab, until the element has the focus."""
        await expect(element).to_have_count(1)
        for _ in range(MOST_STOPS):
            key = await element.evaluate(DIRECTION)
            if key is None:
                return
            await self.page.keyboard.press(key)
        raise AssertionError(f"the keyboard does not reach {element}")

    async def press(self, element: Locator) -> None:
        await self.reach(element)
        await self.page.keyboard.press("Enter")

    async def follow(self, element: Locator) -> None:
        """Follows a link or sends a form, and goes to the content of the next page."""
        await self.reach(element)
        async with self.page.expect_navigation():
            await self.page.keyboard.press("Enter")
        await self.skip()

    async def skip(self) -> None:
        """Goes to the content of a page that has just been loaded."""
        await self.press(self.page.locator(".skip"))
        assert await self.page.evaluate("document.activeElement.id") == "main"

    async def write(self, element: Locator, text: str) -> None:
        """In place of what the field contains."""
        await self.reach(element)
        await self.page.keyboard.press("ControlOrMeta+A")
        await self.page.keyboard.insert_text(text)

    async def tick(self, element: Locator) -> None:
        await self.reach(element)
        await self.page.keyboard.press("Space")

    async def choose(self, element: Locator, value: str) -> None:
        """One of a list."""
        await self.reach(element)
        await self.page.keyboard.press("Home")
        for _ in range(await element.locator("option").count()):
            if await element.input_value() == value:
                return
            await self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"{value} cannot be chosen")
