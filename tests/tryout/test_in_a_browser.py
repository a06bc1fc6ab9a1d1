"""`/try` in Chromium: all that it offers, by mouse and by keyboard, and what two browsers see of each other."""

import json
import re
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import httpx
import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.accessibility import violations
from tests.browser import Scheme, Visit, chromium, server, visit
from tests.factories import Creator, token_of

pytestmark = pytest.mark.xdist_group("browser")

NARROW: Final = 320
"""CSS pixels, for WCAG 2.2, success criterion 1.4.10."""

CHANGES: Final = 20
NUMBER: Final = re.compile(r"^\d+$")
FOCUS_IS_VISIBLE: Final = """() => {
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return outlineStyle === "solid" && parseFloat(outlineWidth) >= 2;
}"""


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

    @property
    def editor(self) -> Locator:
        return self.page.locator("#editor")

    def cards(self, stage: str) -> Locator:
        return self.page.locator(f'[data-stage="{stage}"] .title')

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    async def capture(self, title: str, tags: str = "", due: str = "") -> None:
        form = self.page.locator("#capture")
        await form.get_by_label("Title").fill(title)
        await form.get_by_label("Tags").fill(tags)
        await form.get_by_label("Due").fill(due)
        await form.get_by_role("button", name="Capture").click()
        await expect(self.notice).to_have_text(f"Captured “{title}”.")

    async def tab_to(self, target: Locator) -> None:
        """Presses Tab until `target` has the focus. Each element on the way shows that it has it."""
        for _ in range(100):
            await self.page.keyboard.press("Tab")
            assert await self.page.evaluate(FOCUS_IS_VISIBLE), await self.page.evaluate(
                "document.activeElement.outerHTML"
            )
            if await target.evaluate("element => element === document.activeElement"):
                return
        pytest.fail(f"{target} never had the focus")


@pytest.fixture(scope="module")
def address(environ: dict[str, str]) -> Generator[str]:
    with server(environ | {"CREATORVAULT_LIVE__LONGEST_SECONDS": "3600"}) as address:
        yield address


@pytest.fixture(scope="module")
async def browser() -> AsyncGenerator[Browser]:
    async with chromium() as browser:
        yield browser


@asynccontextmanager
async def trying(
    browser: Browser, address: str, creator: Creator, scheme: Scheme = "light", *, refused: int = 0
) -> AsyncGenerator[Trying]:
    """Fails if the page has caused an error of the console, except `refused` requests, or asked another host."""
    async with visit(browser, f"{address}/try#{creator.token}", scheme, until="load") as seen:
        await expect(seen.page.locator("#live")).to_have_text("Live")
        yield Trying(seen)
        assert len(seen.complaints) == refused, seen.complaints
        assert seen.hosts == {httpx.URL(address).host}
        assert not any(creator.token in url for url in seen.requested)


async def test_an_idea_is_captured_edited_and_found(address: str, browser: Browser, ada: Creator) -> None:
    async with trying(browser, address, ada) as vault:
        await vault.capture("Straßenbahn etiquette", "city, humour", "2026-12-24")
        await vault.capture("Bread", "food")
        await expect(vault.cards("idea")).to_have_text(["Bread", "Straßenbahn etiquette"])
        await vault.page.locator("#search").press_sequentially("STRASSE")
        await expect(vault.cards("idea")).to_have_text(["Straßenbahn etiquette"])
        await expect(vault.page.locator("#count")).to_have_text("1 idea")
        await vault.button("Straßenbahn etiquette").click()
        await expect(vault.editor.get_by_label("Title")).to_be_focused()
        await expect(vault.editor.get_by_label("Due")).to_have_value("2026-12-24")
        await vault.editor.get_by_label("Title").fill("Tram etiquette")
        await vault.editor.get_by_label("Notes").fill("Ask a driver")
        await vault.editor.get_by_label("Priority").select_option("high")
        await vault.visit.screenshot("try-editor")
        await vault.button("Save").click()
        await expect(vault.notice).to_have_text("Saved.")
        await expect(vault.page.locator("#count")).to_have_text("0 ideas")
        await vault.page.locator("#search").fill("driver")
        await expect(vault.cards("idea")).to_have_text(["Tram etiquette"])
        await vault.visit.screenshot("try-search")

    [idea] = (await ada.list({"search": "driver"})).json()["items"]
    assert (idea["title"], idea["priority"], idea["tags"]) == ("Tram etiquette", "high", ["city", "humour"])
    assert idea["due_date"].startswith("2026-12-24T00:00:00")


