/** @hey-api/openapi-ts: one function for each operation, and every answer is data or error. */

import { createClient } from "./generated/client";
import {
  changeIdeasApiV1UserIdIdeasBulkPost as changeIdeas,
  getIdeaStatsApiV1UserIdIdeasStatsGet as getIdeaStats,
  listChangesApiV1UserIdChangesGet as listChanges,
  listTagsApiV1UserIdTagsGet as listTags,
  renameTagsApiV1UserIdTagsRenamePost as renameTags,
  cancelJobApiV1AdminJobsJobIdDelete as cancelJob,
  changeSettingsApiV1UserIdSettingsPatch as changeSettings,
  healthCheckDbHealthDbGet as checkDatabase,
  healthCheckHealthGet as checkHealth,
  readinessCheckHealthReadyGet as checkReadiness,
  compareVersionsApiV1UserIdIdeasIdeaIdVersionsNumberDifferenceGet as compareVersions,
  confirmErasureApiV1AdminTenantsTenantIdErasureConfirmPost as confirmErasure,
  confirmVaultErasureApiV1AdminTenantsTenantIdVaultsUserIdErasureConfirmPost as confirmVaultErasure,
  createIdeaApiV1UserIdIdeasPost as createIdea,
  createImportApiV1UserIdImportsPost as createImport,
  createOperatorApiV1AdminOperatorsPost as createOperator,
  createTenantApiV1AdminTenantsPost as createTenant,
  deleteIdeaApiV1UserIdIdeasIdeaIdDelete as deleteIdea,
  deleteImportApiV1UserIdImportsImportIdDelete as deleteImport,
  emptyTrashApiV1UserIdTrashDelete as emptyTrash,
  eraseOwnVaultApiV1UsersMeDelete as eraseOwnVault,
  exportAuditApiV1AdminAuditExportGet as exportAudit,
  exportMemberApiV1TenantMembersUserIdExportGet as exportMember,
  exportVaultApiV1UserIdExportGet as exportVault,
  exportVaultEncryptedApiV1UserIdExportPost as exportVaultEncrypted,
  expungeIdeaApiV1UserIdTrashIdeaIdDelete as expungeIdea,
  getCurrentUserProfileApiV1UsersMeGet as getCurrentUserProfile,
  getIdeaApiV1UserIdIdeasIdeaIdGet as getIdea,
  getImportApiV1UserIdImportsImportIdGet as getImport,
  getKeysApiV1AdminKeysGet as getKeys,
  getOwnErasureApiV1UsersMeErasureGet as getOwnErasure,
  getOwnTenantApiV1TenantGet as getOwnTenant,
  getReceiptKeysWellKnownJwksJsonGet as getReceiptKeys,
  getRotationApiV1AdminKeysRotationsRotationIdGet as getRotation,
  getSettingsApiV1UserIdSettingsGet as getSettings,
  getStatusApiV1AdminStatusGet as getStatus,
  getTenantApiV1AdminTenantsTenantIdGet as getTenant,
  getVaultErasureApiV1AdminTenantsTenantIdVaultsUserIdErasureGet as getVaultErasure,
  getVerificationApiV1AdminAuditVerificationsVerificationIdGet as getVerification,
  getVersionApiV1UserIdIdeasIdeaIdVersionsNumberGet as getVersion,
  listIdeasApiV1UserIdIdeasGet as listIdeas,
  listImportsApiV1UserIdImportsGet as listImports,
  getReadinessApiV1AdminReadinessGet as getReadiness,
  getSeriesApiV1AdminSeriesGet as getSeries,
  listJobsApiV1AdminJobsGet as listJobs,
  listSettingsApiV1AdminConfigurationGet as listSettings,
  runChecksApiV1AdminChecksGet as runChecks,
  listMembersApiV1TenantMembersGet as listMembers,
  listOperatorsApiV1AdminOperatorsGet as listOperators,
  listOwnEventsApiV1UsersMeEventsGet as listOwnEvents,
  listRootKeysApiV1AdminRootKeysGet as listRootKeys,
  listRotationsApiV1AdminKeysRotationsGet as listRotations,
  listTenantsApiV1AdminTenantsGet as listTenants,
  listTrashApiV1UserIdTrashGet as listTrash,
  listVaultsApiV1AdminVaultsGet as listVaults,
  listVerificationsApiV1AdminAuditVerificationsGet as listVerifications,
  listVersionsApiV1UserIdIdeasIdeaIdVersionsGet as listVersions,
  requestErasureApiV1AdminTenantsTenantIdErasurePost as requestErasure,
  requestVaultErasureApiV1AdminTenantsTenantIdVaultsUserIdErasurePost as requestVaultErasure,
  restoreIdeaApiV1UserIdIdeasIdeaIdRestorePost as restoreIdea,
  restoreVersionApiV1UserIdIdeasIdeaIdVersionsNumberRestorePost as restoreVersion,
  resumeTenantApiV1AdminTenantsTenantIdResumePost as resumeTenant,
  retryJobApiV1AdminJobsJobIdRetryPost as retryJob,
  revokeOperatorApiV1AdminOperatorsOperatorIdRevokePost as revokeOperator,
  rootGet as getRoot,
  rotateKeysApiV1AdminKeysRotationsPost as rotateKeys,
  searchAuditApiV1AdminAuditGet as searchAudit,
  searchOwnAuditApiV1TenantAuditGet as searchOwnAudit,
  setOwnerExportApiV1AdminTenantsTenantIdOwnerExportPut as setOwnerExport,
  setQuotasApiV1AdminTenantsTenantIdQuotasPut as setQuotas,
  setRetentionApiV1AdminTenantsTenantIdRetentionPut as setRetention,
  setRootKeyApiV1AdminTenantsTenantIdRootKeyPut as setRootKey,
  suspendTenantApiV1AdminTenantsTenantIdSuspendPost as suspendTenant,
  undoDeletionApiV1UserIdUndoPost as undoDeletion,
  updateIdeaFullApiV1UserIdIdeasIdeaIdPut as updateIdeaFull,
  updateIdeaPartialApiV1UserIdIdeasIdeaIdPatch as updateIdeaPartial,
  verifyAuditApiV1AdminAuditVerificationsPost as verifyAudit,
  withdrawErasureApiV1AdminTenantsTenantIdErasureDelete as withdrawErasure,
  withdrawVaultErasureApiV1AdminTenantsTenantIdVaultsUserIdErasureDelete as withdrawVaultErasure,
} from "./generated/sdk.gen";
import type { IdeaResponse, OperatorCreate } from "./generated/types.gen";
import { DUE, instant, NOBODY, outage, PASSPHRASE, readStage, seen, UNMATCHED, until, walk } from "./shared";

