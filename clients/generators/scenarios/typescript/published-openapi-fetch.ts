/** What a client of the replaced service does, generated with openapi-typescript from its document. */

import createClient from "openapi-fetch";

import type { paths } from "./generated/schema";
import { DUE, instant, NOBODY, outage, readStage, seen } from "./shared";

const stage = readStage();
const open = createClient<paths>({ baseUrl: stage.url });
const api = createClient<paths>({ baseUrl: stage.url, headers: { Authorization: `Bearer ${stage.creator.token}` } });
const own = { user_id: stage.creator.id };

/** The text of an error that its document does not have. */
function detailOf(body: unknown): string | undefined {
  return typeof body === "object" && body !== null && "detail" in body && typeof body.detail === "string"
    ? body.detail
    : undefined;
}

async function service(): Promise<void> {
  seen("root", (await open.GET("/")).response.status);
  seen("health", (await open.GET("/health")).response.status);
  seen("database health", (await open.GET("/health/db")).response.status);
  seen("readiness", (await open.GET("/health/ready")).response.status);
  const profile = await api.GET("/api/v1/users/me");
  seen("profile", profile.response.status, {
    user: profile.data?.user_id === stage.creator.id,
    authenticated: profile.data?.authenticated,
  });
  const nobody = await open.GET("/api/v1/users/me");
  const detail = nobody.response.ok ? undefined : detailOf(nobody.error);
  seen("profile without a token", nobody.response.status, { detail });
}

async function ideas(): Promise<string> {
  const first = await api.POST("/api/v1/{user_id}/ideas", { params: { path: own }, body: { title: "First" } });
  seen("create", first.response.status, {
    title: first.data?.title,
    notes: first.data?.notes,
    stage: first.data?.stage,
    priority: first.data?.priority,
    tags: first.data?.tags,
    due: first.data?.due_date,
  });
  const full = await api.POST("/api/v1/{user_id}/ideas", {
    params: { path: own },
    body: { title: "Second", notes: "Line\nbreak", stage: "draft", priority: "high", tags: ["Video", "food"], due_date: DUE },
  });
  seen("create with all fields", full.response.status, {
    notes: full.data?.notes,
    stage: full.data?.stage,
    priority: full.data?.priority,
    tags: full.data?.tags,
    due: instant(full.data?.due_date),
  });
  await api.POST("/api/v1/{user_id}/ideas", { params: { path: own }, body: { title: "Once", stage: "published" } });
  const path = { ...own, idea_id: first.data?.id ?? NOBODY };
  const read = await api.GET("/api/v1/{user_id}/ideas/{idea_id}", { params: { path } });
  seen("get", read.response.status, { title: read.data?.title });
  const patched = await api.PATCH("/api/v1/{user_id}/ideas/{idea_id}", {
    params: { path },
    body: { title: "First, changed", notes: "To be removed", due_date: DUE },
  });
  seen("change", patched.response.status, { title: patched.data?.title, due: instant(patched.data?.due_date) });
  const nulled = await api.PATCH("/api/v1/{user_id}/ideas/{idea_id}", {
    params: { path },
    body: { notes: null, due_date: null },
  });
  seen("change to null", nulled.response.status, {
    title: nulled.data?.title,
    notes: nulled.data?.notes,
    due: nulled.data?.due_date,
  });
  const put = await api.PUT("/api/v1/{user_id}/ideas/{idea_id}", {
    params: { path },
    body: { title: "First, replaced", tags: ["video"] },
  });
  seen("replace", put.response.status, { title: put.data?.title, stage: put.data?.stage, tags: put.data?.tags });
  const missing = await api.PUT("/api/v1/{user_id}/ideas/{idea_id}", {
    params: { path: { ...own, idea_id: NOBODY } },
    body: { title: "None" },
  });
  seen("replace what is missing", missing.response.status, { detail: detailOf(missing.error) === `Idea ${NOBODY} not found` });
  return path.idea_id;
}

async function lists(): Promise<void> {
  const all = await api.GET("/api/v1/{user_id}/ideas", { params: { path: own, query: { sort: "title", order: "asc" } } });
  seen("list", all.response.status, {
    titles: all.data?.items.map((idea) => idea.title),
    total: all.data?.total,
    more: all.data?.has_more,
  });
  const one = await api.GET("/api/v1/{user_id}/ideas", {
    params: { path: own, query: { stage: "draft", priority: "high", search: "BREAK", tags: "video,none" } },
  });
  seen("list by filters", one.response.status, { titles: one.data?.items.map((idea) => idea.title) });
  const wrong = await api.GET("/api/v1/{user_id}/ideas", { params: { path: own, query: { sort: "colour" } } });
  seen("list in a wrong order", wrong.response.status, {
    types: wrong.error?.detail?.map((error) => error.type),
    loc: wrong.error?.detail?.[0]?.loc,
  });
  const foreign = await api.GET("/api/v1/{user_id}/ideas", { params: { path: { user_id: stage.stranger.id } } });
  seen("list of another", foreign.response.status);
  const given = await api.POST("/api/v1/{user_id}/ideas", {
    params: { path: { user_id: stage.stranger.id } },
    body: { title: "Not mine" },
  });
  seen("create for another", given.response.status, { detail: detailOf(given.error) });
  const blank = await api.POST("/api/v1/{user_id}/ideas", { params: { path: own }, body: { title: "  " } });
  seen("create without a title", blank.response.status, {
    types: blank.error?.detail?.map((error) => error.type),
    loc: blank.error?.detail?.[0]?.loc,
  });
}

async function deletion(idea_id: string): Promise<void> {
  const params = { path: { ...own, idea_id } };
  seen("delete", (await api.DELETE("/api/v1/{user_id}/ideas/{idea_id}", { params })).response.status);
  seen("delete again", (await api.DELETE("/api/v1/{user_id}/ideas/{idea_id}", { params })).response.status);
}

await service();
const idea = await ideas();
await lists();
await deletion(idea);
await outage();
seen("list in an outage", (await api.GET("/api/v1/{user_id}/ideas", { params: { path: own } })).response.status);
