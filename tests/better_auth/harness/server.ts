// Serves the guide's files on loopback, as Next.js would: its route handlers below /api, and the front end at /.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import * as printed from "@/app/api/auth/[...all]/route";
import * as ideas from "@/app/api/ideas/route";
import { auth } from "@/auth";
import { variantOf } from "./variant";

const { PORT, ALGORITHM = "", AUDIENCE = "", SESSION_CACHE = "" } = process.env;
const variant = ALGORITHM ? variantOf({ algorithm: ALGORITHM, audience: AUDIENCE, sessionCache: SESSION_CACHE }) : null;
const served = variant ?? auth;
const { runMigrations } = await getMigrations(served.options);
await runMigrations();

/** What its OAuth provider tells another application of somebody who signs in there, signed by the same keys. */
async function idToken(query: URLSearchParams): Promise<Response> {
  const now = Math.floor(Date.now() / 1000);
  const claims = { sub: query.get("id") ?? "", iss: query.get("iss") ?? "", aud: "another-application", nonce: "n", acr: "0" };
  const payload = { ...claims, auth_time: now, iat: now, exp: now + 36_000 };
  return Response.json(await served.api.signJWT({ body: { payload } }));
}

async function answer(request: Request): Promise<Response> {
  const { pathname, searchParams } = new URL(request.url);
  switch (pathname) {
    case "/":
      return new Response('<!doctype html><link rel="icon" href="data:,"><script src="/page.js"></script>', {
        headers: { "Content-Type": "text/html" },
      });
    case "/page.js":
      return new Response(readFileSync("page.js"), { headers: { "Content-Type": "text/javascript" } });
    case "/api/ideas":
      return ideas.GET(request);
    case "/test/id-token":
      return idToken(searchParams);
    default:
      if (variant) return variant.handler(request);
      return request.method === "POST" ? printed.POST(request) : printed.GET(request);
  }
}

const server = createServer(toNodeHandler({ handler: answer }));
server.listen(Number(PORT), "127.0.0.1", () => console.log("ready"));

process.on("SIGTERM", () => {
  server.closeAllConnections();
  server.close(() => process.exit(0));
});