const stage = readStage();
const client = (token?: string) =>
  createClient({ baseUrl: stage.url, ...(token === undefined ? {} : { auth: token }) });
const open = client();
const api = client(stage.creator.token);
const owner = client(stage.owner.token);
const operator = client(stage.operator);
const own = { user_id: stage.creator.id };

async function health(): Promise<void> {
  const root = await getRoot({ client: open });
  seen("root", root.response?.status, { service: root.data?.service });
  const process = await checkHealth({ client: open });
  seen("health", process.response?.status, { status: process.data?.status });
  const database = await checkDatabase({ client: open });
  seen("database health", database.response?.status, { status: database.data?.status });
  const ready = await checkReadiness({ client: open });
  seen("readiness", ready.response?.status, { status: ready.data?.status, migrations: ready.data?.checks["migrations"] });
}

async function users(): Promise<void> {
  const profile = await getCurrentUserProfile({ client: api });
  seen("profile", profile.response?.status, {
    user: profile.data?.user_id === stage.creator.id,
    authenticated: profile.data?.authenticated,
    name: profile.data?.name,
    expires: profile.data?.expires_at != null,
  });
  const nobody = await getCurrentUserProfile({ client: open });
  seen("profile without a token", nobody.response?.status, {
    detail: nobody.error?.detail,
    code: nobody.error?.code,
    scheme: nobody.response?.headers.get("WWW-Authenticate"),
  });
  const forged = await getCurrentUserProfile({ client: client("not.a.token") });
  seen("profile with a wrong token", forged.response?.status, { code: forged.error?.code });
  const events = await listOwnEvents({ client: api, query: { limit: 5 } });
  seen("own events", events.response?.status, { limit: events.data?.limit });
  const erasure = await getOwnErasure({ client: api });
  seen("no erasure", erasure.response?.status, { code: erasure.error?.code });
}

