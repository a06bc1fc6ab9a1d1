// Serves Better Auth on loopback. Its database is read from a file and written back on SIGTERM, so that a restart finds
// its users, sessions and keys again. Paths below /test do what an operator or a clock would do to the database.
import { createServer } from "node:http";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { toNodeHandler } from "better-auth/node";
import { createAuth } from "./auth.mjs";

const { PORT, SECRET, ALGORITHM, AUDIENCE, SESSION_CACHE, STATE } = process.env;
const BASE_URL = `http://127.0.0.1:${PORT}`;
const MODELS = ["user", "session", "account", "verification", "jwks", "organization", "member", "invitation"];
const ISO_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const LONG_AGO = new Date(0);

const revive = (_, value) => (typeof value === "string" && ISO_TIME.test(value) ? new Date(value) : value);
const database = existsSync(STATE)
  ? JSON.parse(readFileSync(STATE, "utf8"), revive)
  : Object.fromEntries(MODELS.map((model) => [model, []]));

const auth = createAuth({
  baseURL: BASE_URL,
  secret: SECRET,
  algorithm: ALGORITHM,
  audience: AUDIENCE,
  sessionCache: SESSION_CACHE,
  database,
});
const handle = toNodeHandler(auth);

const operations = {
  // The newest key has come to the end of its rotation interval: the next token is signed with a fresh one.
  "/test/expire-keys": () => database.jwks.forEach((key) => (key.expiresAt = new Date(Date.now() - 1000))),
  // The grace period is over as well: nothing is published any more.
  "/test/outlive-keys": () => database.jwks.forEach((key) => (key.expiresAt = LONG_AGO)),
  // A leaked key is thrown away.
  "/test/delete-keys": () => database.jwks.splice(0),
  "/test/make-admin": (query) => (user(query).role = "admin"),
  // Somebody sets the flag in the database and leaves the sessions as they are.
  "/test/mark-banned": (query) => (user(query).banned = true),
  // What its OAuth provider tells another application of somebody who signs in there, signed by the same keys.
  "/test/id-token": (query) => {
    const now = Math.floor(Date.now() / 1000);
    const claims = { sub: query.get("id"), aud: "another-application", nonce: "n", auth_time: now, acr: "0" };
    return auth.api.signJWT({ body: { payload: { ...claims, iss: query.get("iss"), iat: now, exp: now + 36000 } } });
  },
};
const user = (query) => database.user.find((each) => each.id === query.get("id"));

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url, "http://127.0.0.1");
  const operation = operations[pathname];
  if (!operation) return handle(request, response);
  response.end(JSON.stringify((await operation(searchParams)) ?? null));
});
server.listen(Number(PORT), "127.0.0.1", () => console.log("ready"));

process.on("SIGTERM", () => {
  writeFileSync(STATE, JSON.stringify(database));
  server.closeAllConnections();
  server.close(() => process.exit(0));
});
