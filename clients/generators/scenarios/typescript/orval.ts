/** orval with fetch: one function for each operation, and an answer is a union that `status` tells apart. */

import {
  changeIdeasApiV1UserIdIdeasBulkPost as changeIdeas,
  getIdeaStatsApiV1UserIdIdeasStatsGet as getIdeaStats,
  listChangesApiV1UserIdChangesGet as listChanges,
  listTagsApiV1UserIdTagsGet as listTags,
  renameTagsApiV1UserIdTagsRenamePost as renameTags,
  cancelJobApiV1AdminJobsJobIdDelete as cancelJob,
  changeSettingsApiV1UserIdSettingsPatch as changeSettings,
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
  exportMemberApiV1TenantMembersUserIdExportGet as exportMember,
  exportVaultApiV1UserIdExportGet as exportVault,
  exportVaultEncryptedApiV1UserIdExportPost as exportVaultEncrypted,
  expungeIdeaApiV1UserIdTrashIdeaIdDelete as expungeIdea,
  getCurrentUserProfileApiV1UsersMeGet as getCurrentUserProfile,
  getExportAuditApiV1AdminAuditExportGetUrl as exportAuditUrl,
  getHealthCheckHealthGetUrl as healthUrl,
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
  healthCheckDbHealthDbGet as checkDatabase,
  healthCheckHealthGet as checkHealth,
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
  readinessCheckHealthReadyGet as checkReadiness,
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
} from "./generated/client";
import type { ErrorResponse, HTTPValidationError } from "./generated/client";
import { DUE, instant, NOBODY, outage, PASSPHRASE, readStage, seen, UNMATCHED, until, walk } from "./shared";
import type { Fact } from "./shared";

interface Answer {
  readonly status: number;
  readonly data: unknown;
  readonly headers: Headers;
}

const stage = readStage();
process.env["SERVICE"] = stage.url;
const as = (token: string): RequestInit => ({ headers: { Authorization: `Bearer ${token}` } });
const creator = as(stage.creator.token);
const owner = as(stage.owner.token);
const operator = as(stage.operator);
const own = stage.creator.id;

function has<A extends Answer, S extends A["status"]>(answer: A, status: S): answer is Extract<A, { status: S }> {
  return answer.status === status;
}

/** Reports a call with facts of the answer that has this status. */
function report<A extends Answer, S extends A["status"]>(
  call: string,
  answer: A,
  status: S,
  facts: (data: Extract<A, { status: S }>["data"], headers: Headers) => Record<string, Fact> = () => ({}),
): void {
  seen(call, answer.status, has(answer, status) ? facts(answer.data, answer.headers) : {});
}