async function ideas(): Promise<IdeaResponse | undefined> {
  const first = await createIdea({ client: api, path: own,
    body: { title: "First" } });
  seen("create", first.response?.status, {
    title: first.data?.title,
    notes: first.data?.notes,
    stage: first.data?.stage,
    priority: first.data?.priority,
    tags: first.data?.tags,
    due: first.data?.due_date,
    location: first.response?.headers.get("Location")?.endsWith(first.data?.id ?? "?"),
  });
  const full = await createIdea({ client: api, path: own, headers: { "X-Correlation-ID": "generated-client-1" },
    body: { title: "Second", notes: "Line\nbreak", stage: "draft", priority: "high", tags: ["Video", "food"], due_date: DUE } });
  seen("create with all fields", full.response?.status, {
    notes: full.data?.notes,
    stage: full.data?.stage,
    priority: full.data?.priority,
    tags: full.data?.tags,
    due: instant(full.data?.due_date),
    correlation: full.response?.headers.get("X-Correlation-ID"),
  });
  const once = { path: own, headers: { "Idempotency-Key": `${stage.creator.id}-once` } };
  const sent = await createIdea({ client: api, ...once, body: { title: "Once", stage: "published" } });
  seen("create with a key", sent.response?.status, { stage: sent.data?.stage });
  const again = await createIdea({ client: api, ...once, body: { title: "Once", stage: "published" } });
  seen("create again with the key", again.response?.status, { same: again.data?.id === sent.data?.id });
  const other = await createIdea({ client: api, ...once, body: { title: "Other" } });
  seen("create another with the key", other.response?.status, { code: other.error?.code });

  const path = { ...own, idea_id: first.data?.id ?? NOBODY };
  const read = await getIdea({ client: api, path });
  const etag = read.response?.headers.get("ETag") ?? UNMATCHED;
  seen("get", read.response?.status, { title: read.data?.title, etag: etag !== UNMATCHED });
  const known = await getIdea({ client: api, path, headers: { "If-None-Match": etag } });
  seen("get what is known", known.response?.status, { body: known.data !== undefined });
  const patched = await updateIdeaPartial({ client: api, path, headers: { "If-Match": etag },
    body: { title: "First, changed", notes: "To be removed", due_date: DUE } });
  seen("change", patched.response?.status, { title: patched.data?.title, due: instant(patched.data?.due_date) });
  const nulled = await updateIdeaPartial({ client: api, path,
    body: { notes: null, due_date: null } });
  seen("change to null", nulled.response?.status, {
    title: nulled.data?.title,
    notes: nulled.data?.notes,
    due: nulled.data?.due_date,
  });
  const late = await updateIdeaPartial({ client: api, path, headers: { "If-Match": etag },
    body: { title: "Lost update" } });
  seen("change an earlier version", late.response?.status, { code: late.error?.code });
  const put = await updateIdeaFull({ client: api, path,
    body: { title: "First, replaced", tags: ["video"] } });
  seen("replace", put.response?.status, { title: put.data?.title, stage: put.data?.stage, tags: put.data?.tags });
  const unknown = { ...own, idea_id: NOBODY };
  const missing = await updateIdeaFull({ client: api, path: unknown, body: { title: "None" } });
  seen("replace what is missing", missing.response?.status, { detail: missing.error?.detail === `Idea ${NOBODY} not found` });
  const gone = await getIdea({ client: api, path: unknown });
  seen("get what is missing", gone.response?.status, { code: gone.error?.code });
  return put.data;
}

