/** openapi-generator with fetch: one class for each tag, times are Dates, and a refusal is thrown. */

import {
  AdminApi,
  Configuration,
  DatabaseHealthFromJSON,
  ErrorResponseFromJSON,
  ExportApi,
  HTTPValidationErrorFromJSON,
  HealthApi,
  IdeasApi,
  ImportResponseFromJSON,
  ImportsApi,
  ReadinessFromJSON,
  ReceiptsApi,
  ResponseError,
  RootApi,
  ServerErrorResponseFromJSON,
  SyncApi,
  TenantApi,
  UndoApi,
  UsersApi,
} from "./generated";
import type { ApiResponse, BulkRequest, ErrorResponse, HTTPValidationError, OperatorCreate } from "./generated";
import { DUE, instant, NOBODY, outage, PASSPHRASE, readStage, seen, UNMATCHED, until, walk } from "./shared";
import type { Fact } from "./shared";

type Facts = Readonly<Record<string, Fact>>;

const stage = readStage();
const as = (token: string) => new Configuration({ basePath: stage.url, accessToken: token });
const nobody = new Configuration({ basePath: stage.url });
const creator = as(stage.creator.token);
const api = new IdeasApi(creator);
const users = new UsersApi(creator);
const undoing = new UndoApi(creator);
const admin = new AdminApi(as(stage.operator));
const health = new HealthApi(nobody);
const userId = stage.creator.id;

/** Reports a call that succeeds, and returns its answer. */
async function report<T>(
  call: string,
  request: Promise<ApiResponse<T>>,
  facts: (data: T, headers: Headers) => Facts = () => ({}),
): Promise<{ data: T; headers: Headers } | undefined> {
  try {
    const answer = await request;
    const data = await answer.value();
    seen(call, answer.raw.status, facts(data, answer.raw.headers));
    return { data, headers: answer.raw.headers };
  } catch (error) {
    if (!(error instanceof ResponseError)) {
      throw error;
    }
    seen(call, error.response.status);
    return undefined;
  }
}

/** Reports a call that is refused; `read` decodes its body. */
async function refused<E>(
  call: string,
  request: Promise<ApiResponse<unknown>>,
  read: (json: unknown) => E,
  facts: (body: E, headers: Headers) => Facts,
): Promise<void> {
  try {
    seen(call, (await request).raw.status);
  } catch (error) {
    if (!(error instanceof ResponseError)) {
      throw error;
    }
    const text = await error.response.text();
    seen(call, error.response.status, text === "" ? {} : facts(read(JSON.parse(text)), error.response.headers));
  }
}

/** Reports that what the caller has is up to date, which this client throws as well. */
async function known(call: string, request: Promise<ApiResponse<unknown>>): Promise<void> {
  try {
    seen(call, (await request).raw.status);
  } catch (error) {
    if (!(error instanceof ResponseError)) {
      throw error;
    }
    seen(call, error.response.status, { body: (await error.response.text()) !== "" });
  }
}

const code = (body: ErrorResponse): Facts => ({ code: body.code });
const fields = (body: HTTPValidationError): Facts => ({
  types: body.detail?.map((error) => error.type),
  loc: body.detail?.[0]?.loc.map(String), // a union of a string and a number has no type here
});

async function service(): Promise<void> {
  await report("root", new RootApi(nobody).rootGetRaw({}), (data) => ({ service: data.service }));
  await report("health", health.healthCheckHealthGetRaw({}), (data) => ({ status: data.status }));
  await report("database health", health.healthCheckDbHealthDbGetRaw({}), (data) => ({ status: data.status }));
  await report("readiness", health.readinessCheckHealthReadyGetRaw({}), (data) => ({
    status: data.status,
    migrations: data.checks["migrations"],
  }));
}

