"""What somebody sees of a page who has few colours, or large letters. Each script returns what is wrong."""

from typing import Final

from playwright.async_api import Page

FOCUS: Final = """() => {
  const found = [];
  const canvas = getComputedStyle(document.documentElement).backgroundColor;
  const selector = "a[href], button, input:not([type=hidden]), select, summary, textarea, .scroll[tabindex]";
  for (const each of document.querySelectorAll(selector)) {
    if (!each.checkVisibility()) continue;
    each.focus();
    const style = getComputedStyle(each), { left, right, top, bottom, width } = each.getBoundingClientRect();
    const isInside = right > 0 && left < innerWidth && bottom > 0 && top < innerHeight && width > 0;
    const isRinged = style.outlineStyle === "solid" && parseFloat(style.outlineWidth) >= 2;
    if (document.activeElement !== each || !isInside || !isRinged || style.outlineColor === canvas)
      found.push(`no focus is seen: ${each.outerHTML}`);
  }
  return found;
}"""
"""After a key was pressed, since a browser shows the focus to whoever uses the keyboard."""

STATES: Final = """() => {
  const found = [];
  const canvas = getComputedStyle(document.documentElement).backgroundColor;
  const text = getComputedStyle(document.body).color;
  const edges = ["Top", "Right", "Bottom", "Left"];
  const framed = "button, .button, .status, input:not([type=hidden]), select, textarea";
  for (const each of document.querySelectorAll(framed)) {
    const style = getComputedStyle(each);
    if (!each.checkVisibility() || ["checkbox", "radio"].includes(each.type)) continue;
    for (const edge of edges)
      if (style[`border${edge}Style`] === "none" || parseFloat(style[`border${edge}Width`]) < 1 ||
          style[`border${edge}Color`] === canvas)
        found.push(`no border: ${each.outerHTML}`);
  }
  for (const each of document.querySelectorAll(".status, .button, button"))
    if (each.checkVisibility() && each.innerText.trim() === "") found.push(`no word: ${each.outerHTML}`);
  const weight = (each) => getComputedStyle(each).fontWeight;
  const others = [...document.querySelectorAll(".sections a:not([aria-current])")];
  for (const each of document.querySelectorAll(".sections [aria-current]"))
    if (others.some((other) => weight(other) === weight(each))) found.push("the section is marked by colour alone");
  for (const each of document.querySelectorAll("[aria-invalid=true]")) {
    const said = document.getElementById(each.getAttribute("aria-describedby")?.split(" ").at(-1));
    if (parseFloat(getComputedStyle(each).borderTopWidth) < 2 || !said?.innerText)
      found.push(`an error is marked by colour alone: ${each.outerHTML}`);
  }
  for (const chart of document.querySelectorAll(".chart")) {
    const styles = [...chart.querySelectorAll(".drawing .curve")].map((each) => getComputedStyle(each));
    const kinds = new Set(styles.map((style) => `${style.strokeDasharray} ${style.strokeWidth}`));
    if (kinds.size < styles.length) found.push(`lines differ by colour alone: ${chart.innerText}`);
    if (styles.some((style) => style.stroke !== text)) found.push(`a line has a colour of its own: ${chart.innerText}`);
  }
  return found;
}"""

CLIPPED: Final = """() => {
  const found = [];
  const page = document.documentElement;
  if (page.scrollWidth > page.clientWidth) found.push(`the page is ${page.scrollWidth - page.clientWidth} px too wide`);
  for (const each of document.body.querySelectorAll("*")) {
    const style = getComputedStyle(each);
    if (!each.checkVisibility() || each.closest(".unseen, .skip, .scroll *")) continue;
    const { left, right } = each.getBoundingClientRect();
    if (left < -1 || right > page.clientWidth + 1) found.push(`outside of the window: ${each.outerHTML}`);
    if (["INPUT", "SELECT", "TEXTAREA"].includes(each.tagName) || each instanceof SVGElement) continue;
    const isCut = (overflow) => ["hidden", "clip"].includes(overflow);
    if (isCut(style.overflowX) && each.scrollWidth > each.clientWidth + 1) found.push(`cut off: ${each.outerHTML}`);
    if (isCut(style.overflowY) && each.scrollHeight > each.clientHeight + 1) found.push(`cut off: ${each.outerHTML}`);
    if (each.matches("button, .button, .status") && each.scrollWidth > each.clientWidth + 1)
      found.push(`runs over its border: ${each.outerHTML}`);
  }
  return found;
}"""
"""A table scrolls in its frame (WCAG 2.2, 1.4.10, has an exception for data that needs two dimensions)."""


UNFOLD: Final = "document.querySelectorAll('details').forEach((each) => { each.open = true; })"


async def wrong_in(page: Page, name: str, *scripts: str) -> list[str]:
    """With all details open."""
    await page.evaluate(UNFOLD)
    await page.keyboard.press("Tab")
    return [f"{name}: {each}" for script in scripts for each in await page.evaluate(script)]