async function lists(): Promise<void> {
  const all = await listIdeas({ client: api, path: own, query: { sort: "title", order: "asc" } });
  seen("list", all.response?.status, {
    titles: all.data?.items.map((idea) => idea.title),
    total: all.data?.total,
    more: all.data?.has_more,
  });
  const known = await listIdeas({ client: api, path: own,
      query: { sort: "title", order: "asc" },
      headers: { "If-None-Match": all.response?.headers.get("ETag") ?? UNMATCHED } });
  seen("list what is known", known.response?.status, { body: known.data !== undefined });
  const one = await listIdeas({ client: api, path: own, query: { stage: "draft", priority: "high", search: "BREAK", tags: "video,none" } });
  seen("list by filters", one.response?.status, { titles: one.data?.items.map((idea) => idea.title) });
  const several = await listIdeas({ client: api, path: own, query: { stage: ["draft", "published"], priority: ["medium", "high"], sort: "title", order: "asc" } });
  seen("list by several values", several.response?.status, { titles: several.data?.items.map((idea) => idea.title) });
  const wrong = await listIdeas({ client: api, path: own, query: { sort: "colour" } });
  const errors = wrong.error !== undefined && "detail" in wrong.error ? wrong.error.detail : undefined;
  seen("list in a wrong order", wrong.response?.status, {
    types: Array.isArray(errors) ? errors.map((error) => error.type) : undefined,
    loc: Array.isArray(errors) ? errors[0]?.loc : undefined,
  });
  const walked = await walk(async (cursor) => {
    const page = await listIdeas({ client: api, path: own, query: { cursor, limit: 1, sort: "title", order: "asc" } });
    return { titles: page.data?.items.map((idea) => idea.title) ?? [], next: page.data?.next_cursor };
  });
  seen("walk by cursors", 200, walked);
}

async function refusals(): Promise<void> {
  const foreign = await listIdeas({ client: api, path: { user_id: stage.stranger.id } });
  seen("list of another", foreign.response?.status, { code: foreign.error?.code });
  const given = await createIdea({ client: api, path: { user_id: stage.stranger.id },
    body: { title: "Not mine" } });
  seen("create for another", given.response?.status, { detail: typeof given.error?.detail === "string" ? given.error.detail : "" });
  const blank = await createIdea({ client: api, path: own, body: { title: "  " } });
  const errors = blank.error?.detail;
  seen("create without a title", blank.response?.status, {
    types: Array.isArray(errors) ? errors.map((error) => error.type) : undefined,
    loc: Array.isArray(errors) ? errors[0]?.loc : undefined,
    code: blank.error?.code,
  });
  const large = await createIdea({ client: api, path: own,
    body: { title: "Large", tags: ["x".repeat(200_000)] } });
  seen("create too large", large.response?.status, { code: large.error?.code });
  const method = await checkHealth({ client: open, fetch: (input, init) => fetch(new Request(input, { ...init, method: "PATCH" })) });
  seen("wrong method", method.response?.status, { allow: method.response?.headers.get("Allow") });
  const route = await checkHealth({ client: open, baseUrl: `${stage.url}/nowhere` });
  seen("wrong path", route.response?.status, { code: codeOf(route.error) });
  const hurried = client(stage.hurried.token);
  let last = await getCurrentUserProfile({ client: hurried });
  for (let times = 0; last.response?.ok && times < 50; times += 1) {
    last = await getCurrentUserProfile({ client: hurried });
  }
  seen("too many requests", last.response?.status, {
    code: last.error?.code,
    wait: Number(last.response?.headers.get("Retry-After")) >= 1,
  });
}