async function profile(): Promise<void> {
  await report("profile", users.getCurrentUserProfileApiV1UsersMeGetRaw({}), (data) => ({
    user: data.userId === userId,
    authenticated: data.authenticated,
    name: data.name,
    expires: data.expiresAt instanceof Date,
  }));
  const open = new UsersApi(nobody).getCurrentUserProfileApiV1UsersMeGetRaw({});
  await refused("profile without a token", open, ErrorResponseFromJSON, (body, headers) => ({
    detail: body.detail,
    code: body.code,
    scheme: headers.get("WWW-Authenticate"),
  }));
  const forged = new UsersApi(as("not.a.token")).getCurrentUserProfileApiV1UsersMeGetRaw({});
  await refused("profile with a wrong token", forged, ErrorResponseFromJSON, code);
  await report("own events", users.listOwnEventsApiV1UsersMeEventsGetRaw({ limit: 5 }), (data) => ({ limit: data.limit }));
  await refused("no erasure", users.getOwnErasureApiV1UsersMeErasureGetRaw({}), ErrorResponseFromJSON, code);
}

async function ideas(): Promise<string> {
  const dueDate = new Date(DUE);
  const first = await report(
    "create",
    api.createIdeaApiV1UserIdIdeasPostRaw({ userId, ideaCreate: { title: "First" } }),
    (data, headers) => ({
      title: data.title,
      notes: data.notes,
      stage: data.stage,
      priority: data.priority,
      tags: data.tags,
      due: instant(data.dueDate),
      location: headers.get("Location")?.endsWith(data.id),
    }),
  );
  await report(
    "create with all fields",
    api.createIdeaApiV1UserIdIdeasPostRaw({
      userId,
      ideaCreate: { title: "Second", notes: "Line\nbreak", stage: "draft", priority: "high", tags: ["Video", "food"], dueDate },
      xCorrelationID: "generated-client-1",
    }),
    (data, headers) => ({
      notes: data.notes,
      stage: data.stage,
      priority: data.priority,
      tags: data.tags,
      due: instant(data.dueDate),
      correlation: headers.get("X-Correlation-ID"),
    }),
  );
  const once = { userId, idempotencyKey: `${userId}-once`, ideaCreate: { title: "Once", stage: "published" } } as const;
  const sent = await report("create with a key", api.createIdeaApiV1UserIdIdeasPostRaw(once), (data) => ({ stage: data.stage }));
  await report("create again with the key", api.createIdeaApiV1UserIdIdeasPostRaw(once), (data) => ({
    same: data.id === sent?.data.id,
  }));
  const other = api.createIdeaApiV1UserIdIdeasPostRaw({ ...once, ideaCreate: { title: "Other" } });
  await refused("create another with the key", other, HTTPValidationErrorFromJSON, (body) => ({ code: body.code }));

  const ideaId = first?.data.id ?? NOBODY;
  const read = await report("get", api.getIdeaApiV1UserIdIdeasIdeaIdGetRaw({ userId, ideaId }), (data, headers) => ({
    title: data.title,
    etag: headers.has("ETag"),
  }));
  const etag = read?.headers.get("ETag") ?? UNMATCHED;
  await known("get what is known", api.getIdeaApiV1UserIdIdeasIdeaIdGetRaw({ userId, ideaId, ifNoneMatch: etag }));
  await report(
    "change",
    api.updateIdeaPartialApiV1UserIdIdeasIdeaIdPatchRaw({
      userId,
      ideaId,
      ifMatch: etag,
      ideaUpdate: { title: "First, changed", notes: "To be removed", dueDate },
    }),
    (data) => ({ title: data.title, due: instant(data.dueDate) }),
  );
  await report(
    "change to null",
    api.updateIdeaPartialApiV1UserIdIdeasIdeaIdPatchRaw({ userId, ideaId, ideaUpdate: { notes: null, dueDate: null } }),
    (data) => ({ title: data.title, notes: data.notes, due: instant(data.dueDate) }),
  );
  const late = api.updateIdeaPartialApiV1UserIdIdeasIdeaIdPatchRaw({
    userId,
    ideaId,
    ifMatch: etag,
    ideaUpdate: { title: "Lost update" },
  });
  await refused("change an earlier version", late, ErrorResponseFromJSON, code);
  await report(
    "replace",
    api.updateIdeaFullApiV1UserIdIdeasIdeaIdPutRaw({ userId, ideaId, ideaCreate: { title: "First, replaced", tags: ["video"] } }),
    (data) => ({ title: data.title, stage: data.stage, tags: data.tags }),
  );
  const missing = api.updateIdeaFullApiV1UserIdIdeasIdeaIdPutRaw({ userId, ideaId: NOBODY, ideaCreate: { title: "None" } });
  await refused("replace what is missing", missing, ErrorResponseFromJSON, (body) => ({
    detail: body.detail === `Idea ${NOBODY} not found`,
  }));
  const gone = api.getIdeaApiV1UserIdIdeasIdeaIdGetRaw({ userId, ideaId: NOBODY });
  await refused("get what is missing", gone, ErrorResponseFromJSON, code);
  return ideaId;
}

