// Starts the page: its token, forms, tags, views and live updates.

import { call, get, open, vault } from "./api.js";
import { attempt, parts, refresh, state } from "./app.js";
import "./board.js";
import "./calendar.js";
import { button, find, labels, notify } from "./dom.js";
import { follow } from "./live.js";

const TYPING = 150; // milliseconds
let stream = new AbortController();

/** Moves the token out of the address, where others could read it. A fragment is never sent to a server. */
function tokenOfAddress() {
  const given = location.hash.slice(1);
  if (given.split(".").length !== 3) return false;
  sessionStorage.token = given;
  history.replaceState(null, "", location.pathname);
  return true;
}

async function start() {
  stream.abort();
  find("#view").replaceChildren();
  signedIn("token" in sessionStorage);
  if (!("token" in sessionStorage) || !(await attempt(open))) return;
  stream = new AbortController();
  follow(refresh, (text) => find("#live").replaceChildren(text), stream.signal);
  await refresh();
}

function signedIn(yes) {
  for (const part of document.querySelectorAll("[data-signed-in]")) part.hidden = !yes;
  find("#sign-in").hidden = yes;
}

function look(view) {
  state.view = view;
  for (const entry of document.querySelectorAll("[data-view]")) entry.ariaCurrent = String(entry.dataset.view === view);
  find("#filters").classList.toggle("unused", view === "trash");
}

function submitted(selector, action) {
  const form = find(selector);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => action(form));
  });
}

parts["#tags"] = async () => {
  const { items } = await get(vault("tags", { limit: 50 }));
  const known = new Set(items.map(({ tag }) => tag));
  state.tags = new Set([...state.tags].filter((tag) => known.has(tag)));
  find("#rename").hidden = state.tags.size !== 1;
  return items.map(({ tag, count }) => {
    const choose = () => {
      if (!state.tags.delete(tag)) state.tags.add(tag);
      refresh();
    };
    return button(`${tag} ${count}`, choose, { id: `tag ${tag}`, "aria-pressed": String(state.tags.has(tag)) });
  });
};

submitted("#sign-in", (form) => {
  sessionStorage.token = find("#token").value.trim();
  form.reset();
  return start();
});

submitted("#capture", async (form) => {
  const { title, tags, due_date } = Object.fromEntries(new FormData(form));
  await call("POST", vault("ideas"), { body: { title, tags: labels(tags), due_date: due_date || null } });
  form.reset();
  form.elements.title.focus();
  notify(`Captured “${title}”.`);
  await refresh();
});

submitted("#rename", async (form) => {
  const body = { from: [...state.tags], to: find("#new-name").value.trim() };
  const { tag, changed } = await (await call("POST", vault("tags/rename"), { body })).json();
  form.reset();
  notify(`Renamed the tag in ${changed} ${changed === 1 ? "idea" : "ideas"}.`);
  await refresh({ tags: new Set([tag]) });
});

submitted("#export", async () => {
  const response = await call("GET", vault("export", { format: find("#format").value }));
  const href = URL.createObjectURL(await response.blob());
  const [, download] = /filename="?([^";]+)/.exec(response.headers.get("Content-Disposition"));
  Object.assign(document.createElement("a"), { href, download }).click();
  setTimeout(() => URL.revokeObjectURL(href), 60_000);
  notify(`Exported ${download}.`);
});

find("nav").addEventListener("click", ({ target: { dataset } }) => {
  look(dataset.view ?? state.view);
  refresh();
});

let typing;
find("#search").addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(() => refresh({ search: target.value.trim() }), TYPING);
});

addEventListener("hashchange", () => tokenOfAddress() && start());
addEventListener("unauthorized", ({ detail }) => {
  stream.abort();
  sessionStorage.removeItem("token");
  find("#editor").close();
  signedIn(false);
  notify(`The token is not accepted: ${detail}`);
});

look("board");
tokenOfAddress();
start();