async function history(idea: IdeaResponse | undefined): Promise<void> {
  const path = { ...own, idea_id: idea?.id ?? NOBODY };
  const stale = await deleteIdea({ client: api, path, headers: { "If-Match": UNMATCHED } });
  seen("delete an earlier version", stale.response?.status, { code: stale.error?.code });
  const deleted = await deleteIdea({ client: api, path });
  const undo = deleted.response?.headers.get("X-Undo") ?? "";
  seen("delete", deleted.response?.status, { undo: undo !== "" });
  const twice = await deleteIdea({ client: api, path });
  seen("delete again", twice.response?.status, { code: twice.error?.code });
  const trash = await listTrash({ client: api, path: own });
  seen("trash", trash.response?.status, { titles: trash.data?.items.map((each) => each.title) });
  const undone = await undoDeletion({ client: api, path: own, body: { undo } });
  seen("undo", undone.response?.status, { titles: undone.data?.items.map((each) => each.title) });
  const versions = await listVersions({ client: api, path, query: { limit: 10 } });
  seen("versions", versions.response?.status, {
    numbers: versions.data?.items.map((version) => version.number),
    current: versions.data?.current,
  });
  const version = await getVersion({ client: api, path: { ...path, number: 1 } });
  seen("version", version.response?.status, { title: version.data?.title, replaced: version.data?.replaced_at != null });
  const difference = await compareVersions({ client: api, path: { ...path, number: 1 }, query: { to: "current" } });
  seen("difference", difference.response?.status, {
    before: difference.data?.title?.before,
    after: difference.data?.title?.after,
    added: difference.data?.tags?.added,
    notes: difference.data?.notes == null,
  });
  const reset = await restoreVersion({ client: api, path: { ...path, number: 1 } });
  seen("restore a version", reset.response?.status, { title: reset.data?.title });
  await deleteIdea({ client: api, path });
  const restored = await restoreIdea({ client: api, path });
  seen("restore", restored.response?.status, { title: restored.data?.title });
  await deleteIdea({ client: api, path });
  const expunged = await expungeIdea({ client: api, path });
  seen("expunge", expunged.response?.status);
  const emptied = await emptyTrash({ client: api, path: own });
  seen("empty the trash", emptied.response?.status);
  const settings = await getSettings({ client: api, path: own });
  seen("settings", settings.response?.status, {
    days: settings.data?.retention_days,
    by: settings.data?.retention_chosen_by,
  });
  const changed = await changeSettings({ client: api, path: own, body: { retention_days: 7 } });
  seen("change the settings", changed.response?.status, {
    days: changed.data?.effective_retention_days,
    by: changed.data?.retention_chosen_by,
  });
}

async function collections(): Promise<void> {
  const vault = { client: api, path: own };
  const counts = await getIdeaStats(vault);
  seen("counts", counts.response?.status, { total: counts.data?.total, drafts: counts.data?.by_stage.draft });
  const tags = await listTags({ ...vault, query: { limit: 10 } });
  seen("tags", tags.response?.status, { counts: tags.data?.items.map((each) => each.count), total: tags.data?.total });
  const renamed = await renameTags({ ...vault, body: { from: ["FOOD"], to: "meals" } });
  seen("rename a tag", renamed.response?.status, { tag: renamed.data?.tag, changed: renamed.data?.changed });
  const id = crypto.randomUUID();
  const bulk = await changeIdeas({
    ...vault,
    body: { operations: [{ op: "create", id, idea: { title: "Bulk" } }, { op: "delete", id }] },
  });
  seen("bulk", bulk.response?.status, { applied: bulk.data?.applied, statuses: bulk.data?.results.map((each) => each.status) });
  const refused = await changeIdeas({ ...vault, body: { operations: [{ op: "delete", id: NOBODY }] } });
  seen("bulk refused", refused.response?.status, { code: refused.error?.code });
  const changes = await listChanges({ ...vault, query: { limit: 10 } });
  seen("changes", changes.response?.status, { changed: changes.data?.changed.length, more: changes.data?.has_more });
}

