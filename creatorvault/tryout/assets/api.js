// Requests to the public API with the token of this tab, and the list of those that were made.

import { element, find } from "./dom.js";

const BASE = new URL("../api/v1/", import.meta.url);
const SHOWN = 100;
const REMEMBERED = 50;
const responses = new Map(); // by path: { etag, body }, for If-None-Match
let user = "";

/** Opens the vault of the token's user. Throws Failure. */
export async function open() {
  responses.clear();
  user = encodeURIComponent((await (await call("GET", "users/me")).json()).user_id);
}

/** Returns the path of something in the vault: vault("ideas", { limit: 100 }). */
export function vault(path, query = {}) {
  const parameters = new URLSearchParams(query).toString().replaceAll("%2C", ",");
  return `${user}/${path}${parameters && "?"}${parameters}`;
}

/** A response that is an error. `body` has `code` and what that adds (docs/errors.md). */
export class Failure extends Error {
  constructor(response, body) {
    const { detail = response.statusText } = body;
    const seconds = response.headers.get("Retry-After");
    const text = Array.isArray(detail) ? detail.map(({ loc, msg }) => `${loc.at(-1)}: ${msg}`).join("; ") : detail;
    super(seconds === null ? text : `${text}. Try again in ${seconds} seconds`);
    this.status = response.status;
    this.etag = response.headers.get("ETag");
    this.body = body;
  }
}

/** Returns the response, also 304. Throws Failure, and what fetch throws. */
export async function call(method, path, { body, headers = {}, signal } = {}) {
  const url = new URL(path, BASE);
  const sent = { Authorization: `Bearer ${sessionStorage.token}`, ...headers };
  if (body !== undefined) sent["Content-Type"] = "application/json";
  const done = listed(method, url.pathname + url.search);
  const options = { method, headers: sent, body: body && JSON.stringify(body), signal, cache: "no-store" };
  const response = await fetch(url, options).finally(() => done("failed"));
  done(response.status);
  if (response.ok || response.status === 304) return response;
  const failure = new Failure(response, await response.json().catch(() => ({})));
  if (response.status === 401) dispatchEvent(new CustomEvent("unauthorized", { detail: failure.message }));
  throw failure;
}

/** Returns the body of a GET. It is not sent again if it is as it was. */
export async function get(path) {
  const known = responses.get(path);
  const response = await call("GET", path, { headers: known ? { "If-None-Match": known.etag } : {} });
  if (response.status === 304) return known.body;
  const etag = response.headers.get("ETag");
  const body = await response.json();
  if (etag !== null) responses.set(path, { etag, body });
  if (responses.size > REMEMBERED) responses.delete(responses.keys().next().value);
  return body;
}

/** Adds a row; returns a function that adds the status, and the time until then. */
function listed(method, path) {
  const began = performance.now();
  const rows = find("#calls tbody");
  const [status, milliseconds] = [element("td", {}, "…"), element("td")];
  rows.prepend(element("tr", {}, element("td", {}, method), element("td", {}, path), status, milliseconds));
  while (rows.children.length > SHOWN) rows.lastElementChild.remove();
  return (outcome) => {
    status.textContent = outcome;
    status.className = outcome < 400 ? "" : "error";
    milliseconds.textContent = Math.round(performance.now() - began);
  };
}
