// Makes and replaces elements. Text is never parsed as HTML.

export const find = (selector) => document.querySelector(selector);

/** `attributes` that are functions are event listeners; true is an attribute without a value, false and null are none. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

export const button = (text, click, attributes = {}) =>
  element("button", { type: "button", click, ...attributes }, text);

export const option = (value, text, selected) => element("option", { value, selected: value === selected }, text);

/** Keeps the focus where it was: at the element with the same id, else at its idea's, else at the whole. */
export function replace(root, ...children) {
  const active = root.contains(document.activeElement) ? document.activeElement : null;
  root.replaceChildren(...children);
  if (active !== null && active !== root) focus(active.id, root);
}

export function focus(id, otherwise) {
  const target = document.getElementById(id) ?? document.getElementById(id.replace(/^\w+-/, "open-")) ?? otherwise;
  target.focus();
}

/** Says what has happened, to screen readers too. `action` is a button. */
export function notify(text, ...action) {
  find("#notice").replaceChildren(text, ...action);
}

export const day = (moment) => moment?.slice(0, 10) ?? "";

export const labels = (text) => [...new Set(text.split(",").map((tag) => tag.trim()))].filter((tag) => tag !== "");

export const moment = (text) =>
  element("time", { datetime: text }, new Date(text).toLocaleString("en", { dateStyle: "medium", timeStyle: "short" }));
