// Makes and replaces elements. Text is never parsed as HTML.

export const find = (selector) => document.querySelector(selector);

/** Attributes that are functions are event listeners; true is an attribute without a value, false is none. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== false) made.setAttribute(key, value === true ? "" : value);
  }
  made.append(...children);
  return made;
}

export const button = (text, click, more = {}) => element("button", { type: "button", click, ...more }, text);

/** Keeps the focus where it was: at the element with the same id, else at the title of its idea, else at `root`. */
export function replace(root, ...children) {
  const active = root.contains(document.activeElement) ? document.activeElement : root;
  root.replaceChildren(...children);
  if (active !== root) focus(active.id, root);
}

export function focus(id, otherwise) {
  const title = id.replace(/^\w+-/, "open-");
  (document.getElementById(id) ?? document.getElementById(title) ?? otherwise).focus();
}

/** Says what has happened, also to screen readers. `more` may be a button. */
export const notify = (text, ...more) => find("#notice").replaceChildren(text, ...more);

/** Says how many there are. Screen readers read it only if it has changed. */
export function count(shown, total) {
  const text = shown < total ? `${shown} of ${total} ideas` : `${total} ${total === 1 ? "idea" : "ideas"}`;
  const place = find("#count");
  if (place.textContent !== text) place.textContent = text;
}

export const day = (moment) => moment?.slice(0, 10) ?? "";

export const labels = (text) => [...new Set(text.split(",").map((tag) => tag.trim()))].filter((tag) => tag !== "");

export function time(datetime) {
  const text = new Date(datetime).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" });
  return element("time", { datetime }, text);
}
