/** openapi-typescript with openapi-fetch: paths and parameters are literals, and every answer is data or error. */

import createClient from "openapi-fetch";

import type { components, paths } from "./generated/schema";
import { DUE, instant, NOBODY, outage, PASSPHRASE, readStage, seen, UNMATCHED, until, walk } from "./shared";

type Idea = components["schemas"]["IdeaResponse"];

const stage = readStage();
// The second parameter chooses the plain form of errors, else each is this or a problem (RFC 9457).
const client = (token?: string) =>
  createClient<paths, "application/json">({
    baseUrl: stage.url,
    headers: token === undefined ? {} : { Authorization: `Bearer ${token}` },
  });
const open = client();
const api = client(stage.creator.token);
const files = createClient<paths>({ baseUrl: stage.url, headers: { Authorization: `Bearer ${stage.creator.token}` } });
const owner = client(stage.owner.token);
const operator = client(stage.operator);
const operatorsFiles = createClient<paths>({ baseUrl: stage.url, headers: { Authorization: `Bearer ${stage.operator}` } });
const own = { user_id: stage.creator.id };

async function health(): Promise<void> {
  const root = await open.GET("/");
  seen("root", root.response.status, { service: root.data?.service });
  const process = await open.GET("/health");
  seen("health", process.response.status, { status: process.data?.status });
  const database = await open.GET("/health/db");
  seen("database health", database.response.status, { status: database.data?.status });
  const ready = await open.GET("/health/ready");
  seen("readiness", ready.response.status, { status: ready.data?.status, migrations: ready.data?.checks["migrations"] });
}

async function users(): Promise<void> {
  const profile = await api.GET("/api/v1/users/me");
  seen("profile", profile.response.status, {
    user: profile.data?.user_id === stage.creator.id,
    authenticated: profile.data?.authenticated,
    name: profile.data?.name,
    expires: profile.data?.expires_at != null,
  });
  const nobody = await open.GET("/api/v1/users/me");
  seen("profile without a token", nobody.response.status, {
    detail: nobody.error?.detail,
    code: nobody.error?.code,
    scheme: nobody.response.headers.get("WWW-Authenticate"),
  });
  const forged = await client("not.a.token").GET("/api/v1/users/me");
  seen("profile with a wrong token", forged.response.status, { code: forged.error?.code });
  const events = await api.GET("/api/v1/users/me/events", { params: { query: { limit: 5 } } });
  seen("own events", events.response.status, { limit: events.data?.limit });
  const erasure = await api.GET("/api/v1/users/me/erasure");
  seen("no erasure", erasure.response.status, { code: erasure.error?.code });
}