async function lists(): Promise<void> {
  const byTitle = { userId, sort: "title", order: "asc" };
  const all = await report("list", api.listIdeasApiV1UserIdIdeasGetRaw(byTitle), (data) => ({
    titles: data.items.map((idea) => idea.title),
    total: data.total,
    more: data.hasMore,
  }));
  const ifNoneMatch = all?.headers.get("ETag") ?? UNMATCHED;
  await known("list what is known", api.listIdeasApiV1UserIdIdeasGetRaw({ ...byTitle, ifNoneMatch }));
  const filters = { userId, stage: "draft", priority: "high", search: "BREAK", tags: "video,none" };
  await report("list by filters", api.listIdeasApiV1UserIdIdeasGetRaw(filters), (data) => ({
    titles: data.items.map((idea) => idea.title),
  }));
  const several = { ...byTitle, stage: ["draft", "published"], priority: ["medium", "high"] };
  await report("list by several values", api.listIdeasApiV1UserIdIdeasGetRaw(several), (data) => ({
    titles: data.items.map((idea) => idea.title),
  }));
  const wrong = api.listIdeasApiV1UserIdIdeasGetRaw({ userId, sort: "colour" });
  await refused("list in a wrong order", wrong, HTTPValidationErrorFromJSON, fields);
  const walked = await walk(async (cursor) => {
    const page = await api.listIdeasApiV1UserIdIdeasGet({ ...byTitle, cursor, limit: 1 });
    return { titles: page.items.map((idea) => idea.title), next: page.nextCursor };
  });
  seen("walk by cursors", 200, walked);
}

async function refusals(): Promise<void> {
  const foreign = api.listIdeasApiV1UserIdIdeasGetRaw({ userId: stage.stranger.id });
  await refused("list of another", foreign, ErrorResponseFromJSON, code);
  const given = api.createIdeaApiV1UserIdIdeasPostRaw({ userId: stage.stranger.id, ideaCreate: { title: "Not mine" } });
  await refused("create for another", given, ErrorResponseFromJSON, (body) => ({ detail: body.detail }));
  const blank = api.createIdeaApiV1UserIdIdeasPostRaw({ userId, ideaCreate: { title: "  " } });
  await refused("create without a title", blank, HTTPValidationErrorFromJSON, (body) => ({ ...fields(body), code: body.code }));
  const large = api.createIdeaApiV1UserIdIdeasPostRaw({ userId, ideaCreate: { title: "Large", tags: ["x".repeat(200_000)] } });
  await refused("create too large", large, ErrorResponseFromJSON, code);
  const method = health.healthCheckHealthGetRaw({ method: "PATCH" });
  await refused("wrong method", method, ErrorResponseFromJSON, (_, headers) => ({ allow: headers.get("Allow") }));
  const nowhere = new HealthApi(new Configuration({ basePath: `${stage.url}/nowhere` }));
  await refused("wrong path", nowhere.healthCheckHealthGetRaw({}), ErrorResponseFromJSON, code);
  const hurried = new UsersApi(as(stage.hurried.token));
  const asked = async () => {
    for (let times = 0; times < 50; times += 1) {
      await hurried.getCurrentUserProfileApiV1UsersMeGet();
    }
    return hurried.getCurrentUserProfileApiV1UsersMeGetRaw({});
  };
  await refused("too many requests", asked(), ErrorResponseFromJSON, (body, headers) => ({
    code: body.code,
    wait: Number(headers.get("Retry-After")) >= 1,
  }));
}

