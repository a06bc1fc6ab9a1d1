// Starts the page: its token, forms, tags, views and live updates.

import { call, get, open, token, vault } from "./api.js";
import { attempt, parts, refresh, state } from "./app.js";
import "./board.js";
import "./calendar.js";
import { button, find, labels, notify } from "./dom.js";
import { follow } from "./live.js";

const TYPING = 150; // milliseconds
let stream = new AbortController();

/** Moves the token out of the address, where it could be read over a shoulder. It was never sent to a server. */
function tokenOfAddress() {
  const given = location.hash.slice(1);
  if (given.split(".").length !== 3) return false;
  token.set(given);
  history.replaceState(null, "", location.pathname);
  return true;
}

async function start() {
  stream.abort();
  find("#view").replaceChildren();
  signedIn(token.get() !== null);
  if (token.get() === null || !(await attempt(open))) return;
  stream = new AbortController();
  follow(refresh, (text) => { find("#live").textContent = text; }, stream.signal);
  await refresh();
}

function signedIn(yes) {
  for (const part of document.querySelectorAll("[data-signed-in]")) part.hidden = !yes;
  find("#sign-in").hidden = yes;
}

function submitted(selector, action) {
  const form = find(selector);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    attempt(() => action(form));
  });
}

function look(view) {
  state.view = view;
  for (const entry of document.querySelectorAll("[data-view]")) {
    entry.ariaCurrent = entry.dataset.view === view ? "page" : null;
    entry.onclick = () => { look(entry.dataset.view); refresh(); };
  }
  find("#filters").classList.toggle("unused", view === "trash");
}

parts["#tags"] = async () => {
  const { items } = await get(vault("tags", { limit: 50 }));
  const known = new Set(items.map(({ tag }) => tag));
  state.tags = new Set([...state.tags].filter((tag) => known.has(tag)));
  find("#rename").hidden = state.tags.size !== 1;
  return items.map(({ tag, count }, at) => {
    const chosen = state.tags.has(tag);
    const choose = () => {
      if (!state.tags.delete(tag)) state.tags.add(tag);
      refresh();
    };
    return button(`${tag} ${count}`, choose, { id: `tag-${at}`, class: "tag", "aria-pressed": String(chosen) });
  });
};

submitted("#sign-in", () => {
  token.set(find("#token").value.trim());
  find("#token").value = "";
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
  const [from] = state.tags;
  const to = find("#new-name").value.trim();
  const { tag, changed } = await (await call("POST", vault("tags/rename"), { body: { from: [from], to } })).json();
  state.tags = new Set([tag]);
  form.reset();
  notify(changed === 1 ? "Renamed the tag in 1 idea." : `Renamed the tag in ${changed} ideas.`);
  await refresh();
});

submitted("#export", async () => {
  const response = await call("GET", vault("export", { format: find("#format").value }));
  const url = URL.createObjectURL(await response.blob());
  const name = /filename="?([^";]+)/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "vault";
  const link = Object.assign(document.createElement("a"), { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
  notify(`Exported ${name}.`);
});

let typing;
find("#search").addEventListener("input", ({ target }) => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    state.search = target.value.trim();
    refresh();
  }, TYPING);
});

addEventListener("hashchange", () => { if (tokenOfAddress()) start(); });
addEventListener("unauthorized", ({ detail }) => {
  stream.abort();
  token.clear();
  signedIn(false);
  notify(`The token is not accepted: ${detail}`);
});

look("board");
tokenOfAddress();
start();