async function ideas(): Promise<Idea | undefined> {
  const first = await api.POST("/api/v1/{user_id}/ideas", {
    params: { path: own },
    body: { title: "First" },
  });
  seen("create", first.response.status, {
    title: first.data?.title,
    notes: first.data?.notes,
    stage: first.data?.stage,
    priority: first.data?.priority,
    tags: first.data?.tags,
    due: first.data?.due_date,
    location: first.response.headers.get("Location")?.endsWith(first.data?.id ?? "?"),
  });
  const full = await api.POST("/api/v1/{user_id}/ideas", {
    params: { path: own, header: { "X-Correlation-ID": "generated-client-1" } },
    body: { title: "Second", notes: "Line\nbreak", stage: "draft", priority: "high", tags: ["Video", "food"], due_date: DUE },
  });
  seen("create with all fields", full.response.status, {
    notes: full.data?.notes,
    stage: full.data?.stage,
    priority: full.data?.priority,
    tags: full.data?.tags,
    due: instant(full.data?.due_date),
    correlation: full.response.headers.get("X-Correlation-ID"),
  });
  const once = { params: { path: own, header: { "Idempotency-Key": `${stage.creator.id}-once` } } };
  const sent = await api.POST("/api/v1/{user_id}/ideas", { ...once, body: { title: "Once", stage: "published" } });
  seen("create with a key", sent.response.status, { stage: sent.data?.stage });
  const again = await api.POST("/api/v1/{user_id}/ideas", { ...once, body: { title: "Once", stage: "published" } });
  seen("create again with the key", again.response.status, { same: again.data?.id === sent.data?.id });
  const other = await api.POST("/api/v1/{user_id}/ideas", { ...once, body: { title: "Other" } });
  seen("create another with the key", other.response.status, { code: other.error?.code });

  const path = { ...own, idea_id: first.data?.id ?? NOBODY };
  const read = await api.GET("/api/v1/{user_id}/ideas/{idea_id}", { params: { path } });
  const etag = read.response.headers.get("ETag") ?? UNMATCHED;
  seen("get", read.response.status, { title: read.data?.title, etag: etag !== UNMATCHED });
  const known = await api.GET("/api/v1/{user_id}/ideas/{idea_id}", {
    params: { path, header: { "If-None-Match": etag } },
  });
  seen("get what is known", known.response.status, { body: known.data !== undefined });
  const patched = await api.PATCH("/api/v1/{user_id}/ideas/{idea_id}", {
    params: { path, header: { "If-Match": etag } },
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
  const late = await api.PATCH("/api/v1/{user_id}/ideas/{idea_id}", {
    params: { path, header: { "If-Match": etag } },
    body: { title: "Lost update" },
  });
  seen("change an earlier version", late.response.status, { code: late.error?.code });
  const put = await api.PUT("/api/v1/{user_id}/ideas/{idea_id}", {
    params: { path },
    body: { title: "First, replaced", tags: ["video"] },
  });
  seen("replace", put.response.status, { title: put.data?.title, stage: put.data?.stage, tags: put.data?.tags });
  const unknown = { ...own, idea_id: NOBODY };
  const missing = await api.PUT("/api/v1/{user_id}/ideas/{idea_id}", { params: { path: unknown }, body: { title: "None" } });
  seen("replace what is missing", missing.response.status, { detail: missing.error?.detail === `Idea ${NOBODY} not found` });
  const gone = await api.GET("/api/v1/{user_id}/ideas/{idea_id}", { params: { path: unknown } });
  seen("get what is missing", gone.response.status, { code: gone.error?.code });
  return put.data;
}

async function lists(): Promise<void> {
  const all = await api.GET("/api/v1/{user_id}/ideas", { params: { path: own, query: { sort: "title", order: "asc" } } });
  seen("list", all.response.status, {
    titles: all.data?.items.map((idea) => idea.title),
    total: all.data?.total,
    more: all.data?.has_more,
  });
  const known = await api.GET("/api/v1/{user_id}/ideas", {
    params: {
      path: own,
      query: { sort: "title", order: "asc" },
      header: { "If-None-Match": all.response.headers.get("ETag") ?? UNMATCHED },
    },
  });
  seen("list what is known", known.response.status, { body: known.data !== undefined });
  const one = await api.GET("/api/v1/{user_id}/ideas", {
    params: { path: own, query: { stage: "draft", priority: "high", search: "BREAK", tags: "video,none" } },
  });
  seen("list by filters", one.response.status, { titles: one.data?.items.map((idea) => idea.title) });
  const several = await api.GET("/api/v1/{user_id}/ideas", {
    params: { path: own, query: { stage: ["draft", "published"], priority: ["medium", "high"], sort: "title", order: "asc" } },
  });
  seen("list by several values", several.response.status, { titles: several.data?.items.map((idea) => idea.title) });
  const wrong = await api.GET("/api/v1/{user_id}/ideas", { params: { path: own, query: { sort: "colour" } } });
  const errors = wrong.error !== undefined && "detail" in wrong.error ? wrong.error.detail : undefined;
  seen("list in a wrong order", wrong.response.status, {
    types: Array.isArray(errors) ? errors.map((error) => error.type) : undefined,
    loc: Array.isArray(errors) ? errors[0]?.loc : undefined,
  });
  const walked = await walk(async (cursor) => {
    const page = await api.GET("/api/v1/{user_id}/ideas", {
      params: { path: own, query: { cursor, limit: 1, sort: "title", order: "asc" } },
    });
    return { titles: page.data?.items.map((idea) => idea.title) ?? [], next: page.data?.next_cursor };
  });
  seen("walk by cursors", 200, walked);
}

async function refusals(): Promise<void> {
  const foreign = await api.GET("/api/v1/{user_id}/ideas", { params: { path: { user_id: stage.stranger.id } } });
  seen("list of another", foreign.response.status, { code: foreign.error?.code });
  const given = await api.POST("/api/v1/{user_id}/ideas", {
    params: { path: { user_id: stage.stranger.id } },
    body: { title: "Not mine" },
  });
  seen("create for another", given.response.status, { detail: typeof given.error?.detail === "string" ? given.error.detail : "" });
  const blank = await api.POST("/api/v1/{user_id}/ideas", { params: { path: own }, body: { title: "  " } });
  const errors = blank.error?.detail;
  seen("create without a title", blank.response.status, {
    types: Array.isArray(errors) ? errors.map((error) => error.type) : undefined,
    loc: Array.isArray(errors) ? errors[0]?.loc : undefined,
    code: blank.error?.code,
  });
  const large = await api.POST("/api/v1/{user_id}/ideas", {
    params: { path: own },
    body: { title: "Large", tags: ["x".repeat(200_000)] },
  });
  seen("create too large", large.response.status, { code: large.error?.code });
  const method = await open.GET("/health", { fetch: (request) => fetch(new Request(request, { method: "PATCH" })) });
  seen("wrong method", method.response.status, { allow: method.response.headers.get("Allow") });
  const route = await open.GET("/health", { baseUrl: `${stage.url}/nowhere` });
  seen("wrong path", route.response.status, { code: codeOf(route.error) });
  const hurried = client(stage.hurried.token);
  let last = await hurried.GET("/api/v1/users/me");
  for (let times = 0; last.response.ok && times < 50; times += 1) {
    last = await hurried.GET("/api/v1/users/me");
  }
  seen("too many requests", last.response.status, {
    code: last.error?.code,
    wait: Number(last.response.headers.get("Retry-After")) >= 1,
  });
}

async function history(idea: Idea | undefined): Promise<void> {
  const path = { ...own, idea_id: idea?.id ?? NOBODY };
  const stale = await api.DELETE("/api/v1/{user_id}/ideas/{idea_id}", {
    params: { path, header: { "If-Match": UNMATCHED } },
  });
  seen("delete an earlier version", stale.response.status, { code: stale.error?.code });
  const deleted = await api.DELETE("/api/v1/{user_id}/ideas/{idea_id}", { params: { path } });
  const undo = deleted.response.headers.get("X-Undo") ?? "";
  seen("delete", deleted.response.status, { undo: undo !== "" });
  const twice = await api.DELETE("/api/v1/{user_id}/ideas/{idea_id}", { params: { path } });
  seen("delete again", twice.response.status, { code: twice.error?.code });
  const trash = await api.GET("/api/v1/{user_id}/trash", { params: { path: own } });
  seen("trash", trash.response.status, { titles: trash.data?.items.map((each) => each.title) });
  const undone = await api.POST("/api/v1/{user_id}/undo", { params: { path: own }, body: { undo } });
  seen("undo", undone.response.status, { titles: undone.data?.items.map((each) => each.title) });
  const versions = await api.GET("/api/v1/{user_id}/ideas/{idea_id}/versions", { params: { path, query: { limit: 10 } } });
  seen("versions", versions.response.status, {
    numbers: versions.data?.items.map((version) => version.number),
    current: versions.data?.current,
  });
  const version = await api.GET("/api/v1/{user_id}/ideas/{idea_id}/versions/{number}", {
    params: { path: { ...path, number: 1 } },
  });
  seen("version", version.response.status, { title: version.data?.title, replaced: version.data?.replaced_at != null });
  const difference = await api.GET("/api/v1/{user_id}/ideas/{idea_id}/versions/{number}/difference", {
    params: { path: { ...path, number: 1 }, query: { to: "current" } },
  });
  seen("difference", difference.response.status, {
    before: difference.data?.title?.before,
    after: difference.data?.title?.after,
    added: difference.data?.tags?.added,
    notes: difference.data?.notes == null,
  });
  const reset = await api.POST("/api/v1/{user_id}/ideas/{idea_id}/versions/{number}/restore", {
    params: { path: { ...path, number: 1 } },
  });
  seen("restore a version", reset.response.status, { title: reset.data?.title });
  await api.DELETE("/api/v1/{user_id}/ideas/{idea_id}", { params: { path } });
  const restored = await api.POST("/api/v1/{user_id}/ideas/{idea_id}/restore", { params: { path } });
  seen("restore", restored.response.status, { title: restored.data?.title });
  await api.DELETE("/api/v1/{user_id}/ideas/{idea_id}", { params: { path } });
  const expunged = await api.DELETE("/api/v1/{user_id}/trash/{idea_id}", { params: { path } });
  seen("expunge", expunged.response.status);
  const emptied = await api.DELETE("/api/v1/{user_id}/trash", { params: { path: own } });
  seen("empty the trash", emptied.response.status);
  const settings = await api.GET("/api/v1/{user_id}/settings", { params: { path: own } });
  seen("settings", settings.response.status, {
    days: settings.data?.retention_days,
    by: settings.data?.retention_chosen_by,
  });
  const changed = await api.PATCH("/api/v1/{user_id}/settings", { params: { path: own }, body: { retention_days: 7 } });
  seen("change the settings", changed.response.status, {
    days: changed.data?.effective_retention_days,
    by: changed.data?.retention_chosen_by,
  });
}

async function collections(): Promise<void> {
  const params = { path: own };
  const counts = await api.GET("/api/v1/{user_id}/ideas/stats", { params });
  seen("counts", counts.response.status, { total: counts.data?.total, drafts: counts.data?.by_stage.draft });
  const tags = await api.GET("/api/v1/{user_id}/tags", { params: { ...params, query: { limit: 10 } } });
  seen("tags", tags.response.status, { counts: tags.data?.items.map((each) => each.count), total: tags.data?.total });
  const renamed = await api.POST("/api/v1/{user_id}/tags/rename", { params, body: { from: ["FOOD"], to: "meals" } });
  seen("rename a tag", renamed.response.status, { tag: renamed.data?.tag, changed: renamed.data?.changed });
  const id = crypto.randomUUID();
  const bulk = await api.POST("/api/v1/{user_id}/ideas/bulk", {
    params,
    body: { operations: [{ op: "create", id, idea: { title: "Bulk" } }, { op: "delete", id }] },
  });
  seen("bulk", bulk.response.status, { applied: bulk.data?.applied, statuses: bulk.data?.results.map((each) => each.status) });
  const refused = await api.POST("/api/v1/{user_id}/ideas/bulk", {
    params,
    body: { operations: [{ op: "delete", id: NOBODY }] },
  });
  seen("bulk refused", refused.response.status, { code: refused.error?.code });
  const changes = await api.GET("/api/v1/{user_id}/changes", { params: { ...params, query: { limit: 10 } } });
  seen("changes", changes.response.status, { changed: changes.data?.changed.length, more: changes.data?.has_more });
}

async function transfer(): Promise<void> {
  const csv = await files.GET("/api/v1/{user_id}/export", { params: { path: own, query: { format: "csv" } }, parseAs: "text" });
  seen("export", csv.response.status, { ideas: csv.data?.split("\r\n").filter((line) => line.startsWith('"idea"')).length });
  const sealed = await files.POST("/api/v1/{user_id}/export", {
    params: { path: own },
    body: { format: "jsonl", passphrase: PASSPHRASE },
    parseAs: "text",
  });
  seen("export sealed", sealed.response.status, { age: sealed.data?.startsWith("age-encryption.org/v1") });
  const file = { body: "title,stage\nImported,outline\n", bodySerializer: (body: unknown) => body };
  const preview = await api.POST("/api/v1/{user_id}/imports", {
    params: { path: own, query: { format: "csv", preview: true } },
    headers: { "Content-Type": "application/octet-stream" },
    ...file,
  });
  seen("preview an import", preview.response.status, { fresh: preview.data && "new" in preview.data ? preview.data.new : null });
  const started = await api.POST("/api/v1/{user_id}/imports", {
    params: { path: own, query: { format: "csv" } },
    headers: { "Content-Type": "application/octet-stream" },
    ...file,
  });
  const import_id = started.data && "id" in started.data ? started.data.id : NOBODY;
  seen("import", started.response.status, { known: import_id !== NOBODY });
  const imports = await api.GET("/api/v1/{user_id}/imports", { params: { path: own } });
  seen("imports", imports.response.status, { total: imports.data?.total });
  const one = await api.GET("/api/v1/{user_id}/imports/{import_id}", { params: { path: { ...own, import_id } } });
  seen("import's progress", one.response.status, { format: one.data?.format, error: one.data?.error?.code ?? null });
  const cancelled = await api.DELETE("/api/v1/{user_id}/imports/{import_id}", { params: { path: { ...own, import_id } } });
  seen("forget an import", cancelled.response.status);
}

async function tenant(): Promise<void> {
  await owner.POST("/api/v1/{user_id}/ideas", {
    params: { path: { user_id: stage.owner.id } },
    body: { title: "The owner's" },
  });
  const shown = await owner.GET("/api/v1/tenant");
  seen("tenant", shown.response.status, {
    external: shown.data?.external_id === stage.organization,
    ideas: shown.data?.ideas,
    quota: shown.data?.idea_quota,
  });
  const members = await owner.GET("/api/v1/tenant/members", { params: { query: { limit: 10 } } });
  seen("members", members.response.status, { own: members.data?.items.map((member) => member.user_id === stage.owner.id) });
  const audit = await owner.GET("/api/v1/tenant/audit", { params: { query: { limit: 10, since: "2026-01-01T00:00:00Z" } } });
  seen("tenant's audit", audit.response.status, { offset: audit.data?.offset });
  const forbidden = await api.GET("/api/v1/tenant");
  seen("tenant of a creator", forbidden.response.status, { code: forbidden.error?.code });
  const refused = await owner.GET("/api/v1/tenant/members/{user_id}/export", {
    params: { path: { user_id: stage.owner.id } },
    parseAs: "text",
  });
  seen("member's export", refused.response.status);
}

async function auditAndKeys(): Promise<void> {
  const params = { query: { verb: "tenant.created" } };
  const file = await operatorsFiles.GET("/api/v1/admin/audit/export", { params, parseAs: "text" });
  seen("audit as a file", file.response.status, { lines: file.data?.startsWith('{"tenant_id":') });
  const forbidden = await api.POST("/api/v1/admin/audit/verifications");
  seen("verify the audit log as a creator", forbidden.response.status, { code: forbidden.error?.code });
  const some = { params: { query: { limit: 5 } } };
  const verifications = await operator.GET("/api/v1/admin/audit/verifications", some);
  seen("verifications", verifications.response.status, { total: verifications.data?.total });
  const unverified = await operator.GET("/api/v1/admin/audit/verifications/{verification_id}", {
    params: { path: { verification_id: 999_999_999 } },
  });
  seen("no verification", unverified.response.status, { code: unverified.error?.code });
  const keys = await operator.GET("/api/v1/admin/keys");
  seen("keys", keys.response.status, {
    wraps: keys.data?.root_keys[0]?.wraps,
    providers: keys.data?.providers.map((one) => one.provider),
  });
  const refused = await operator.POST("/api/v1/admin/keys/rotations", { body: { tenant_id: NOBODY } });
  seen("rotate the keys of no tenant", refused.response.status, { code: refused.error?.code });
  const rotations = await operator.GET("/api/v1/admin/keys/rotations", some);
  seen("rotations", rotations.response.status, { total: rotations.data?.total });
  const unknown = await operator.GET("/api/v1/admin/keys/rotations/{rotation_id}", {
    params: { path: { rotation_id: 999_999_999 } },
  });
  seen("no rotation", unknown.response.status, { code: unknown.error?.code });
}

async function administration(): Promise<void> {
  const figures = await operator.GET("/api/v1/admin/status");
  seen("status", figures.response.status, { migrated: figures.data?.migrated });
  const roots = await operator.GET("/api/v1/admin/root-keys");
  seen("root keys", roots.response.status, { some: (roots.data?.items.length ?? 0) > 0 });
  const body = { kind: "organization", realm: "better-auth", external_id: stage.secondTenant } as const;
  const made = await operator.POST("/api/v1/admin/tenants", { body });
  seen("create a tenant", made.response.status, { kind: made.data?.kind, status: made.data?.status, days: made.data?.retention_days });
  const twice = await operator.POST("/api/v1/admin/tenants", { body });
  seen("create a tenant again", twice.response.status, { code: twice.error?.code });
  const viewer = await client(stage.viewer).POST("/api/v1/admin/tenants", { body });
  seen("create a tenant without the scope", viewer.response.status, { code: viewer.error?.code });
  const params = { path: { tenant_id: made.data?.tenant_id ?? NOBODY } };
  const tenants = await operator.GET("/api/v1/admin/tenants", {
    params: { query: { kind: "organization", status: "active", external_id: stage.secondTenant, sort: "ideas" } },
  });
  seen("tenants", tenants.response.status, { total: tenants.data?.total });
  const one = await operator.GET("/api/v1/admin/tenants/{tenant_id}", { params });
  seen("a tenant", one.response.status, { vaults: one.data?.vaults });
  const quotas = await operator.PUT("/api/v1/admin/tenants/{tenant_id}/quotas", {
    params,
    body: { idea_quota: 5000, vault_idea_quota: null },
  });
  seen("set quotas", quotas.response.status, { ideas: quotas.data?.idea_quota, vault: quotas.data?.vault_idea_quota });
  const retention = await operator.PUT("/api/v1/admin/tenants/{tenant_id}/retention", { params, body: { retention_days: 9 } });
  seen("set the retention", retention.response.status, { days: retention.data?.retention_days });
  const exports = await operator.PUT("/api/v1/admin/tenants/{tenant_id}/owner-export", { params, body: { owner_export: true } });
  seen("allow exports", exports.response.status, { allowed: exports.data?.owner_export });
  const rooted = await operator.PUT("/api/v1/admin/tenants/{tenant_id}/root-key", { params, body: { root_key_id: null } });
  seen("set the root key", rooted.response.status, { key: rooted.data?.root_key_id });
  const suspended = await operator.POST("/api/v1/admin/tenants/{tenant_id}/suspend", { params });
  seen("suspend", suspended.response.status, { status: suspended.data?.status });
  const resumed = await operator.POST("/api/v1/admin/tenants/{tenant_id}/resume", { params });
  seen("resume", resumed.response.status, { status: resumed.data?.status });
  await operator.POST("/api/v1/admin/tenants/{tenant_id}/erasure", { params });
  const withdrawn = await operator.DELETE("/api/v1/admin/tenants/{tenant_id}/erasure", { params });
  seen("withdraw an erasure", withdrawn.response.status, { status: withdrawn.data?.status });
  const asked = await operator.POST("/api/v1/admin/tenants/{tenant_id}/erasure", { params });
  seen("ask for an erasure", asked.response.status, { later: asked.data !== undefined });
  const confirmation = { confirmation: asked.data?.confirmation ?? "" };
  const early = await operator.POST("/api/v1/admin/tenants/{tenant_id}/erasure/confirm", { params, body: confirmation });
  seen("confirm an erasure early", early.response.status, { code: early.error?.code });

  const vaults = await operator.GET("/api/v1/admin/vaults", { params: { query: { user_id: stage.owner.id } } });
  seen("vaults", vaults.response.status, { ideas: vaults.data?.items.map((vault) => vault.ideas) });
  const path = { tenant_id: vaults.data?.items[0]?.tenant_id ?? NOBODY, user_id: stage.owner.id };
  const erasure = "/api/v1/admin/tenants/{tenant_id}/vaults/{user_id}/erasure";
  await operator.POST(erasure, { params: { path } });
  const taken = await operator.DELETE(erasure, { params: { path } });
  seen("withdraw a vault's erasure", taken.response.status, { user: taken.data?.user_id === stage.owner.id });
  const vault = await operator.POST(erasure, { params: { path } });
  seen("ask for a vault's erasure", vault.response.status, { state: vault.data?.state, ideas: vault.data?.ideas });
  const state = await operator.GET(erasure, { params: { path } });
  seen("a vault's erasure", state.response.status, { state: state.data?.state, destroyed: state.data?.destroyed_at });
  const jobs = await operator.GET("/api/v1/admin/jobs", { params: { query: { state: "failed" } } });
  seen("jobs", jobs.response.status, { limit: jobs.data?.limit });
  const job = { path: { job_id: 999_999_999 } };
  const cancelled = await operator.DELETE("/api/v1/admin/jobs/{job_id}", { params: job });
  seen("cancel no job", cancelled.response.status, { code: cancelled.error?.code });
  const retried = await operator.POST("/api/v1/admin/jobs/{job_id}/retry", { params: job });
  seen("retry no job", retried.response.status, { code: retried.error?.code });
  const series = await operator.GET("/api/v1/admin/series", { params: { query: { span: "day" } } });
  seen("series", series.response.status, { span: series.data?.span, steps: series.data?.items.length });
  const inForce = await operator.GET("/api/v1/admin/configuration");
  seen("settings in force", inForce.response.status, {
    masked: inForce.data?.items.filter((each) => each.name === "encryption.root_keys").map((each) => each.value),
  });
  const checks = await operator.GET("/api/v1/admin/checks");
  seen("system checks", checks.response.status, {
    counted: checks.data && checks.data.errors + checks.data.warnings === checks.data.items.length,
  });
  const readiness = await operator.GET("/api/v1/admin/readiness");
  seen("operators' readiness", readiness.response.status, { ready: readiness.data?.ready });
  const appointed = await operator.POST("/api/v1/admin/operators", {
    body: { name: stage.secondTenant, scopes: ["read"] },
  });
  seen("create an operator", appointed.response.status, {
    scopes: appointed.data?.scopes,
    key: appointed.data?.key.startsWith("cvop_"),
  });
  const valid = { q: stage.secondTenant, state: "valid" } as const;
  const operators = await operator.GET("/api/v1/admin/operators", { params: { query: valid } });
  seen("operators", operators.response.status, { total: operators.data?.total });
  const revoked = await operator.POST("/api/v1/admin/operators/{operator_id}/revoke", {
    params: { path: { operator_id: appointed.data?.operator_id ?? NOBODY } },
  });
  seen("revoke an operator", revoked.response.status, { state: revoked.data?.state, expires: revoked.data?.expires_at });
  const audit = await operator.GET("/api/v1/admin/audit", { params: { query: { verb: "tenant.created", limit: 1 } } });
  seen("audit", audit.response.status, { limit: audit.data?.limit });
  await auditAndKeys();

  await until(vault.data?.not_before);
  const done = await operator.POST("/api/v1/admin/tenants/{tenant_id}/erasure/confirm", { params, body: confirmation });
  seen("confirm an erasure", done.response.status, { ideas: done.data?.ideas });
  const erased = await operator.POST("/api/v1/admin/tenants/{tenant_id}/vaults/{user_id}/erasure/confirm", {
    params: { path },
    body: { confirmation: vault.data?.confirmation ?? "" },
  });
  seen("confirm a vault's erasure", erased.response.status, { destroyed: erased.data?.destroyed_at != null });
}

async function leaving(): Promise<void> {
  const leaver = client(stage.leaver.token);
  await leaver.POST("/api/v1/{user_id}/ideas", { params: { path: { user_id: stage.leaver.id } }, body: { title: "Old" } });
  const asked = await leaver.DELETE("/api/v1/users/me");
  seen("ask to leave", asked.response.status, { state: asked.data?.state, ideas: asked.data?.ideas });
  const left = await leaver.DELETE("/api/v1/users/me", {
    params: { header: { "Erasure-Confirmation": asked.data?.confirmation ?? "" } },
  });
  seen("leave", left.response.status, { destroyed: left.data?.destroyed_at != null });
  const state = await leaver.GET("/api/v1/users/me/erasure");
  seen("own erasure", state.response.status, { ideas: state.data?.ideas });
  const keys = await open.GET("/.well-known/jwks.json");
  seen("receipt keys", keys.response.status, { curve: keys.data?.keys[0]?.crv });
}

async function withoutDatabase(): Promise<void> {
  const list = await api.GET("/api/v1/{user_id}/ideas", { params: { path: own } });
  seen("list in an outage", list.response.status, {
    code: list.error?.code,
    error: list.error && "error" in list.error ? list.error.error.code : undefined,
    wait: Number(list.response.headers.get("Retry-After")) >= 1,
  });
  const create = await api.POST("/api/v1/{user_id}/ideas", { params: { path: own }, body: { title: "Not stored" } });
  seen("create in an outage", create.response.status, {
    error: create.error && "error" in create.error ? create.error.error.code : undefined,
  });
  const database = await open.GET("/health/db");
  seen("database health in an outage", database.response.status, {
    database: database.error && "database" in database.error ? database.error.database : undefined,
  });
  const ready = await open.GET("/health/ready");
  seen("readiness in an outage", ready.response.status, {
    status: ready.error && "status" in ready.error ? ready.error.status : undefined,
  });
}

/** The code in an error body that no operation documents. */
function codeOf(body: unknown): string | undefined {
  return typeof body === "object" && body !== null && "code" in body && typeof body.code === "string" ? body.code : undefined;
}

await health();
await users();
const idea = await ideas();
await lists();
await refusals();
await history(idea);
await collections();
await transfer();
await tenant();
await administration();
await leaving();
await outage();
await withoutDatabase();