async function history(ideaId: string): Promise<void> {
  const path = { userId, ideaId };
  const stale = api.deleteIdeaApiV1UserIdIdeasIdeaIdDeleteRaw({ ...path, ifMatch: UNMATCHED });
  await refused("delete an earlier version", stale, ErrorResponseFromJSON, code);
  const deleted = await report("delete", api.deleteIdeaApiV1UserIdIdeasIdeaIdDeleteRaw(path), (_, headers) => ({
    undo: headers.has("X-Undo"),
  }));
  await refused("delete again", api.deleteIdeaApiV1UserIdIdeasIdeaIdDeleteRaw(path), ErrorResponseFromJSON, code);
  await report("trash", undoing.listTrashApiV1UserIdTrashGetRaw({ userId }), (data) => ({
    titles: data.items.map((each) => each.title),
  }));
  const undoRequest = { undo: deleted?.headers.get("X-Undo") ?? "" };
  await report("undo", undoing.undoDeletionApiV1UserIdUndoPostRaw({ userId, undoRequest }), (data) => ({
    titles: data.items.map((each) => each.title),
  }));
  await report("versions", undoing.listVersionsApiV1UserIdIdeasIdeaIdVersionsGetRaw({ ...path, limit: 10 }), (data) => ({
    numbers: data.items.map((version) => version.number),
    current: data.current,
  }));
  const first = { ...path, number: 1 };
  await report("version", undoing.getVersionApiV1UserIdIdeasIdeaIdVersionsNumberGetRaw(first), (data) => ({
    title: data.title,
    replaced: data.replacedAt instanceof Date,
  }));
  const difference = undoing.compareVersionsApiV1UserIdIdeasIdeaIdVersionsNumberDifferenceGetRaw({ ...first, to: "current" });
  await report("difference", difference, (data) => ({
    before: data.title?.before,
    after: data.title?.after,
    added: data.tags?.added,
    notes: data.notes == null,
  }));
  const reset = undoing.restoreVersionApiV1UserIdIdeasIdeaIdVersionsNumberRestorePostRaw(first);
  await report("restore a version", reset, (data) => ({ title: data.title }));
  await api.deleteIdeaApiV1UserIdIdeasIdeaIdDelete(path);
  const restored = undoing.restoreIdeaApiV1UserIdIdeasIdeaIdRestorePostRaw(path);
  await report("restore", restored, (data) => ({ title: data.title }));
  await api.deleteIdeaApiV1UserIdIdeasIdeaIdDelete(path);
  await report("expunge", undoing.expungeIdeaApiV1UserIdTrashIdeaIdDeleteRaw(path));
  await report("empty the trash", undoing.emptyTrashApiV1UserIdTrashDeleteRaw({ userId }));
  await report("settings", undoing.getSettingsApiV1UserIdSettingsGetRaw({ userId }), (data) => ({
    days: data.retentionDays,
    by: data.retentionChosenBy,
  }));
  const days = { userId, vaultSettingsUpdate: { retentionDays: 7 } };
  await report("change the settings", undoing.changeSettingsApiV1UserIdSettingsPatchRaw(days), (data) => ({
    days: data.effectiveRetentionDays,
    by: data.retentionChosenBy,
  }));
}

