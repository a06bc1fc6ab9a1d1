"""What a browser finds of the rules of WCAG 2.2 on a page."""

from typing import Final

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page

SMALL_TARGETS: Final = """() => [...document.querySelectorAll("button, input, select, summary, textarea")]
  .filter((each) => each.getClientRects().length > 0)
  .filter((each) => Math.min(each.offsetWidth, each.offsetHeight) < 24)
  .map((each) => `a small target: ${each.outerHTML}`)"""
"""Success criterion 2.5.8, in CSS pixels."""

RULES: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def violations(page: Page) -> list[str]:
    """Returns what axe-core finds with all of its rules, best practices too, and targets that are too small."""
    options = {"runOnly": RULES, "resultTypes": ["violations"]}
    found = (await Axe().run(page, options=options)).response["violations"]
    described = [f"{each['id']}: {each['help']} {[node['html'] for node in each['nodes']]}" for each in found]
    return [*described, *await page.evaluate(SMALL_TARGETS)]