async def test_an_idea_is_dragged_to_another_stage(address: str, browser: Browser, ada: Creator) -> None:
    idea = await ada.idea("Bread")
    async with trying(browser, address, ada) as vault:
        await vault.page.locator(".card").drag_to(vault.page.locator('[data-stage="draft"]'))
        await expect(vault.cards("draft")).to_have_text(["Bread"])
        await expect(vault.notice).to_have_text("Moved “Bread” to Draft.")
        await vault.visit.screenshot("try-board")

    assert (await ada.get(idea)).json()["stage"] == "draft"


async def test_ideas_are_moved_by_keyboard_and_by_buttons(address: str, browser: Browser, ada: Creator) -> None:
    for title, stage in (("Bread", "idea"), ("Butter", "idea"), ("Jam", "published")):
        await ada.idea(title, stage=stage)
    async with trying(browser, address, ada) as vault:
        press = vault.page.keyboard.press
        await vault.tab_to(vault.button("Butter"))
        await press("ArrowDown")
        await expect(vault.button("Bread")).to_be_focused()
        await press("ArrowRight")  # over two empty stages
        await expect(vault.button("Jam")).to_be_focused()
        await press("ArrowRight")
        await press("ArrowUp")
        await expect(vault.button("Jam")).to_be_focused()
        await press("ArrowLeft")
        await expect(vault.button("Butter")).to_be_focused()
        await press("Shift+ArrowLeft")
        await press("Shift+ArrowRight")
        await expect(vault.cards("outline")).to_have_text(["Butter"])
        await expect(vault.button("Butter")).to_be_focused()
        await press("Shift+ArrowRight")
        await expect(vault.cards("draft")).to_have_text(["Butter"])

        await vault.button("Move “Butter” to Published").press("Enter")
        await expect(vault.cards("published")).to_have_text(["Jam", "Butter"])
        await expect(vault.button("Butter")).to_be_focused()  # its button is gone
        await vault.button("Move “Butter” to Draft").click()
        await expect(vault.cards("draft")).to_have_text(["Butter"])
        await expect(vault.notice).to_have_text("Moved “Butter” to Draft.")


async def test_a_deletion_is_undone_and_the_trash_is_emptied(address: str, browser: Browser, ada: Creator) -> None:
    for title in ("Bread", "Butter", "Jam"):
        await ada.idea(title)
    async with trying(browser, address, ada) as vault:

        async def delete(title: str) -> None:
            await vault.button(title).click()
            await vault.button("Delete").click()
            await expect(vault.notice).to_contain_text(f"Deleted “{title}”.")

        vault.page.on("dialog", lambda dialog: dialog.accept())
        await delete("Bread")
        await expect(vault.cards("idea")).to_have_text(["Jam", "Butter"])
        await expect(vault.button("Undo")).to_be_focused()
        await vault.page.keyboard.press("Enter")
        await expect(vault.notice).to_have_text("“Bread” is back.")
        await expect(vault.cards("idea")).to_have_text(["Jam", "Butter", "Bread"])

        for title in ("Bread", "Butter", "Jam"):
            await delete(title)
        await vault.button("Trash").click()
        await expect(vault.page.locator("#count")).to_have_text("3 ideas")
        await vault.visit.screenshot("try-trash")
        assert await violations(vault.page) == []
        await vault.button("Restore “Bread”").click()
        await expect(vault.notice).to_have_text("Restored “Bread”.")
        await vault.button("Delete permanently “Jam”").click()
        await expect(vault.page.locator("#count")).to_have_text("1 idea")
        await vault.button("Empty the trash").click()
        await expect(vault.page.locator("#view")).to_have_text("The trash is empty.")

    assert await ada.titles() == ["Bread"]
    assert (await ada.request("GET", f"/api/v1/{ada.user_id}/trash")).json()["total"] == 0