async function collections(): Promise<void> {
  await report("counts", api.getIdeaStatsApiV1UserIdIdeasStatsGetRaw({ userId }), (data) => ({
    total: data.total,
    drafts: data.byStage.draft,
  }));
  await report("tags", api.listTagsApiV1UserIdTagsGetRaw({ userId, limit: 10 }), (data) => ({
    counts: data.items.map((each) => each.count),
    total: data.total,
  }));
  const tagRenameRequest = { from: ["FOOD"], to: "meals" };
  await report("rename a tag", api.renameTagsApiV1UserIdTagsRenamePostRaw({ userId, tagRenameRequest }), (data) => ({
    tag: data.tag,
    changed: data.changed,
  }));
  const id = crypto.randomUUID();
  const bulkRequest: BulkRequest = {
    operations: [
      { op: "create", id, idea: { title: "Bulk" } },
      { op: "delete", id },
    ],
  };
  await report("bulk", api.changeIdeasApiV1UserIdIdeasBulkPostRaw({ userId, bulkRequest }), (data) => ({
    applied: data.applied,
    statuses: data.results.map((each) => each.status),
  }));
  const impossible: BulkRequest = { operations: [{ op: "delete", id: NOBODY }] };
  const refusal = api.changeIdeasApiV1UserIdIdeasBulkPostRaw({ userId, bulkRequest: impossible });
  await refused("bulk refused", refusal, ErrorResponseFromJSON, code);
  await report("changes", new SyncApi(creator).listChangesApiV1UserIdChangesGetRaw({ userId, limit: 10 }), (data) => ({
    changed: data.changed.length,
    more: data.hasMore,
  }));
}

async function transfer(): Promise<void> {
  const exports = new ExportApi(creator);
  await report("export", exports.exportVaultApiV1UserIdExportGetRaw({ userId, format: "csv" }), (data) => ({
    ideas: data.split("\r\n").filter((line) => line.startsWith('"idea"')).length,
  }));
  const exportRequest = { format: "jsonl", passphrase: PASSPHRASE } as const;
  await report("export sealed", exports.exportVaultEncryptedApiV1UserIdExportPostRaw({ userId, exportRequest }), (data) => ({
    age: data.startsWith("age-encryption.org/v1"),
  }));
  const imports = new ImportsApi(creator);
  const file = { userId, format: "csv", file: new Blob(["title,stage\nImported,outline\n"]) } as const;
  const preview = imports.createImportApiV1UserIdImportsPostRaw({ ...file, preview: true });
  await report("preview an import", preview, (data) => ({ fresh: data._new }));
  // The operation has two answers, and the client knows the type of one.
  const started = await imports.createImportApiV1UserIdImportsPostRaw(file);
  const importId = ImportResponseFromJSON(await started.raw.json()).id;
  seen("import", started.raw.status, { known: importId !== NOBODY });
  await report("imports", imports.listImportsApiV1UserIdImportsGetRaw({ userId }), (data) => ({ total: data.total }));
  await report("import's progress", imports.getImportApiV1UserIdImportsImportIdGetRaw({ userId, importId }), (data) => ({
    format: data.format,
    error: data.error?.code ?? null,
  }));
  await report("forget an import", imports.deleteImportApiV1UserIdImportsImportIdDeleteRaw({ userId, importId }));
}

async function tenant(): Promise<void> {
  const owner = as(stage.owner.token);
  const tenants = new TenantApi(owner);
  const ideaCreate = { title: "The owner's" };
  await new IdeasApi(owner).createIdeaApiV1UserIdIdeasPost({ userId: stage.owner.id, ideaCreate });
  await report("tenant", tenants.getOwnTenantApiV1TenantGetRaw({}), (data) => ({
    external: data.externalId === stage.organization,
    ideas: data.ideas,
    quota: data.ideaQuota,
  }));
  await report("members", tenants.listMembersApiV1TenantMembersGetRaw({ limit: 10 }), (data) => ({
    own: data.items.map((member) => member.userId === stage.owner.id),
  }));
  const since = new Date("2026-01-01T00:00:00Z");
  await report("tenant's audit", tenants.searchOwnAuditApiV1TenantAuditGetRaw({ limit: 10, since }), (data) => ({
    offset: data.offset,
  }));
  const forbidden = new TenantApi(creator).getOwnTenantApiV1TenantGetRaw({});
  await refused("tenant of a creator", forbidden, ErrorResponseFromJSON, code);
  const member = tenants.exportMemberApiV1TenantMembersUserIdExportGetRaw({ userId: stage.owner.id });
  await refused("member's export", member, ErrorResponseFromJSON, () => ({}));
}

