// What htmx leaves to a page: pausing updates, the focus, and telling screen readers. All pages work without scripts.
const announcement = document.querySelector("#announcement");
const pause = document.querySelector("#updates");
const REPEATED = "[hx-trigger*='every']";

const isPaused = () => pause.getAttribute("aria-pressed") === "true";
const isRepeated = (detail) => detail.elt.matches(REPEATED) && !detail.requestConfig.triggeringEvent;

// WCAG 2.2.2: what changes by itself can be paused.
if (document.querySelector(REPEATED)) {
  pause.parentElement.hidden = false;
  pause.addEventListener("click", () => pause.setAttribute("aria-pressed", String(!isPaused())));
}

document.body.addEventListener("htmx:beforeRequest", (event) => {
  const { elt } = event.detail;
  const isBusy = document.hidden || isPaused() || elt.contains(document.activeElement);
  if (isRepeated(event.detail) && isBusy) event.preventDefault();
});

// A session that has ended, and errors, are pages of their own, which do not have the block that was asked for.
document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { requestConfig, target, xhr } = event.detail;
  if (target.id && xhr.responseText.includes(`id="${target.id}"`)) return;
  event.detail.shouldSwap = false;
  event.preventDefault();
  if (requestConfig.verb === "get") location.assign(xhr.responseURL || location.href);
});

// What was typed while the answer was on its way is searched for next.
let typed = null;

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { activeElement } = document;
  const isField = event.detail.target.contains(activeElement) && activeElement.matches("input[id]");
  typed = isField ? { id: activeElement.id, value: activeElement.value } : null;
});

document.body.addEventListener("htmx:afterSettle", () => {
  const field = typed && document.getElementById(typed.id);
  if (field && field.value !== typed.value) {
    field.value = typed.value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  typed = null;
});

for (const failure of ["htmx:sendError", "htmx:timeout"]) {
  document.body.addEventListener(failure, () => {
    announcement.textContent = document.body.dataset.stale;
  });
}

// After a search, a sort or a page, the block's own summary says what is shown now.
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (!event.detail.requestConfig?.triggeringEvent) return;
  const block = document.getElementById(event.detail.target.id);
  announcement.textContent = block?.querySelector("caption, [data-summary]")?.textContent.trim() ?? "";
  if (document.activeElement === document.body && block) {
    block.tabIndex = -1;
    block.focus();
  }
});

document.querySelector("#errors")?.focus();