async def test_earlier_versions_are_compared_and_restored(address: str, browser: Browser, ada: Creator) -> None:
    idea = await ada.idea("Bread", tags=["food"])
    await ada.patch(idea, {"title": "Butter", "tags": ["dairy"], "due_date": "2026-12-24"})
    async with trying(browser, address, ada) as vault:
        await vault.button("Butter").click()
        await vault.editor.get_by_text("Earlier versions").click()
        await vault.button("Compare version 1").click()
        lines = vault.editor.locator("li li")
        await expect(lines).to_have_text(
            [
                "title: Bread → Butter",
                "due_date: nothing → 2026-12-24T00:00:00Z",
                "tags added: dairy",
                "tags removed: food",
            ]
        )
        await vault.visit.screenshot("try-history")
        assert await violations(vault.page) == []
        await vault.button("Restore version 1").click()
        await expect(vault.editor.get_by_label("Title")).to_have_value("Bread")
        await vault.editor.get_by_text("Earlier versions").click()
        await expect(vault.editor.locator(".version")).to_have_count(2)
        await vault.page.keyboard.press("Escape")
        await expect(vault.button("Bread")).to_be_focused()


async def test_a_change_from_elsewhere_is_not_overwritten_unseen(address: str, browser: Browser, ada: Creator) -> None:
    idea = await ada.idea("Bread")
    async with trying(browser, address, ada, refused=2) as vault:
        await vault.button("Bread").click()
        await vault.editor.get_by_label("Notes").fill("With salt")
        await ada.patch(idea, {"title": "Butter"})
        await vault.button("Save").click()
        await expect(vault.editor.get_by_role("alert")).to_contain_text("Changed elsewhere: “Butter”.")
        await vault.visit.screenshot("try-conflict")
        await vault.button("Save").click()
        await expect(vault.notice).to_have_text("Saved.")
        await vault.button("Butter").click()
        await vault.editor.get_by_label("Tags").fill("x" * 1001)
        await vault.button("Save").click()
        await expect(vault.editor.get_by_role("alert")).to_contain_text("tags")

    kept = (await ada.get(idea)).json()
    assert (kept["title"], kept["notes"]) == ("Butter", "With salt")


async def test_an_export_is_downloaded(address: str, browser: Browser, ada: Creator) -> None:
    await ada.idea("Bread")
    async with trying(browser, address, ada) as vault:
        async with vault.page.expect_download() as downloaded:
            await vault.button("Export").click()
        download = await downloaded.value
        lines = [json.loads(line) for line in (await download.path()).read_text(encoding="utf-8").splitlines()]
        await vault.page.locator("#format").select_option("markdown")
        async with vault.page.expect_download() as downloaded:
            await vault.button("Export").click()
        await expect(vault.notice).to_contain_text("Exported")
        assert (await downloaded.value).suggested_filename.endswith(".zip")

    assert [line["type"] for line in lines] == ["export", "settings", "idea", "end"]
    assert lines[2]["title"] == "Bread"


async def test_tags_filter_and_are_renamed(address: str, browser: Browser, ada: Creator) -> None:
    await ada.idea("Bread", tags=["food"])
    await ada.idea("Butter", tags=["food", "dairy"])
    await ada.idea("Trams", tags=["city"])
    async with trying(browser, address, ada) as vault:
        await vault.button("dairy 1").click()
        await vault.button("city 1").click()
        await expect(vault.cards("idea")).to_have_text(["Trams", "Butter"])
        await expect(vault.page.locator("#rename")).to_be_hidden()
        await vault.button("city 1").click()
        await expect(vault.cards("idea")).to_have_text(["Butter"])
        assert await vault.button("dairy 1").get_attribute("aria-pressed") == "true"
        await vault.page.locator("#new-name").fill("food")
        await vault.button("Rename in all ideas").click()
        await expect(vault.notice).to_have_text("Renamed the tag in 1 idea.")
        await expect(vault.cards("idea")).to_have_text(["Butter", "Bread"])
        await expect(vault.page.locator("#tags button")).to_have_text(["food 2", "city 1"])