async function auditAndKeys(): Promise<void> {
  const file = admin.exportAuditApiV1AdminAuditExportGetRaw({ verb: "tenant.created" });
  await report("audit as a file", file, (data) => ({ lines: data.startsWith('{"tenant_id":') }));
  const forbidden = new AdminApi(creator).verifyAuditApiV1AdminAuditVerificationsPostRaw({});
  await refused("verify the audit log as a creator", forbidden, ErrorResponseFromJSON, code);
  const verifications = admin.listVerificationsApiV1AdminAuditVerificationsGetRaw({ limit: 5 });
  await report("verifications", verifications, (data) => ({ total: data.total }));
  const one = { verificationId: 999_999_999 };
  const unverified = admin.getVerificationApiV1AdminAuditVerificationsVerificationIdGetRaw(one);
  await refused("no verification", unverified, ErrorResponseFromJSON, code);
  await report("keys", admin.getKeysApiV1AdminKeysGetRaw({}), (data) => ({
    wraps: data.rootKeys[0]?.wraps,
    providers: data.providers.map((each) => each.provider),
  }));
  const rotated = admin.rotateKeysApiV1AdminKeysRotationsPostRaw({ rotationCreate: { tenantId: NOBODY } });
  await refused("rotate the keys of no tenant", rotated, ErrorResponseFromJSON, code);
  const rotations = admin.listRotationsApiV1AdminKeysRotationsGetRaw({ limit: 5 });
  await report("rotations", rotations, (data) => ({ total: data.total }));
  const unknown = admin.getRotationApiV1AdminKeysRotationsRotationIdGetRaw({ rotationId: 999_999_999 });
  await refused("no rotation", unknown, ErrorResponseFromJSON, code);
}