async function transfer(): Promise<void> {
  const csv = await exportVault({ client: api, path: own, query: { format: "csv" }, parseAs: "text" });
  seen("export", csv.response?.status, { ideas: csv.data?.split("\r\n").filter((line) => line.startsWith('"idea"')).length });
  const sealed = await exportVaultEncrypted({ client: api, path: own,
    body: { format: "jsonl", passphrase: PASSPHRASE },
    parseAs: "text" });
  seen("export sealed", sealed.response?.status, { age: sealed.data?.startsWith("age-encryption.org/v1") });
  const body = { file: new Blob(["title,stage\nImported,outline\n"]) };
  const preview = await createImport({ client: api, path: own, query: { format: "csv", preview: true }, body });
  seen("preview an import", preview.response?.status, { fresh: preview.data && "new" in preview.data ? preview.data.new : null });
  const started = await createImport({ client: api, path: own, query: { format: "csv" }, body });
  const import_id = started.data && "id" in started.data ? started.data.id : NOBODY;
  seen("import", started.response?.status, { known: import_id !== NOBODY });
  const imports = await listImports({ client: api, path: own });
  seen("imports", imports.response?.status, { total: imports.data?.total });
  const one = await getImport({ client: api, path: { ...own, import_id } });
  seen("import's progress", one.response?.status, { format: one.data?.format, error: one.data?.error?.code ?? null });
  const cancelled = await deleteImport({ client: api, path: { ...own, import_id } });
  seen("forget an import", cancelled.response?.status);
}

async function tenant(): Promise<void> {
  await createIdea({ client: owner, path: { user_id: stage.owner.id },
    body: { title: "The owner's" } });
  const shown = await getOwnTenant({ client: owner });
  seen("tenant", shown.response?.status, {
    external: shown.data?.external_id === stage.organization,
    ideas: shown.data?.ideas,
    quota: shown.data?.idea_quota,
  });
  const members = await listMembers({ client: owner, query: { limit: 10 } });
  seen("members", members.response?.status, { own: members.data?.items.map((member) => member.user_id === stage.owner.id) });
  const audit = await searchOwnAudit({ client: owner, query: { limit: 10, since: "2026-01-01T00:00:00Z" } });
  seen("tenant's audit", audit.response?.status, { offset: audit.data?.offset });
  const forbidden = await getOwnTenant({ client: api });
  seen("tenant of a creator", forbidden.response?.status, { code: forbidden.error?.code });
  const refused = await exportMember({ client: owner, path: { user_id: stage.owner.id },
    parseAs: "text" });
  seen("member's export", refused.response?.status);
}

async function auditAndKeys(): Promise<void> {
  const file = await exportAudit({ client: operator, query: { verb: "tenant.created" }, parseAs: "text" });
  seen("audit as a file", file.response?.status, { lines: file.data?.startsWith('{"tenant_id":') });
  const forbidden = await verifyAudit({ client: api });
  seen("verify the audit log as a creator", forbidden.response?.status, { code: forbidden.error?.code });
  const verifications = await listVerifications({ client: operator, query: { limit: 5 } });
  seen("verifications", verifications.response?.status, { total: verifications.data?.total });
  const unverified = await getVerification({ client: operator, path: { verification_id: 999_999_999 } });
  seen("no verification", unverified.response?.status, { code: unverified.error?.code });
  const keys = await getKeys({ client: operator });
  seen("keys", keys.response?.status, {
    wraps: keys.data?.root_keys[0]?.wraps,
    providers: keys.data?.providers.map((one) => one.provider),
  });
  const refused = await rotateKeys({ client: operator, body: { tenant_id: NOBODY } });
  seen("rotate the keys of no tenant", refused.response?.status, { code: refused.error?.code });
  const rotations = await listRotations({ client: operator, query: { limit: 5 } });
  seen("rotations", rotations.response?.status, { total: rotations.data?.total });
  const unknown = await getRotation({ client: operator, path: { rotation_id: 999_999_999 } });
  seen("no rotation", unknown.response?.status, { code: unknown.error?.code });
}

