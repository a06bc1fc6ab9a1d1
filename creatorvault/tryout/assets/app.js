// What the views share: what is shown, and the loop that loads it again.

import { find, notify, replace } from "./dom.js";

export const STAGES = { idea: "Idea", outline: "Outline", draft: "Draft", published: "Published" };
export const PRIORITIES = { high: "High", medium: "Medium", low: "Low" };

export const state = {
  view: "board",
  search: "",
  tags: new Set(),
  month: new Date().toISOString().slice(0, 7),
  dragging: false,
};

/** Functions that load something and return the elements to show in its place. */
export const views = {};
export const parts = {};

/** Returns the query parameters of lists of ideas. */
export function filters() {
  const tags = [...state.tags].join(",");
  return { ...(state.search && { search: state.search }), ...(tags && { tags }) };
}

let running = null;
let again = false;

/** Loads what is shown. While it is being loaded, further calls have it loaded once more. */
export function refresh() {
  again = true;
  running ??= load();
  return running;
}

async function load() {
  while (again) {
    again = false;
    const { view } = state;
    const shown = { "#view": views[view], ...parts };
    await attempt(async () => {
      const loaded = await Promise.all(Object.values(shown).map((make) => make()));
      if (state.dragging || view !== state.view) return;
      Object.keys(shown).forEach((selector, at) => replace(find(selector), ...loaded[at]));
    });
  }
  running = null;
}

/** Shows an error of `action` in place of throwing it; returns whether there was none. */
export async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    if (error.status !== 401) notify(error.status === undefined ? "The service cannot be reached." : error.message);
    if (error.status === undefined) console.warn(error);
    return false;
  }
}