async def test_tags_are_edited_with_the_commas_that_no_tag_can_have(
    address: str, browser: Browser, ada: Creator
) -> None:
    """The API splits tags at commas, so a list with commas can say every set of tags."""
    idea = await ada.idea("Bread", tags=["food, drink", "dairy"])
    assert idea["tags"] == ["food", "drink", "dairy"]
    async with trying(browser, address, ada) as vault:
        for typed in ("food, tea,  milk,", ""):
            await vault.button("Bread").click()
            before = (await ada.get(idea)).json()["tags"]
            await expect(vault.editor.get_by_label("Tags")).to_have_value(", ".join(before))
            await vault.editor.get_by_label("Tags").fill(typed)
            await vault.button("Save").click()
            await expect(vault.editor).to_be_hidden()
            shown = [tag.strip() for tag in typed.split(",") if tag]
            await expect(vault.page.locator(".card .tag")).to_have_text(shown)
            assert (await ada.get(idea)).json()["tags"] == shown


async def test_the_calendar_shows_ideas_on_their_day(address: str, browser: Browser, ada: Creator) -> None:
    today = time.strftime("%Y-%m-%d", time.gmtime())
    await ada.idea("Bread", due_date=today)
    async with trying(browser, address, ada) as vault:
        await vault.button("Calendar").click()
        cell = vault.page.locator("td", has=vault.page.locator(f'time[datetime="{today}"]'))
        await expect(cell.locator("button")).to_have_text(["Bread"])
        await vault.visit.screenshot("try-calendar")
        assert await violations(vault.page) == []
        await vault.button("Later").click()
        await expect(vault.page.locator("#count")).to_have_text("0 ideas")
        await expect(vault.button("Later")).to_be_focused()
        await vault.button("Earlier").click()
        await cell.locator("button").click()
        await vault.editor.get_by_label("Due").fill("")
        await vault.button("Save").click()
        await expect(vault.page.locator("#count")).to_have_text("0 ideas")

    assert (await ada.list()).json()["items"][0]["due_date"] is None