const code = (data: ErrorResponse) => ({ code: data.code });
/** The code of a server error: a response that operations share has the types of both of its media types. */
function errorOf(data: object): string | undefined {
  const error: unknown = "error" in data ? data.error : undefined;
  return typeof error === "object" && error !== null && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

const text = async (data: string | Blob) => (typeof data === "string" ? data : data.text());
const fields = (data: HTTPValidationError) => ({ types: data.detail?.map((error) => error.type), loc: data.detail?.[0]?.loc });

async function health(): Promise<void> {
  report("root", await getRoot(), 200, (data) => ({ service: data.service }));
  report("health", await checkHealth(), 200, (data) => ({ status: data.status }));
  report("database health", await checkDatabase(), 200, (data) => ({ status: data.status }));
  report("readiness", await checkReadiness(), 200, (data) => ({ status: data.status, migrations: data.checks["migrations"] }));
}

async function users(): Promise<void> {
  report("profile", await getCurrentUserProfile(creator), 200, (data) => ({
    user: data.user_id === own,
    authenticated: data.authenticated,
    name: data.name,
    expires: data.expires_at != null,
  }));
  report("profile without a token", await getCurrentUserProfile(), 401, (data, headers) => ({
    detail: data.detail,
    code: data.code,
    scheme: headers.get("WWW-Authenticate"),
  }));
  report("profile with a wrong token", await getCurrentUserProfile(as("not.a.token")), 401, code);
  report("own events", await listOwnEvents({ limit: 5 }, {}, creator), 200, (data) => ({ limit: data.limit }));
  report("no erasure", await getOwnErasure(creator), 404, code);
}

async function ideas(): Promise<string> {
  const first = await createIdea(own, { title: "First" }, {}, creator);
  report("create", first, 201, (data, headers) => ({
    title: data.title,
    notes: data.notes,
    stage: data.stage,
    priority: data.priority,
    tags: data.tags,
    due: data.due_date,
    location: headers.get("Location")?.endsWith(data.id),
  }));
  const full = await createIdea(
    own,
    { title: "Second", notes: "Line\nbreak", stage: "draft", priority: "high", tags: ["Video", "food"], due_date: DUE },
    { "X-Correlation-ID": "generated-client-1" },
    creator,
  );
  report("create with all fields", full, 201, (data, headers) => ({
    notes: data.notes,
    stage: data.stage,
    priority: data.priority,
    tags: data.tags,
    due: instant(data.due_date),
    correlation: headers.get("X-Correlation-ID"),
  }));
  const once = { "Idempotency-Key": `${own}-once` };
  const sent = await createIdea(own, { title: "Once", stage: "published" }, once, creator);
  report("create with a key", sent, 201, (data) => ({ stage: data.stage }));
  const again = await createIdea(own, { title: "Once", stage: "published" }, once, creator);
  report("create again with the key", again, 201, (data) => ({ same: sent.status === 201 && data.id === sent.data.id }));
  const other = await createIdea(own, { title: "Other" }, once, creator);
  report("create another with the key", other, 422, (data) => ({ code: data.code }));

  const id = first.status === 201 ? first.data.id : NOBODY;
  const read = await getIdea(own, id, {}, creator);
  const etag = read.headers.get("ETag") ?? UNMATCHED;
  report("get", read, 200, (data) => ({ title: data.title, etag: etag !== UNMATCHED }));
  const known = await getIdea(own, id, { "If-None-Match": etag }, creator);
  report("get what is known", known, 304, () => ({ body: false }));
  const changes = { title: "First, changed", notes: "To be removed", due_date: DUE };
  const patched = await updateIdeaPartial(own, id, changes, { "If-Match": etag }, creator);
  report("change", patched, 200, (data) => ({ title: data.title, due: instant(data.due_date) }));
  const nulled = await updateIdeaPartial(own, id, { notes: null, due_date: null }, {}, creator);
  report("change to null", nulled, 200, (data) => ({ title: data.title, notes: data.notes, due: data.due_date }));
  const late = await updateIdeaPartial(own, id, { title: "Lost update" }, { "If-Match": etag }, creator);
  report("change an earlier version", late, 412, (data) => ({ code: data.code }));
  const put = await updateIdeaFull(own, id, { title: "First, replaced", tags: ["video"] }, {}, creator);
  report("replace", put, 200, (data) => ({ title: data.title, stage: data.stage, tags: data.tags }));
  const missing = await updateIdeaFull(own, NOBODY, { title: "None" }, {}, creator);
  report("replace what is missing", missing, 404, (data) => ({ detail: data.detail === `Idea ${NOBODY} not found` }));
  report("get what is missing", await getIdea(own, NOBODY, {}, creator), 404, code);
  return id;
}

async function lists(): Promise<void> {
  const byTitle = { sort: "title", order: "asc" };
  const all = await listIdeas(own, byTitle, {}, creator);
  report("list", all, 200, (data) => ({
    titles: data.items.map((idea) => idea.title),
    total: data.total,
    more: data.has_more,
  }));
  const known = await listIdeas(own, byTitle, { "If-None-Match": all.headers.get("ETag") ?? UNMATCHED }, creator);
  report("list what is known", known, 304, () => ({ body: false }));
  const filters = { stage: "draft", priority: "high", search: "BREAK", tags: "video,none" } as const;
  const one = await listIdeas(own, filters, {}, creator);
  report("list by filters", one, 200, (data) => ({ titles: data.items.map((idea) => idea.title) }));
  const several = await listIdeas(own, { stage: ["draft", "published"], priority: ["medium", "high"], ...byTitle }, {}, creator);
  report("list by several values", several, 200, (data) => ({ titles: data.items.map((idea) => idea.title) }));
  report("list in a wrong order", await listIdeas(own, { sort: "colour" }, {}, creator), 422, fields);
  const walked = await walk(async (cursor) => {
    const page = await listIdeas(own, { cursor, limit: 1, ...byTitle }, {}, creator);
    return page.status === 200
      ? { titles: page.data.items.map((idea) => idea.title), next: page.data.next_cursor }
      : { titles: [], next: null };
  });
  seen("walk by cursors", 200, walked);
}

async function refusals(): Promise<void> {
  report("list of another", await listIdeas(stage.stranger.id, {}, {}, creator), 403, code);
  const given = await createIdea(stage.stranger.id, { title: "Not mine" }, {}, creator);
  report("create for another", given, 403, (data) => ({ detail: data.detail }));
  const blank = await createIdea(own, { title: "  " }, {}, creator);
  report("create without a title", blank, 422, (data) => ({ ...fields(data), code: data.code }));
  const large = await createIdea(own, { title: "Large", tags: ["x".repeat(200_000)] }, {}, creator);
  report("create too large", large, 413, code);
  const method = await fetch(healthUrl(), { method: "PATCH" });
  seen("wrong method", method.status, { allow: method.headers.get("Allow") });
  const route = await fetch(`${healthUrl()}/nowhere`);
  const body: ErrorResponse = await route.json();
  seen("wrong path", route.status, { code: body.code });
  let last = await getCurrentUserProfile(as(stage.hurried.token));
  for (let times = 0; last.status === 200 && times < 50; times += 1) {
    last = await getCurrentUserProfile(as(stage.hurried.token));
  }
  report("too many requests", last, 429, (data, headers) => ({
    code: data.code,
    wait: Number(headers.get("Retry-After")) >= 1,
  }));
}

async function history(id: string): Promise<void> {
  report("delete an earlier version", await deleteIdea(own, id, { "If-Match": UNMATCHED }, creator), 412, (data) => ({
    code: data.code,
  }));
  const deleted = await deleteIdea(own, id, {}, creator);
  const undo = deleted.headers.get("X-Undo") ?? "";
  report("delete", deleted, 204, () => ({ undo: undo !== "" }));
  report("delete again", await deleteIdea(own, id, {}, creator), 404, code);
  report("trash", await listTrash(own, {}, {}, creator), 200, (data) => ({ titles: data.items.map((each) => each.title) }));
  const undone = await undoDeletion(own, { undo }, {}, creator);
  report("undo", undone, 200, (data) => ({ titles: data.items.map((each) => each.title) }));
  report("versions", await listVersions(own, id, { limit: 10 }, {}, creator), 200, (data) => ({
    numbers: data.items.map((version) => version.number),
    current: data.current,
  }));
  report("version", await getVersion(own, id, 1, {}, creator), 200, (data) => ({
    title: data.title,
    replaced: data.replaced_at != null,
  }));
  report("difference", await compareVersions(own, id, 1, { to: "current" }, {}, creator), 200, (data) => ({
    before: data.title?.before,
    after: data.title?.after,
    added: data.tags?.added,
    notes: data.notes == null,
  }));
  report("restore a version", await restoreVersion(own, id, 1, {}, creator), 200, (data) => ({ title: data.title }));
  await deleteIdea(own, id, {}, creator);
  report("restore", await restoreIdea(own, id, {}, creator), 200, (data) => ({ title: data.title }));
  await deleteIdea(own, id, {}, creator);
  report("expunge", await expungeIdea(own, id, {}, creator), 204);
  report("empty the trash", await emptyTrash(own, {}, creator), 204);
  report("settings", await getSettings(own, {}, creator), 200, (data) => ({
    days: data.retention_days,
    by: data.retention_chosen_by,
  }));
  report("change the settings", await changeSettings(own, { retention_days: 7 }, {}, creator), 200, (data) => ({
    days: data.effective_retention_days,
    by: data.retention_chosen_by,
  }));
}

async function collections(): Promise<void> {
  report("counts", await getIdeaStats(own, {}, creator), 200, (data) => ({ total: data.total, drafts: data.by_stage.draft }));
  report("tags", await listTags(own, { limit: 10 }, {}, creator), 200, (data) => ({
    counts: data.items.map((each) => each.count),
    total: data.total,
  }));
  const renamed = await renameTags(own, { from: ["FOOD"], to: "meals" }, {}, creator);
  report("rename a tag", renamed, 200, (data) => ({ tag: data.tag, changed: data.changed }));
  const id = crypto.randomUUID();
  const operations = [
    { op: "create", id, idea: { title: "Bulk" } },
    { op: "delete", id },
  ] as const;
  report("bulk", await changeIdeas(own, { operations: [...operations] }, {}, creator), 200, (data) => ({
    applied: data.applied,
    statuses: data.results.map((each) => each.status),
  }));
  const refused = await changeIdeas(own, { operations: [{ op: "delete", id: NOBODY }] }, {}, creator);
  report("bulk refused", refused, 409, (data) => ({ code: data.code }));
  report("changes", await listChanges(own, { limit: 10 }, {}, creator), 200, (data) => ({
    changed: data.changed.length,
    more: data.has_more,
  }));
}

async function transfer(): Promise<void> {
  const exported = await exportVault(own, { format: "csv" }, {}, creator);
  const csv = exported.status === 200 ? await text(exported.data) : "";
  report("export", exported, 200, () => ({
    ideas: csv.split("\r\n").filter((line) => line.startsWith('"idea"')).length,
  }));
  const encrypted = await exportVaultEncrypted(own, { format: "jsonl", passphrase: PASSPHRASE }, {}, creator);
  const sealed = encrypted.status === 200 ? await text(encrypted.data) : "";
  report("export sealed", encrypted, 200, () => ({ age: sealed.startsWith("age-encryption.org/v1") }));
  const file = new Blob(["title,stage\nImported,outline\n"]);
  const preview = await createImport(own, file, { format: "csv", preview: true }, {}, creator);
  report("preview an import", preview, 200, (data) => ({ fresh: data.new }));
  const started = await createImport(own, file, { format: "csv" }, {}, creator);
  const id = started.status === 202 ? started.data.id : NOBODY;
  report("import", started, 202, () => ({ known: id !== NOBODY }));
  report("imports", await listImports(own, {}, {}, creator), 200, (data) => ({ total: data.total }));
  report("import's progress", await getImport(own, id, {}, creator), 200, (data) => ({
    format: data.format,
    error: data.error?.code ?? null,
  }));
  report("forget an import", await deleteImport(own, id, {}, creator), 204);
}

async function tenant(): Promise<void> {
  await createIdea(stage.owner.id, { title: "The owner's" }, {}, owner);
  report("tenant", await getOwnTenant(owner), 200, (data) => ({
    external: data.external_id === stage.organization,
    ideas: data.ideas,
    quota: data.idea_quota,
  }));
  report("members", await listMembers({ limit: 10 }, {}, owner), 200, (data) => ({
    own: data.items.map((member) => member.user_id === stage.owner.id),
  }));
  const audit = await searchOwnAudit({ limit: 10, since: "2026-01-01T00:00:00Z" }, {}, owner);
  report("tenant's audit", audit, 200, (data) => ({ offset: data.offset }));
  report("tenant of a creator", await getOwnTenant(creator), 403, code);
  report("member's export", await exportMember(stage.owner.id, {}, {}, owner), 403);
}

async function auditAndKeys(): Promise<void> {
  // Its function would read the lines as one JSON value.
  const exported = await fetch(exportAuditUrl({ verb: "tenant.created" }), operator);
  seen("audit as a file", exported.status, { lines: (await exported.text()).startsWith('{"tenant_id":') });
  report("verify the audit log as a creator", await verifyAudit(creator), 403, code);
  report("verifications", await listVerifications({ limit: 5 }, {}, operator), 200, (data) => ({ total: data.total }));
  report("no verification", await getVerification(999_999_999, {}, operator), 404, code);
  report("keys", await getKeys(operator), 200, (data) => ({
    wraps: data.root_keys[0]?.wraps,
    providers: data.providers.map((one) => one.provider),
  }));
  report("rotate the keys of no tenant", await rotateKeys({ tenant_id: NOBODY }, operator), 404, code);
  report("rotations", await listRotations({ limit: 5 }, {}, operator), 200, (data) => ({ total: data.total }));
  report("no rotation", await getRotation(999_999_999, {}, operator), 404, code);
}

async function administration(): Promise<void> {
  report("status", await getStatus(operator), 200, (data) => ({ migrated: data.migrated }));
  report("root keys", await listRootKeys(operator), 200, (data) => ({ some: data.items.length > 0 }));
  const body = { kind: "organization", realm: "better-auth", external_id: stage.secondTenant } as const;
  const made = await createTenant(body, operator);
  report("create a tenant", made, 201, (data) => ({ kind: data.kind, status: data.status, days: data.retention_days }));
  report("create a tenant again", await createTenant(body, operator), 409, code);
  report("create a tenant without the scope", await createTenant(body, as(stage.viewer)), 403, code);
  const id = made.status === 201 ? made.data.tenant_id : NOBODY;
  const search = { kind: "organization", status: "active", external_id: stage.secondTenant, sort: "ideas" } as const;
  report("tenants", await listTenants(search, {}, operator), 200, (data) => ({ total: data.total }));
  report("a tenant", await getTenant(id, {}, operator), 200, (data) => ({ vaults: data.vaults }));
  const quotas = await setQuotas(id, { idea_quota: 5000, vault_idea_quota: null }, {}, operator);
  report("set quotas", quotas, 200, (data) => ({ ideas: data.idea_quota, vault: data.vault_idea_quota }));
  const retention = await setRetention(id, { retention_days: 9 }, {}, operator);
  report("set the retention", retention, 200, (data) => ({ days: data.retention_days }));
  const exports = await setOwnerExport(id, { owner_export: true }, {}, operator);
  report("allow exports", exports, 200, (data) => ({ allowed: data.owner_export }));
  const rooted = await setRootKey(id, { root_key_id: null }, {}, operator);
  report("set the root key", rooted, 200, (data) => ({ key: data.root_key_id }));
  report("suspend", await suspendTenant(id, {}, operator), 200, (data) => ({ status: data.status }));
  report("resume", await resumeTenant(id, {}, operator), 200, (data) => ({ status: data.status }));
  await requestErasure(id, {}, operator);
  report("withdraw an erasure", await withdrawErasure(id, {}, operator), 200, (data) => ({ status: data.status }));
  const asked = await requestErasure(id, {}, operator);
  report("ask for an erasure", asked, 202, () => ({ later: true }));
  const confirmation = asked.status === 202 ? asked.data.confirmation : "";
  report("confirm an erasure early", await confirmErasure(id, { confirmation }, {}, operator), 409, code);

  const vaults = await listVaults({ user_id: stage.owner.id }, {}, operator);
  report("vaults", vaults, 200, (data) => ({ ideas: data.items.map((vault) => vault.ideas) }));
  const where = [(vaults.status === 200 ? vaults.data.items[0]?.tenant_id : undefined) ?? NOBODY, stage.owner.id] as const;
  await requestVaultErasure(...where, {}, operator);
  report("withdraw a vault's erasure", await withdrawVaultErasure(...where, {}, operator), 200, (data) => ({
    user: data.user_id === stage.owner.id,
  }));
  const vault = await requestVaultErasure(...where, {}, operator);
  report("ask for a vault's erasure", vault, 202, (data) => ({ state: data.state, ideas: data.ideas }));
  report("a vault's erasure", await getVaultErasure(...where, {}, operator), 200, (data) => ({
    state: data.state,
    destroyed: data.destroyed_at,
  }));
  report("jobs", await listJobs({ state: "failed" }, {}, operator), 200, (data) => ({ limit: data.limit }));
  report("cancel no job", await cancelJob(999_999_999, {}, operator), 404, code);
  report("retry no job", await retryJob(999_999_999, {}, operator), 404, code);
  report("series", await getSeries({ span: "day" }, {}, operator), 200, (data) => ({
    span: data.span,
    steps: data.items.length,
  }));
  report("settings in force", await listSettings(operator), 200, (data) => ({
    masked: data.items.filter((each) => each.name === "encryption.root_keys").map((each) => each.value),
  }));
  report("system checks", await runChecks(operator), 200, (data) => ({
    counted: data.errors + data.warnings === data.items.length,
  }));
  report("operators' readiness", await getReadiness(operator), 200, (data) => ({ ready: data.ready }));
  const appointed = await createOperator({ name: stage.secondTenant, scopes: ["read"] }, operator);
  report("create an operator", appointed, 201, (data) => ({ scopes: data.scopes, key: data.key.startsWith("cvop_") }));
  const valid = { q: stage.secondTenant, state: "valid" } as const;
  report("operators", await listOperators(valid, {}, operator), 200, (data) => ({ total: data.total }));
  const dismissed = appointed.status === 201 ? appointed.data.operator_id : NOBODY;
  report("revoke an operator", await revokeOperator(dismissed, {}, operator), 200, (data) => ({
    state: data.state,
    expires: data.expires_at,
  }));
  report("audit", await searchAudit({ verb: "tenant.created", limit: 1 }, {}, operator), 200, (data) => ({ limit: data.limit }));
  await auditAndKeys();

  if (vault.status === 202) {
    await until(vault.data.not_before);
  }
  report("confirm an erasure", await confirmErasure(id, { confirmation }, {}, operator), 200, (data) => ({ ideas: data.ideas }));
  const word = { confirmation: (vault.status === 202 && vault.data.confirmation) || "" };
  report("confirm a vault's erasure", await confirmVaultErasure(...where, word, {}, operator), 200, (data) => ({
    destroyed: data.destroyed_at != null,
  }));
}

async function leaving(): Promise<void> {
  const leaver = as(stage.leaver.token);
  await createIdea(stage.leaver.id, { title: "Old" }, {}, leaver);
  const asked = await eraseOwnVault({}, leaver);
  report("ask to leave", asked, 202, (data) => ({ state: data.state, ideas: data.ideas }));
  const confirmation = (asked.status === 202 && asked.data.confirmation) || "";
  report("leave", await eraseOwnVault({ "Erasure-Confirmation": confirmation }, leaver), 200, (data) => ({
    destroyed: data.destroyed_at != null,
  }));
  report("own erasure", await getOwnErasure(leaver), 200, (data) => ({ ideas: data.ideas }));
  report("receipt keys", await getReceiptKeys(), 200, (data) => ({ curve: data.keys[0]?.crv }));
}

async function withoutDatabase(): Promise<void> {
  report("list in an outage", await listIdeas(own, {}, {}, creator), 503, (data, headers) => ({
    code: data.code,
    error: errorOf(data),
    wait: Number(headers.get("Retry-After")) >= 1,
  }));
  report("create in an outage", await createIdea(own, { title: "Not stored" }, {}, creator), 503, (data) => ({
    error: errorOf(data),
  }));
  report("database health in an outage", await checkDatabase(), 503, (data) => ({ database: data.database }));
  report("readiness in an outage", await checkReadiness(), 503, (data) => ({ status: data.status }));
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