async function administration(): Promise<void> {
  const figures = await getStatus({ client: operator });
  seen("status", figures.response?.status, { migrated: figures.data?.migrated });
  const roots = await listRootKeys({ client: operator });
  seen("root keys", roots.response?.status, { some: (roots.data?.items.length ?? 0) > 0 });
  const body = { kind: "organization", realm: "better-auth", external_id: stage.secondTenant } as const;
  const made = await createTenant({ client: operator, body });
  seen("create a tenant", made.response?.status, { kind: made.data?.kind, status: made.data?.status, days: made.data?.retention_days });
  const twice = await createTenant({ client: operator, body });
  seen("create a tenant again", twice.response?.status, { code: twice.error?.code });
  const viewer = await createTenant({ client: client(stage.viewer), body });
  seen("create a tenant without the scope", viewer.response?.status, { code: viewer.error?.code });
  const params = { path: { tenant_id: made.data?.tenant_id ?? NOBODY } };
  const tenants = await listTenants({ client: operator, query: { kind: "organization", status: "active", external_id: stage.secondTenant, sort: "ideas" } });
  seen("tenants", tenants.response?.status, { total: tenants.data?.total });
  const one = await getTenant({ client: operator, ...params });
  seen("a tenant", one.response?.status, { vaults: one.data?.vaults });
  const quotas = await setQuotas({ client: operator, ...params,
    body: { idea_quota: 5000, vault_idea_quota: null } });
  seen("set quotas", quotas.response?.status, { ideas: quotas.data?.idea_quota, vault: quotas.data?.vault_idea_quota });
  const retention = await setRetention({ client: operator, ...params, body: { retention_days: 9 } });
  seen("set the retention", retention.response?.status, { days: retention.data?.retention_days });
  const exports = await setOwnerExport({ client: operator, ...params, body: { owner_export: true } });
  seen("allow exports", exports.response?.status, { allowed: exports.data?.owner_export });
  const rooted = await setRootKey({ client: operator, ...params, body: { root_key_id: null } });
  seen("set the root key", rooted.response?.status, { key: rooted.data?.root_key_id });
  const suspended = await suspendTenant({ client: operator, ...params });
  seen("suspend", suspended.response?.status, { status: suspended.data?.status });
  const resumed = await resumeTenant({ client: operator, ...params });
  seen("resume", resumed.response?.status, { status: resumed.data?.status });
  await requestErasure({ client: operator, ...params });
  const withdrawn = await withdrawErasure({ client: operator, ...params });
  seen("withdraw an erasure", withdrawn.response?.status, { status: withdrawn.data?.status });
  const asked = await requestErasure({ client: operator, ...params });
  seen("ask for an erasure", asked.response?.status, { later: asked.data !== undefined });
  const confirmation = { confirmation: asked.data?.confirmation ?? "" };
  const early = await confirmErasure({ client: operator, ...params, body: confirmation });
  seen("confirm an erasure early", early.response?.status, { code: early.error?.code });

  const vaults = await listVaults({ client: operator, query: { user_id: stage.owner.id } });
  seen("vaults", vaults.response?.status, { ideas: vaults.data?.items.map((vault) => vault.ideas) });
  const path = { tenant_id: vaults.data?.items[0]?.tenant_id ?? NOBODY, user_id: stage.owner.id };
  await requestVaultErasure({ client: operator, path });
  const taken = await withdrawVaultErasure({ client: operator, path });
  seen("withdraw a vault's erasure", taken.response?.status, { user: taken.data?.user_id === stage.owner.id });
  const vault = await requestVaultErasure({ client: operator, path });
  seen("ask for a vault's erasure", vault.response?.status, { state: vault.data?.state, ideas: vault.data?.ideas });
  const state = await getVaultErasure({ client: operator, path });
  seen("a vault's erasure", state.response?.status, { state: state.data?.state, destroyed: state.data?.destroyed_at });
  const jobs = await listJobs({ client: operator, query: { state: "failed" } });
  seen("jobs", jobs.response?.status, { limit: jobs.data?.limit });
  const job = { path: { job_id: 999_999_999 } };
  const cancelled = await cancelJob({ client: operator, ...job });
  seen("cancel no job", cancelled.response?.status, { code: cancelled.error?.code });
  const retried = await retryJob({ client: operator, ...job });
  seen("retry no job", retried.response?.status, { code: retried.error?.code });
  const series = await getSeries({ client: operator, query: { span: "day" } });
  seen("series", series.response?.status, { span: series.data?.span, steps: series.data?.items.length });
  const inForce = await listSettings({ client: operator });
  seen("settings in force", inForce.response?.status, {
    masked: inForce.data?.items.filter((each) => each.name === "encryption.root_keys").map((each) => each.value),
  });
  const checks = await runChecks({ client: operator });
  seen("system checks", checks.response?.status, {
    counted: checks.data && checks.data.errors + checks.data.warnings === checks.data.items.length,
  });
  const readiness = await getReadiness({ client: operator });
  seen("operators' readiness", readiness.response?.status, { ready: readiness.data?.ready });
  const named = { name: stage.secondTenant, scopes: ["read"] } satisfies OperatorCreate;
  const appointed = await createOperator({ client: operator, body: named });
  seen("create an operator", appointed.response?.status, {
    scopes: appointed.data?.scopes,
    key: appointed.data?.key.startsWith("cvop_"),
  });
  const operators = await listOperators({ client: operator, query: { q: stage.secondTenant, state: "valid" } });
  seen("operators", operators.response?.status, { total: operators.data?.total });
  const dismissed = { operator_id: appointed.data?.operator_id ?? NOBODY };
  const revoked = await revokeOperator({ client: operator, path: dismissed });
  seen("revoke an operator", revoked.response?.status, { state: revoked.data?.state, expires: revoked.data?.expires_at });
  const audit = await searchAudit({ client: operator, query: { verb: "tenant.created", limit: 1 } });
  seen("audit", audit.response?.status, { limit: audit.data?.limit });
  await auditAndKeys();

  await until(vault.data?.not_before);
  const done = await confirmErasure({ client: operator, ...params, body: confirmation });
  seen("confirm an erasure", done.response?.status, { ideas: done.data?.ideas });
  const erased = await confirmVaultErasure({ client: operator, path,
    body: { confirmation: vault.data?.confirmation ?? "" } });
  seen("confirm a vault's erasure", erased.response?.status, { destroyed: erased.data?.destroyed_at != null });
}