async def test_two_browsers_see_each_others_changes_within_a_second(
    address: str, browser: Browser, ada: Creator
) -> None:
    """On a busy machine single changes take longer, so the fastest of many counts. Neither browser polls."""
    seconds: list[float] = []
    async with trying(browser, address, ada) as one, trying(browser, address, ada) as other:
        for number, (here, there) in enumerate([(one, other), (other, one)] * (CHANGES // 2)):
            await here.capture(f"Idea {number}")
            began = time.monotonic()
            await expect(there.button(f"Idea {number}")).to_be_visible()
            seconds.append(time.monotonic() - began)
            if number > 1 and min(seconds) < 1:
                break
        await one.button("Move “Idea 0” to Outline").click()
        await expect(other.cards("outline")).to_have_text(["Idea 0"])
        lists = [url for url in other.visit.requested if "/ideas?" in url]
        await other.page.wait_for_timeout(3000)
        assert [url for url in other.visit.requested if "/ideas?" in url] == lists

    assert min(seconds) < 1


async def test_examples_fill_an_empty_vault(address: str, browser: Browser, ada: Creator) -> None:
    async with trying(browser, address, ada) as vault:
        await vault.button("Add examples").click()
        await expect(vault.cards("idea")).to_have_count(2)
        await expect(vault.button("Add examples")).to_have_count(0)
        await vault.page.locator("#search").fill("cafe")
        await expect(vault.cards("published")).to_have_text(["A café in every street"])


async def test_each_call_is_listed(address: str, browser: Browser, ada: Creator) -> None:
    async with trying(browser, address, ada) as vault:
        rows = vault.page.locator("#calls tbody tr")
        events = rows.filter(has_text=f"/api/v1/{ada.user_id}/events")
        await expect(events.locator("td")).to_have_text(["GET", f"/api/v1/{ada.user_id}/events", "200", NUMBER])
        await vault.capture("Bread")
        created = rows.filter(has_text="POST")
        await expect(created.locator("td")).to_have_text(["POST", f"/api/v1/{ada.user_id}/ideas", "201", NUMBER])
        await expect(rows.filter(has_text="304").first).to_be_visible()
        shown = await rows.count()
        assert shown == len([url for url in vault.visit.requested if "/api/v1/" in url])


async def test_the_token_leaves_the_address(address: str, browser: Browser, ada: Creator) -> None:
    async with trying(browser, address, ada) as vault:
        assert vault.page.url == f"{address}/try"
        assert await vault.page.evaluate("history.length") == 2  # about:blank
        await vault.page.reload()
        await expect(vault.page.locator("#live")).to_have_text("Live")


async def test_without_a_valid_token_the_page_asks_for_one(address: str, browser: Browser, ada: Creator) -> None:
    expired = token_of({"sub": ada.user_id, "user_id": ada.user_id, "iat": 1_700_000_000, "exp": 1_700_000_600})
    async with visit(browser, f"{address}/try", until="load") as seen:
        token = seen.page.get_by_label("Token")
        await expect(token).to_be_visible()
        await expect(seen.page.locator("#capture")).to_be_hidden()
        await seen.screenshot("try-sign-in")
        assert await violations(seen.page) == []
        await token.fill(expired)
        await seen.page.keyboard.press("Enter")
        await expect(seen.page.locator("#notice")).to_contain_text("The token is not accepted")
        await token.fill(ada.token)
        await seen.page.keyboard.press("Enter")
        await expect(seen.page.locator("#live")).to_have_text("Live")
        await seen.page.goto(f"{address}/try#{expired}")
        await expect(token).to_be_visible()
        assert seen.page.url == f"{address}/try"


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_page_is_accessible(address: str, browser: Browser, ada: Creator, scheme: Scheme) -> None:
    idea = await ada.idea("Straßenbahn etiquette", tags=["city"], priority="high", due_date="2026-12-24")
    await ada.patch(idea, {"notes": "Ask a driver"})
    await ada.idea("b" * 200, stage="published")
    async with trying(browser, address, ada, scheme) as vault:
        await vault.button("city 1").click()
        await expect(vault.page.locator("#rename")).to_be_visible()
        await vault.button("city 1").click()
        await expect(vault.page.locator("#count")).to_have_text("2 ideas")
        await vault.visit.screenshot(f"try-{scheme}")
        assert await violations(vault.page) == []
        await vault.button("Straßenbahn etiquette").click()
        await vault.editor.get_by_text("Earlier versions").click()
        await expect(vault.editor.locator(".version")).to_have_count(1)
        await vault.visit.screenshot(f"try-editor-{scheme}")
        assert await violations(vault.page) == []
        await vault.page.keyboard.press("Escape")
        await vault.page.set_viewport_size({"width": NARROW, "height": 800})
        for view in ("Board", "Calendar", "Trash"):
            await vault.button(view).click()
            await expect(vault.page.locator('[aria-current="true"]')).to_have_text(view)
            assert await vault.page.evaluate("document.documentElement.scrollWidth") <= NARROW, view
            await vault.visit.screenshot(f"try-narrow-{view.lower()}-{scheme}")
            assert await violations(vault.page) == [], view


async def test_everything_is_done_by_keyboard(address: str, browser: Browser, ada: Creator) -> None:
    async with trying(browser, address, ada) as vault:
        page, press = vault.page, vault.page.keyboard.press
        await press("Tab")
        await expect(page.get_by_text("Skip to the ideas")).to_be_focused()
        await vault.visit.screenshot("try-skip-link")
        await vault.tab_to(page.locator("#capture").get_by_label("Title"))
        await page.keyboard.type("Bread")
        await press("Enter")
        await expect(vault.cards("idea")).to_have_text(["Bread"])
        await vault.tab_to(page.locator("#search"))
        await page.keyboard.type("nothing")
        await expect(vault.cards("idea")).to_have_count(0)
        for _ in "nothing":
            await press("Backspace")
        await expect(vault.cards("idea")).to_have_count(1)
        await vault.tab_to(vault.button("Bread"))
        await press("Shift+ArrowRight")
        await expect(vault.cards("outline")).to_have_text(["Bread"])
        await press("Enter")
        await expect(vault.editor.get_by_label("Title")).to_be_focused()
        await press("End")
        await page.keyboard.type(" and butter")
        await press("Enter")
        await expect(vault.cards("outline")).to_have_text(["Bread and butter"])
        await expect(vault.button("Bread and butter")).to_be_focused()
        await press("Enter")
        await vault.tab_to(vault.button("Delete"))
        await press("Enter")
        await expect(vault.button("Undo")).to_be_focused()
        await press("Enter")
        await expect(vault.cards("outline")).to_have_text(["Bread and butter"])
