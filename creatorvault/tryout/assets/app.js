// What the views share: what is shown, and the loop that loads it again.

import { find, notify, replace } from "./dom.js";

export const STAGES = { idea: "Idea", outline: "Outline", draft: "Draft", published: "Published" };
export const PRIORITIES = { high: "High", medium: "Medium", low: "Low" };

export const today = () => new Date().toISOString().slice(0, 10);

export const state = { view: "board", search: "", tags: new Set(), month: today().slice(0, 7), dragged: null };

/** Functions that load something and return the elements to show: in the view, and by selector in other parts. */
export const views = {};
export const parts = {};

/** Returns the query parameters of lists of ideas. */
export function filters() {
  const tags = [...state.tags].join(",");
  return { ...(state.search && { search: state.search }), ...(tags && { tags }) };
}

let running = null;
let again = false;

/** Loads what is shown, after `changes` of the state. Calls while it is being loaded have it loaded once more. */
export function refresh(changes = {}) {
  Object.assign(state, changes);
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
      if (state.dragged || view !== state.view) return;
      Object.keys(shown).forEach((selector, at) => replace(find(selector), ...loaded[at]));
    });
  }
  running = null;
}

/** Says what went wrong with `action`; returns whether nothing did. `say` gets the text and the error. */
export async function attempt(action, say = notify) {
  try {
    await action();
    return true;
  } catch (error) {
    if (error.status !== 401) say(error.status === undefined ? "The service cannot be reached." : error.message, error);
    return false;
  }
}
