// Requests to the public API with the token of this tab, and the list of those that were made.

import { element, find } from "./dom.js";

const BASE = new URL("../api/v1/", import.meta.url);
const KEY = "creatorvault.token";
const SHOWN = 100;
const REMEMBERED = 50;

export const token = {
  get: () => sessionStorage.getItem(KEY),
  set: (value) => sessionStorage.setItem(KEY, value),
  clear: () => sessionStorage.removeItem(KEY),
};

let user = "";

/** Opens the vault of the token's user. Throws Failure. */
export async function open() {
  responses.clear();
  user = encodeURIComponent((await (await call("GET", "users/me")).json()).user_id);
}

/** Returns the path of something in the vault: vault("ideas", { limit: 100 }). */
export function vault(path, query = {}) {
  const parameters = new URLSearchParams(query).toString();
  return `${user}/${path}${parameters && "?"}${parameters}`;
}

/** A response that is an error. `body` has `code` and what it adds: docs/errors.md. */
export class Failure extends Error {
  constructor(response, body) {
    const { detail } = body;
    const text = Array.isArray(detail) ? detail.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join("; ") : detail;
    const seconds = response.headers.get("Retry-After");
    super(`${text ?? response.statusText}${seconds === null ? "" : `. Try again in ${seconds} seconds`}`);
    this.status = response.status;
    this.etag = response.headers.get("ETag");
    this.body = body;
  }
}

/** Returns the response, also 304. Throws Failure, and what fetch throws. */
export async function call(method, path, { body, headers = {}, signal } = {}) {
  const url = new URL(path, BASE);
  const sent = { Authorization: `Bearer ${token.get()}`, ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  const done = list(method, url.pathname + url.search);
  let response;
  try {
    response = await fetch(url, { method, headers: sent, body: body && JSON.stringify(body), signal, cache: "no-store" });
  } catch (error) {
    done(signal?.aborted ? "stopped" : "failed");
    throw error;
  }
  done(response.status);
  if (response.ok || response.status === 304) return response;
  const failure = new Failure(response, await response.json().catch(() => ({})));
  if (response.status === 401) dispatchEvent(new CustomEvent("unauthorized", { detail: failure.message }));
  throw failure;
}

const responses = new Map(); // path: { etag, body }, for If-None-Match

/** Returns the body, which is not sent again if it is as it was. */
export async function get(path) {
  const known = responses.get(path);
  const response = await call("GET", path, { headers: known ? { "If-None-Match": known.etag } : {} });
  if (response.status === 304) return known.body;
  const etag = response.headers.get("ETag");
  const body = await response.json();
  responses.delete(path);
  if (etag !== null) responses.set(path, { etag, body });
  if (responses.size > REMEMBERED) responses.delete(responses.keys().next().value);
  return body;
}

/** Adds a row; returns a function that adds the status, and the time until then. */
function list(method, path) {
  const status = element("td", {}, "…");
  const milliseconds = element("td");
  const began = performance.now();
  const rows = find("#calls tbody");
  rows.prepend(element("tr", {}, element("td", {}, method), element("td", {}, path), status, milliseconds));
  while (rows.children.length > SHOWN) rows.lastElementChild.remove();
  return (outcome) => {
    status.textContent = outcome;
    status.className = outcome < 400 ? "" : "error";
    milliseconds.textContent = Math.round(performance.now() - began);
  };
}
