"""`/try` in Chromium: everything that it offers, by mouse and by keyboard, and what two browsers see of each other."""

from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser import Scheme, Visit, chromium, server, visit
from tests.factories import Creator

pytestmark = pytest.mark.xdist_group("browser")

RULES: Final = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@pytest.fixture(scope="module")
def address(environ: dict[str, str]) -> Generator[str]:
    with server(environ | {"CREATORVAULT_LIVE__LONGEST_SECONDS": "3600"}) as address:
        yield address


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as browser:
        yield browser


@dataclass
class Trying:
    """The page with a creator's vault."""

    visit: Visit

    @property
    def page(self) -> Page:
        return self.visit.page

    @property
    def notice(self) -> Locator:
        return self.page.locator("#notice")

    def stage(self, name: str) -> Locator:
        return self.page.locator(f'[data-stage="{name}"]')

    def card(self, title: str) -> Locator:
        return self.page.get_by_role("button", name=title, exact=True)

    async def capture(self, title: str, tags: str = "", due: str = "") -> None:
        form = self.page.locator("#capture")
        await form.get_by_label("Title").fill(title)
        await form.get_by_label("Tags").fill(tags)
        await form.get_by_label("Due").fill(due)
        await form.get_by_role("button", name="Capture").click()
        await expect(self.notice).to_have_text(f"Captured “{title}”.")

    async def look(self, view: str) -> None:
        await self.page.get_by_role("button", name=view, exact=True).click()


@asynccontextmanager
async def trying(browser: Browser, address: str, creator: Creator, scheme: Scheme = "light") -> AsyncGenerator[Trying]:
    async with visit(browser, f"{address}/try#{creator.token}", scheme, until="load") as seen:
        await expect(seen.page.locator("#live")).to_have_text("Live")
        yield Trying(seen)
        assert seen.complaints == []
        assert seen.hosts == {httpx.URL(address).host}


async def test_an_idea_is_captured_edited_and_found(address: str, browser: Browser, ada: Creator) -> None:
    async with trying(browser, address, ada) as vault:
        await vault.capture("Straßenbahn etiquette", "city, humour", "2026-12-24")
        await vault.capture("Bread", "food")
        await expect(vault.stage("idea").locator("li")).to_have_count(2)
        await vault.page.locator("#search").press_sequentially("STRASSE")
        await expect(vault.stage("idea").locator("li")).to_have_count(1)
        await expect(vault.page.locator("#count")).to_have_text("1 idea")
        await vault.card("Straßenbahn etiquette").click()
        editor = vault.page.locator("#editor")
        await expect(editor.get_by_label("Due")).to_have_value("2026-12-24")
        await editor.get_by_label("Title").fill("Tram etiquette")
        await editor.get_by_label("Notes").fill("Ask a driver")
        await editor.get_by_label("Priority").select_option("high")
        await vault.visit.screenshot("try-editor")
        await editor.get_by_role("button", name="Save").click()
        await expect(vault.notice).to_have_text("Saved.")
        await expect(vault.page.locator("#count")).to_have_text("0 ideas")
        await vault.page.locator("#search").fill("driver")
        await expect(vault.card("Tram etiquette")).to_be_visible()
        await vault.visit.screenshot("try-search")

    found = (await ada.list({"search": "driver"})).json()["items"]
    assert [(idea["title"], idea["priority"], idea["tags"]) for idea in found] == [
        ("Tram etiquette", "high", ["city", "humour"])
    ]