async function administration(): Promise<void> {
  await report("status", admin.getStatusApiV1AdminStatusGetRaw({}), (data) => ({ migrated: data.migrated }));
  await report("root keys", admin.listRootKeysApiV1AdminRootKeysGetRaw({}), (data) => ({ some: data.items.length > 0 }));
  const tenantCreate = { kind: "organization", realm: "better-auth", externalId: stage.secondTenant } as const;
  const made = await report("create a tenant", admin.createTenantApiV1AdminTenantsPostRaw({ tenantCreate }), (data) => ({
    kind: data.kind,
    status: data.status,
    days: data.retentionDays,
  }));
  const twice = admin.createTenantApiV1AdminTenantsPostRaw({ tenantCreate });
  await refused("create a tenant again", twice, ErrorResponseFromJSON, code);
  const viewer = new AdminApi(as(stage.viewer)).createTenantApiV1AdminTenantsPostRaw({ tenantCreate });
  await refused("create a tenant without the scope", viewer, ErrorResponseFromJSON, code);
  const tenantId = made?.data.tenantId ?? NOBODY;
  const search = { kind: "organization", status: "active", externalId: stage.secondTenant, sort: "ideas" } as const;
  await report("tenants", admin.listTenantsApiV1AdminTenantsGetRaw(search), (data) => ({ total: data.total }));
  await report("a tenant", admin.getTenantApiV1AdminTenantsTenantIdGetRaw({ tenantId }), (data) => ({ vaults: data.vaults }));
  const tenantQuotas = { ideaQuota: 5000, vaultIdeaQuota: null };
  const quotas = admin.setQuotasApiV1AdminTenantsTenantIdQuotasPutRaw({ tenantId, tenantQuotas });
  await report("set quotas", quotas, (data) => ({ ideas: data.ideaQuota, vault: data.vaultIdeaQuota }));
  const tenantRetention = { retentionDays: 9 };
  const retention = admin.setRetentionApiV1AdminTenantsTenantIdRetentionPutRaw({ tenantId, tenantRetention });
  await report("set the retention", retention, (data) => ({ days: data.retentionDays }));
  const tenantOwnerExport = { ownerExport: true };
  const exports = admin.setOwnerExportApiV1AdminTenantsTenantIdOwnerExportPutRaw({ tenantId, tenantOwnerExport });
  await report("allow exports", exports, (data) => ({ allowed: data.ownerExport }));
  const tenantRootKey = { rootKeyId: null };
  const rooted = admin.setRootKeyApiV1AdminTenantsTenantIdRootKeyPutRaw({ tenantId, tenantRootKey });
  await report("set the root key", rooted, (data) => ({ key: data.rootKeyId }));
  await report("suspend", admin.suspendTenantApiV1AdminTenantsTenantIdSuspendPostRaw({ tenantId }), (data) => ({
    status: data.status,
  }));
  await report("resume", admin.resumeTenantApiV1AdminTenantsTenantIdResumePostRaw({ tenantId }), (data) => ({
    status: data.status,
  }));
  await admin.requestErasureApiV1AdminTenantsTenantIdErasurePost({ tenantId });
  const withdrawn = admin.withdrawErasureApiV1AdminTenantsTenantIdErasureDeleteRaw({ tenantId });
  await report("withdraw an erasure", withdrawn, (data) => ({ status: data.status }));
  const asked = await report(
    "ask for an erasure",
    admin.requestErasureApiV1AdminTenantsTenantIdErasurePostRaw({ tenantId }),
    (data) => ({ later: data.notBefore instanceof Date }),
  );
  const erasureConfirm = { confirmation: asked?.data.confirmation ?? "" };
  const early = admin.confirmErasureApiV1AdminTenantsTenantIdErasureConfirmPostRaw({ tenantId, erasureConfirm });
  await refused("confirm an erasure early", early, ErrorResponseFromJSON, code);

  const vaults = await report("vaults", admin.listVaultsApiV1AdminVaultsGetRaw({ userId: stage.owner.id }), (data) => ({
    ideas: data.items.map((vault) => vault.ideas),
  }));
  const path = { tenantId: vaults?.data.items[0]?.tenantId ?? NOBODY, userId: stage.owner.id };
  await admin.requestVaultErasureApiV1AdminTenantsTenantIdVaultsUserIdErasurePost(path);
  const taken = admin.withdrawVaultErasureApiV1AdminTenantsTenantIdVaultsUserIdErasureDeleteRaw(path);
  await report("withdraw a vault's erasure", taken, (data) => ({ user: data.userId === stage.owner.id }));
  const vault = await report(
    "ask for a vault's erasure",
    admin.requestVaultErasureApiV1AdminTenantsTenantIdVaultsUserIdErasurePostRaw(path),
    (data) => ({ state: data.state, ideas: data.ideas }),
  );
  const state = admin.getVaultErasureApiV1AdminTenantsTenantIdVaultsUserIdErasureGetRaw(path);
  await report("a vault's erasure", state, (data) => ({ state: data.state, destroyed: instant(data.destroyedAt) }));
  await report("jobs", admin.listJobsApiV1AdminJobsGetRaw({ state: "failed" }), (data) => ({ limit: data.limit }));
  const job = { jobId: 999_999_999 };
  await refused("cancel no job", admin.cancelJobApiV1AdminJobsJobIdDeleteRaw(job), ErrorResponseFromJSON, code);
  await refused("retry no job", admin.retryJobApiV1AdminJobsJobIdRetryPostRaw(job), ErrorResponseFromJSON, code);
  await report("series", admin.getSeriesApiV1AdminSeriesGetRaw({ span: "day" }), (data) => ({
    span: data.span,
    steps: data.items.length,
  }));
  await report("settings in force", admin.listSettingsApiV1AdminConfigurationGetRaw(), (data) => ({
    masked: data.items.filter((each) => each.name === "encryption.root_keys").map((each) => each.value),
  }));
  await report("system checks", admin.runChecksApiV1AdminChecksGetRaw(), (data) => ({
    counted: data.errors + data.warnings === data.items.length,
  }));
  await report("operators' readiness", admin.getReadinessApiV1AdminReadinessGetRaw(), (data) => ({ ready: data.ready }));
  const operatorCreate: OperatorCreate = { name: stage.secondTenant, scopes: ["read"] };
  const appointed = await report(
    "create an operator",
    admin.createOperatorApiV1AdminOperatorsPostRaw({ operatorCreate }),
    (data) => ({ scopes: data.scopes, key: data.key.startsWith("cvop_") }),
  );
  const valid = { q: stage.secondTenant, state: "valid" } as const;
  await report("operators", admin.listOperatorsApiV1AdminOperatorsGetRaw(valid), (data) => ({ total: data.total }));
  const operatorId = appointed?.data.operatorId ?? NOBODY;
  const revoked = admin.revokeOperatorApiV1AdminOperatorsOperatorIdRevokePostRaw({ operatorId });
  await report("revoke an operator", revoked, (data) => ({ state: data.state, expires: instant(data.expiresAt) }));
  await report("audit", admin.searchAuditApiV1AdminAuditGetRaw({ verb: "tenant.created", limit: 1 }), (data) => ({
    limit: data.limit,
  }));
  await auditAndKeys();

  await until(vault?.data.notBefore);
  const done = admin.confirmErasureApiV1AdminTenantsTenantIdErasureConfirmPostRaw({ tenantId, erasureConfirm });
  await report("confirm an erasure", done, (data) => ({ ideas: data.ideas }));
  const erased = admin.confirmVaultErasureApiV1AdminTenantsTenantIdVaultsUserIdErasureConfirmPostRaw({
    ...path,
    erasureConfirm: { confirmation: vault?.data.confirmation ?? "" },
  });
  await report("confirm a vault's erasure", erased, (data) => ({ destroyed: data.destroyedAt instanceof Date }));
}