async function leaving(): Promise<void> {
  const leaver = client(stage.leaver.token);
  await createIdea({ client: leaver, path: { user_id: stage.leaver.id }, body: { title: "Old" } });
  const asked = await eraseOwnVault({ client: leaver });
  seen("ask to leave", asked.response?.status, { state: asked.data?.state, ideas: asked.data?.ideas });
  const left = await eraseOwnVault({ client: leaver, headers: { "Erasure-Confirmation": asked.data?.confirmation ?? "" } });
  seen("leave", left.response?.status, { destroyed: left.data?.destroyed_at != null });
  const state = await getOwnErasure({ client: leaver });
  seen("own erasure", state.response?.status, { ideas: state.data?.ideas });
  const keys = await getReceiptKeys({ client: open });
  seen("receipt keys", keys.response?.status, { curve: keys.data?.keys[0]?.crv });
}

async function withoutDatabase(): Promise<void> {
  const list = await listIdeas({ client: api, path: own });
  seen("list in an outage", list.response?.status, {
    code: list.error?.code,
    error: list.error && "error" in list.error ? list.error.error.code : undefined,
    wait: Number(list.response?.headers.get("Retry-After")) >= 1,
  });
  const create = await createIdea({ client: api, path: own, body: { title: "Not stored" } });
  seen("create in an outage", create.response?.status, {
    error: create.error && "error" in create.error ? create.error.error.code : undefined,
  });
  const database = await checkDatabase({ client: open });
  seen("database health in an outage", database.response?.status, {
    database: database.error && "database" in database.error ? database.error.database : undefined,
  });
  const ready = await checkReadiness({ client: open });
  seen("readiness in an outage", ready.response?.status, {
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