async function leaving(): Promise<void> {
  const leaver = as(stage.leaver.token);
  const account = new UsersApi(leaver);
  await new IdeasApi(leaver).createIdeaApiV1UserIdIdeasPost({ userId: stage.leaver.id, ideaCreate: { title: "Old" } });
  const asked = await report("ask to leave", account.eraseOwnVaultApiV1UsersMeDeleteRaw({}), (data) => ({
    state: data.state,
    ideas: data.ideas,
  }));
  const erasureConfirmation = asked?.data.confirmation ?? "";
  await report("leave", account.eraseOwnVaultApiV1UsersMeDeleteRaw({ erasureConfirmation }), (data) => ({
    destroyed: data.destroyedAt instanceof Date,
  }));
  await report("own erasure", account.getOwnErasureApiV1UsersMeErasureGetRaw({}), (data) => ({ ideas: data.ideas }));
  await report("receipt keys", new ReceiptsApi(nobody).getReceiptKeysWellKnownJwksJsonGetRaw({}), (data) => ({
    curve: data.keys[0]?.crv,
  }));
}

async function withoutDatabase(): Promise<void> {
  const list = api.listIdeasApiV1UserIdIdeasGetRaw({ userId });
  await refused("list in an outage", list, ServerErrorResponseFromJSON, (body, headers) => ({
    code: body.code,
    error: body.error.code,
    wait: Number(headers.get("Retry-After")) >= 1,
  }));
  const create = api.createIdeaApiV1UserIdIdeasPostRaw({ userId, ideaCreate: { title: "Not stored" } });
  await refused("create in an outage", create, ServerErrorResponseFromJSON, (body) => ({ error: body.error.code }));
  const database = health.healthCheckDbHealthDbGetRaw({});
  await refused("database health in an outage", database, DatabaseHealthFromJSON, (body) => ({ database: body.database }));
  const ready = health.readinessCheckHealthReadyGetRaw({});
  await refused("readiness in an outage", ready, ReadinessFromJSON, (body) => ({ status: body.status }));
}

await service();
await profile();
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
