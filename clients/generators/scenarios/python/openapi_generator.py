"""openapi-generator for Python: one class for each tag, pydantic models, and a refusal is raised."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import partial
from uuid import UUID, uuid4

from generated import (
    AdminApi,
    ApiClient,
    ApiException,
    BulkRequest,
    BulkRequestOperationsInner,
    Configuration,
    CreateOperation,
    DatabaseHealth,
    DeleteOperation,
    ErasureConfirm,
    ErrorResponse,
    ExportApi,
    ExportFormat,
    ExportRequest,
    FileFormat,
    HealthApi,
    HTTPValidationError,
    IdeaConflict,
    IdeaCreate,
    IdeaListResponse,
    IdeasApi,
    IdeaUpdate,
    ImportResponse,
    ImportsApi,
    JobState,
    OperatorCreate,
    OperatorState,
    PriorityEnum,
    Readiness,
    ReceiptsApi,
    RootApi,
    RotationCreate,
    Scope,
    ServerErrorResponse,
    StageEnum,
    SyncApi,
    TagRenameRequest,
    TenantApi,
    TenantCreate,
    TenantKind,
    TenantOwnerExport,
    TenantQuotas,
    TenantRetention,
    TenantRootKey,
    TenantStatus,
    UndoApi,
    UndoRequest,
    UsersApi,
    VaultSettingsUpdate,
)
from generated.api_response import ApiResponse
from shared import (
    DUE,
    FILE,
    NOBODY,
    PASSPHRASE,
    UNMATCHED,
    Fact,
    Facts,
    instant,
    outage,
    read_stage,
    seen,
    until,
    walk,
)

type Headers = Mapping[str, str]
"""Those of an answer are a plain dictionary, with the service's lower-case names; those of a refusal ignore case."""

STAGE = read_stage()


def connected(token: str | None = None, url: str = STAGE.url) -> ApiClient:
    # Without `retries=0` the client waits as long as Retry-After says, three times, before it raises.
    return ApiClient(Configuration(host=url, access_token=token, retries=0))


OPEN = connected()
CREATOR = connected(STAGE.creator.token)
IDEAS = IdeasApi(CREATOR)
USERS = UsersApi(CREATOR)
UNDO = UndoApi(CREATOR)
ADMIN = AdminApi(connected(STAGE.operator))
HEALTH = HealthApi(OPEN)
ME = STAGE.creator.id


def nothing(_: object, __: Headers) -> Facts:
    return {}


def report[T](
    call: str, request: Callable[[], ApiResponse[T]], facts: Callable[[T, Headers], Facts] = nothing
) -> ApiResponse[T] | None:
    """Reports a call that succeeds, and returns its answer."""
    try:
        answer = request()
    except ApiException as error:
        seen(call, error.status or 0)
        return None
    seen(call, answer.status_code, facts(answer.data, answer.headers or {}))
    return answer


def refused[E](call: str, request: Callable[[], object], kind: type[E], facts: Callable[[E, Headers], Facts]) -> None:
    """Reports a call that is refused with a body of this kind."""
    try:
        request()
    except ApiException as error:
        seen(call, error.status or 0, facts(error.data, error.headers or {}) if isinstance(error.data, kind) else {})
    else:
        seen(call, 0)


def known(call: str, request: Callable[[], object]) -> None:
    """Reports that what the caller has is up to date, which this client raises as well."""
    try:
        request()
    except ApiException as error:
        seen(call, error.status or 0, {"body": bool(error.body)})
    else:
        seen(call, 0)


def code(body: ErrorResponse, _: Headers) -> Facts:
    return {"code": body.code}


def fields(body: HTTPValidationError) -> dict[str, Fact]:
    errors = body.detail or []
    loc = [part.actual_instance for part in errors[0].loc] if errors else None
    return {"types": [error.type for error in errors], "loc": loc}


def titles(found: IdeaListResponse) -> list[str]:
    return [idea.title for idea in found.items]


def health() -> None:
    report("root", RootApi(OPEN).root_get_with_http_info, lambda body, _: {"service": body.service})
    report("health", HEALTH.health_check_health_get_with_http_info, lambda body, _: {"status": body.status})
    report(
        "database health", HEALTH.health_check_db_health_db_get_with_http_info, lambda body, _: {"status": body.status}
    )
    report(
        "readiness",
        HEALTH.readiness_check_health_ready_get_with_http_info,
        lambda body, _: {"status": body.status, "migrations": body.checks["migrations"]},
    )


def users() -> None:
    report(
        "profile",
        USERS.get_current_user_profile_api_v1_users_me_get_with_http_info,
        lambda body, _: {
            "user": body.user_id == ME,
            "authenticated": body.authenticated,
            "name": body.name,
            "expires": body.expires_at is not None,
        },
    )
    refused(
        "profile without a token",
        UsersApi(OPEN).get_current_user_profile_api_v1_users_me_get,
        ErrorResponse,
        lambda body, headers: {
            "detail": body.detail,
            "code": body.code,
            "scheme": headers.get("WWW-Authenticate"),
        },
    )
    forged = UsersApi(connected("not.a.token"))
    refused("profile with a wrong token", forged.get_current_user_profile_api_v1_users_me_get, ErrorResponse, code)
    report(
        "own events",
        partial(USERS.list_own_events_api_v1_users_me_events_get_with_http_info, limit=5),
        lambda body, _: {"limit": body.limit},
    )
    refused("no erasure", USERS.get_own_erasure_api_v1_users_me_erasure_get, ErrorResponse, code)


def ideas() -> UUID:
    create = IDEAS.create_idea_api_v1_user_id_ideas_post_with_http_info
    first = report(
        "create",
        lambda: create(ME, IdeaCreate(title="First")),
        lambda idea, headers: {
            "title": idea.title,
            "notes": idea.notes,
            "stage": idea.stage,
            "priority": idea.priority,
            "tags": idea.tags,
            "due": instant(idea.due_date),
            "location": headers.get("location", "").endswith(str(idea.id)),
        },
    )
    full = IdeaCreate(
        title="Second",
        notes="Line\nbreak",
        stage=StageEnum.DRAFT,
        priority=PriorityEnum.HIGH,
        tags=["Video", "food"],
        due_date=DUE,
    )
    report(
        "create with all fields",
        lambda: create(ME, full, x_correlation_id="generated-client-1"),
        lambda idea, headers: {
            "notes": idea.notes,
            "stage": idea.stage,
            "priority": idea.priority,
            "tags": idea.tags,
            "due": instant(idea.due_date),
            "correlation": headers.get("x-correlation-id"),
        },
    )
    once = f"{ME}-once"
    body = IdeaCreate(title="Once", stage=StageEnum.PUBLISHED)
    sent = report(
        "create with a key", lambda: create(ME, body, idempotency_key=once), lambda idea, _: {"stage": idea.stage}
    )
    report(
        "create again with the key",
        lambda: create(ME, body, idempotency_key=once),
        lambda idea, _: {"same": sent is not None and idea.id == sent.data.id},
    )
    refused(
        "create another with the key",
        lambda: create(ME, IdeaCreate(title="Other"), idempotency_key=once),
        HTTPValidationError,
        lambda error, _: {"code": error.code},
    )

    idea_id = NOBODY if first is None else first.data.id
    get = IDEAS.get_idea_api_v1_user_id_ideas_idea_id_get_with_http_info
    patch = IDEAS.update_idea_partial_api_v1_user_id_ideas_idea_id_patch_with_http_info
    put = IDEAS.update_idea_full_api_v1_user_id_ideas_idea_id_put_with_http_info
    read = report(
        "get", lambda: get(ME, idea_id), lambda idea, headers: {"title": idea.title, "etag": "etag" in headers}
    )
    etag = UNMATCHED if read is None else (read.headers or {}).get("etag", UNMATCHED)
    known("get what is known", lambda: get(ME, idea_id, if_none_match=etag))
    changes = IdeaUpdate(title="First, changed", notes="To be removed", due_date=DUE)
    report(
        "change",
        lambda: patch(ME, idea_id, changes, if_match=etag),
        lambda idea, _: {"title": idea.title, "due": instant(idea.due_date)},
    )
    report(
        "change to null",
        lambda: patch(ME, idea_id, IdeaUpdate(notes=None, due_date=None)),
        lambda idea, _: {"title": idea.title, "notes": idea.notes, "due": instant(idea.due_date)},
    )
    refused(
        "change an earlier version",
        lambda: patch(ME, idea_id, IdeaUpdate(title="Lost update"), if_match=etag),
        IdeaConflict,
        lambda error, _: {"code": error.code},
    )
    report(
        "replace",
        lambda: put(ME, idea_id, IdeaCreate(title="First, replaced", tags=["video"])),
        lambda idea, _: {"title": idea.title, "stage": idea.stage, "tags": idea.tags},
    )
    refused(
        "replace what is missing",
        lambda: put(ME, NOBODY, IdeaCreate(title="None")),
        ErrorResponse,
        lambda error, _: {"detail": error.detail == f"Idea {NOBODY} not found"},
    )
    refused("get what is missing", lambda: get(ME, NOBODY), ErrorResponse, code)
    return idea_id


def lists() -> None:
    search = IDEAS.list_ideas_api_v1_user_id_ideas_get_with_http_info
    everything = report(
        "list",
        lambda: search(ME, sort="title", order="asc"),
        lambda found, _: {"titles": titles(found), "total": found.total, "more": found.has_more},
    )
    etag = UNMATCHED if everything is None else (everything.headers or {}).get("etag", UNMATCHED)
    known("list what is known", lambda: search(ME, sort="title", order="asc", if_none_match=etag))
    report(
        "list by filters",
        lambda: search(ME, stage=StageEnum.DRAFT, priority=PriorityEnum.HIGH, search="BREAK", tags="video,none"),
        lambda found, _: {"titles": titles(found)},
    )
    report(
        "list by several values",
        lambda: search(
            ME,
            stage=[StageEnum.DRAFT, StageEnum.PUBLISHED],
            priority=[PriorityEnum.MEDIUM, PriorityEnum.HIGH],
            sort="title",
            order="asc",
        ),
        lambda found, _: {"titles": titles(found)},
    )
    refused(
        "list in a wrong order",
        lambda: search(ME, sort="colour"),
        HTTPValidationError,
        lambda error, _: fields(error),
    )

    def page(cursor: str) -> tuple[list[str], str | None]:
        found = search(ME, cursor=cursor, limit=1, sort="title", order="asc").data
        return titles(found), found.next_cursor

    seen("walk by cursors", 200, walk(page))


def refusals() -> None:
    create = IDEAS.create_idea_api_v1_user_id_ideas_post
    other = STAGE.stranger.id
    refused("list of another", lambda: IDEAS.list_ideas_api_v1_user_id_ideas_get(other), ErrorResponse, code)
    refused(
        "create for another",
        lambda: create(other, IdeaCreate(title="Not mine")),
        ErrorResponse,
        lambda error, _: {"detail": error.detail},
    )
    refused(
        "create without a title",
        lambda: create(ME, IdeaCreate(title="  ")),
        HTTPValidationError,
        lambda error, _: {**fields(error), "code": error.code},
    )
    large = IdeaCreate(title="Large", tags=["x" * 200_000])
    refused("create too large", lambda: create(ME, large), ErrorResponse, code)
    method = OPEN.call_api("PATCH", f"{STAGE.url}/health").response
    seen("wrong method", method.status, {"allow": method.headers.get("Allow")})
    route = OPEN.call_api("GET", f"{STAGE.url}/nowhere").response
    error = ErrorResponse.from_json(route.data.decode())
    seen("wrong path", route.status, {"code": error.code if error else None})
    hurried = UsersApi(connected(STAGE.hurried.token))

    def ask_often() -> None:
        for _ in range(51):
            hurried.get_current_user_profile_api_v1_users_me_get()

    refused(
        "too many requests",
        ask_often,
        ErrorResponse,
        lambda error, headers: {"code": error.code, "wait": int(headers["Retry-After"]) >= 1},
    )


def history(idea_id: UUID) -> None:
    delete = IDEAS.delete_idea_api_v1_user_id_ideas_idea_id_delete_with_http_info
    refused(
        "delete an earlier version",
        lambda: delete(ME, idea_id, if_match=UNMATCHED),
        IdeaConflict,
        lambda error, _: {"code": error.code},
    )
    deleted = report("delete", lambda: delete(ME, idea_id), lambda _, headers: {"undo": "x-undo" in headers})
    refused("delete again", lambda: delete(ME, idea_id), ErrorResponse, code)
    report(
        "trash",
        lambda: UNDO.list_trash_api_v1_user_id_trash_get_with_http_info(ME),
        lambda trash, _: {"titles": [each.title for each in trash.items]},
    )
    request = UndoRequest(undo="" if deleted is None else (deleted.headers or {}).get("x-undo", ""))
    report(
        "undo",
        lambda: UNDO.undo_deletion_api_v1_user_id_undo_post_with_http_info(ME, request),
        lambda undone, _: {"titles": [each.title for each in undone.items]},
    )
    report(
        "versions",
        lambda: UNDO.list_versions_api_v1_user_id_ideas_idea_id_versions_get_with_http_info(ME, idea_id, limit=10),
        lambda found, _: {"numbers": [version.number for version in found.items], "current": found.current},
    )
    report(
        "version",
        lambda: UNDO.get_version_api_v1_user_id_ideas_idea_id_versions_number_get_with_http_info(ME, idea_id, 1),
        lambda version, _: {"title": version.title, "replaced": version.replaced_at is not None},
    )
    compare = UNDO.compare_versions_api_v1_user_id_ideas_idea_id_versions_number_difference_get_with_http_info
    report(
        "difference",
        lambda: compare(ME, idea_id, 1, to="current"),
        lambda difference, _: {
            "before": difference.title.before if difference.title else None,
            "after": difference.title.after if difference.title else None,
            "added": difference.tags.added if difference.tags else None,
            "notes": difference.notes is None,
        },
    )
    reset = UNDO.restore_version_api_v1_user_id_ideas_idea_id_versions_number_restore_post_with_http_info
    report("restore a version", lambda: reset(ME, idea_id, 1), lambda idea, _: {"title": idea.title})
    delete(ME, idea_id)
    restore = UNDO.restore_idea_api_v1_user_id_ideas_idea_id_restore_post_with_http_info
    report("restore", lambda: restore(ME, idea_id), lambda idea, _: {"title": idea.title})
    delete(ME, idea_id)
    report("expunge", lambda: UNDO.expunge_idea_api_v1_user_id_trash_idea_id_delete_with_http_info(ME, idea_id))
    report("empty the trash", lambda: UNDO.empty_trash_api_v1_user_id_trash_delete_with_http_info(ME))
    report(
        "settings",
        lambda: UNDO.get_settings_api_v1_user_id_settings_get_with_http_info(ME),
        lambda settings, _: {"days": settings.retention_days, "by": settings.retention_chosen_by},
    )
    week = VaultSettingsUpdate(retention_days=7)
    report(
        "change the settings",
        lambda: UNDO.change_settings_api_v1_user_id_settings_patch_with_http_info(ME, week),
        lambda settings, _: {"days": settings.effective_retention_days, "by": settings.retention_chosen_by},
    )


def collections() -> None:
    report(
        "counts",
        lambda: IDEAS.get_idea_stats_api_v1_user_id_ideas_stats_get_with_http_info(ME),
        lambda body, _: {"total": body.total, "drafts": body.by_stage.draft},
    )
    report(
        "tags",
        lambda: IDEAS.list_tags_api_v1_user_id_tags_get_with_http_info(ME, limit=10),
        lambda body, _: {"counts": [each.count for each in body.items], "total": body.total},
    )
    wanted = TagRenameRequest.from_dict({"from": ["FOOD"], "to": "meals"}) or TagRenameRequest.model_construct()
    report(
        "rename a tag",
        lambda: IDEAS.rename_tags_api_v1_user_id_tags_rename_post_with_http_info(ME, wanted),
        lambda body, _: {"tag": body.tag, "changed": body.changed},
    )
    new = uuid4()
    creation = CreateOperation(op="create", id=new, idea=IdeaCreate(title="Bulk"))
    both = [BulkRequestOperationsInner(creation), BulkRequestOperationsInner(DeleteOperation(op="delete", id=new))]
    bulk = IDEAS.change_ideas_api_v1_user_id_ideas_bulk_post_with_http_info
    report(
        "bulk",
        lambda: bulk(ME, BulkRequest(operations=both)),
        lambda body, _: {"applied": body.applied, "statuses": [each.status for each in body.results]},
    )
    impossible = BulkRequest(operations=[BulkRequestOperationsInner(DeleteOperation(op="delete", id=NOBODY))])
    try:
        bulk(ME, impossible)
    except ApiException as error:
        body = ErrorResponse.from_json(error.body or "{}")
        seen("bulk refused", error.status or 0, {"code": body.code if body else None})
    report(
        "changes",
        lambda: SyncApi(CREATOR).list_changes_api_v1_user_id_changes_get_with_http_info(ME, limit=10),
        lambda body, _: {"changed": len(body.changed), "more": body.has_more},
    )


def transfer() -> None:
    exports, imports = ExportApi(CREATOR), ImportsApi(CREATOR)
    report(
        "export",
        lambda: exports.export_vault_api_v1_user_id_export_get_with_http_info(ME, format=ExportFormat.CSV),
        lambda text, _: {"ideas": sum(line.startswith('"idea"') for line in text.split("\r\n"))},
    )
    wish = ExportRequest(format=ExportFormat.JSONL, passphrase=PASSPHRASE)
    # Read as bytes, since the client decodes each body as the text that the document calls it.
    sealed = exports.export_vault_encrypted_api_v1_user_id_export_post_without_preload_content(ME, wish)
    seen("export sealed", sealed.status, {"age": sealed.data.startswith(b"age-encryption.org/v1")})
    create = imports.create_import_api_v1_user_id_imports_post_with_http_info
    report(
        "preview an import",
        lambda: create(ME, FILE, format=FileFormat.CSV, preview=True),
        lambda preview, _: {"fresh": preview.new},
    )
    # The operation has two answers, and the client knows the type of one.
    started = create(ME, FILE, format=FileFormat.CSV)
    import_ = ImportResponse.from_json(started.raw_data.decode())
    import_id = import_.id if import_ else NOBODY
    seen("import", started.status_code, {"known": import_id != NOBODY})
    report(
        "imports",
        lambda: imports.list_imports_api_v1_user_id_imports_get_with_http_info(ME),
        lambda found, _: {"total": found.total},
    )
    report(
        "import's progress",
        lambda: imports.get_import_api_v1_user_id_imports_import_id_get_with_http_info(ME, import_id),
        lambda one, _: {"format": one.format, "error": one.error.code if one.error else None},
    )
    report(
        "forget an import",
        lambda: imports.delete_import_api_v1_user_id_imports_import_id_delete_with_http_info(ME, import_id),
    )


def tenant() -> None:
    owner = connected(STAGE.owner.token)
    IdeasApi(owner).create_idea_api_v1_user_id_ideas_post(STAGE.owner.id, IdeaCreate(title="The owner's"))
    tenants = TenantApi(owner)
    report(
        "tenant",
        tenants.get_own_tenant_api_v1_tenant_get_with_http_info,
        lambda body, _: {
            "external": body.external_id == STAGE.organization,
            "ideas": body.ideas,
            "quota": body.idea_quota,
        },
    )
    report(
        "members",
        lambda: tenants.list_members_api_v1_tenant_members_get_with_http_info(limit=10),
        lambda body, _: {"own": [member.user_id == STAGE.owner.id for member in body.items]},
    )
    since = datetime(2026, 1, 1, tzinfo=UTC)
    report(
        "tenant's audit",
        lambda: tenants.search_own_audit_api_v1_tenant_audit_get_with_http_info(limit=10, since=since),
        lambda body, _: {"offset": body.offset},
    )
    refused("tenant of a creator", TenantApi(CREATOR).get_own_tenant_api_v1_tenant_get, ErrorResponse, code)
    export = tenants.export_member_api_v1_tenant_members_user_id_export_get
    refused("member's export", lambda: export(STAGE.owner.id), ErrorResponse, lambda _, __: {})


def audit_and_keys() -> None:
    # Read as bytes, since the client refuses a text of this media type.
    file = ADMIN.export_audit_api_v1_admin_audit_export_get_without_preload_content(verb="tenant.created")
    seen("audit as a file", file.status, {"lines": file.data.startswith(b'{"tenant_id":')})
    verify = AdminApi(CREATOR).verify_audit_api_v1_admin_audit_verifications_post
    refused("verify the audit log as a creator", verify, ErrorResponse, code)
    report(
        "verifications",
        lambda: ADMIN.list_verifications_api_v1_admin_audit_verifications_get_with_http_info(limit=5),
        lambda body, _: {"total": body.total},
    )
    verification = ADMIN.get_verification_api_v1_admin_audit_verifications_verification_id_get
    refused("no verification", lambda: verification(999_999_999), ErrorResponse, code)
    report(
        "keys",
        ADMIN.get_keys_api_v1_admin_keys_get_with_http_info,
        lambda body, _: {
            "wraps": body.root_keys[0].wraps,
            "providers": [provider.provider for provider in body.providers],
        },
    )
    rotate = ADMIN.rotate_keys_api_v1_admin_keys_rotations_post
    refused("rotate the keys of no tenant", lambda: rotate(RotationCreate(tenant_id=NOBODY)), ErrorResponse, code)
    report(
        "rotations",
        lambda: ADMIN.list_rotations_api_v1_admin_keys_rotations_get_with_http_info(limit=5),
        lambda body, _: {"total": body.total},
    )
    rotation = ADMIN.get_rotation_api_v1_admin_keys_rotations_rotation_id_get
    refused("no rotation", lambda: rotation(999_999_999), ErrorResponse, code)


def administration() -> None:
    report(
        "status", ADMIN.get_status_api_v1_admin_status_get_with_http_info, lambda body, _: {"migrated": body.migrated}
    )
    report(
        "root keys",
        ADMIN.list_root_keys_api_v1_admin_root_keys_get_with_http_info,
        lambda body, _: {"some": len(body.items) > 0},
    )
    new = TenantCreate(kind=TenantKind.ORGANIZATION, realm="better-auth", external_id=STAGE.second_tenant)
    create = ADMIN.create_tenant_api_v1_admin_tenants_post_with_http_info
    made = report(
        "create a tenant",
        lambda: create(new),
        lambda body, _: {"kind": body.kind, "status": body.status, "days": body.retention_days},
    )
    refused("create a tenant again", lambda: create(new), ErrorResponse, code)
    viewer = AdminApi(connected(STAGE.viewer))
    refused(
        "create a tenant without the scope",
        lambda: viewer.create_tenant_api_v1_admin_tenants_post(new),
        ErrorResponse,
        code,
    )
    tenant_id = NOBODY if made is None else made.data.tenant_id
    report(
        "tenants",
        lambda: ADMIN.list_tenants_api_v1_admin_tenants_get_with_http_info(
            kind=TenantKind.ORGANIZATION, status=TenantStatus.ACTIVE, external_id=STAGE.second_tenant, sort="ideas"
        ),
        lambda body, _: {"total": body.total},
    )
    report(
        "a tenant",
        lambda: ADMIN.get_tenant_api_v1_admin_tenants_tenant_id_get_with_http_info(tenant_id),
        lambda body, _: {"vaults": body.vaults},
    )
    quotas = TenantQuotas(idea_quota=5000, vault_idea_quota=None)
    report(
        "set quotas",
        lambda: ADMIN.set_quotas_api_v1_admin_tenants_tenant_id_quotas_put_with_http_info(tenant_id, quotas),
        lambda body, _: {"ideas": body.idea_quota, "vault": body.vault_idea_quota},
    )
    retention = TenantRetention(retention_days=9)
    report(
        "set the retention",
        lambda: ADMIN.set_retention_api_v1_admin_tenants_tenant_id_retention_put_with_http_info(tenant_id, retention),
        lambda body, _: {"days": body.retention_days},
    )
    allow = ADMIN.set_owner_export_api_v1_admin_tenants_tenant_id_owner_export_put_with_http_info
    report(
        "allow exports",
        lambda: allow(tenant_id, TenantOwnerExport(owner_export=True)),
        lambda body, _: {"allowed": body.owner_export},
    )
    root_key = TenantRootKey(root_key_id=None)
    report(
        "set the root key",
        lambda: ADMIN.set_root_key_api_v1_admin_tenants_tenant_id_root_key_put_with_http_info(tenant_id, root_key),
        lambda body, _: {"key": body.root_key_id},
    )
    suspend = ADMIN.suspend_tenant_api_v1_admin_tenants_tenant_id_suspend_post_with_http_info
    report("suspend", lambda: suspend(tenant_id), lambda body, _: {"status": body.status})
    resume = ADMIN.resume_tenant_api_v1_admin_tenants_tenant_id_resume_post_with_http_info
    report("resume", lambda: resume(tenant_id), lambda body, _: {"status": body.status})
    request = ADMIN.request_erasure_api_v1_admin_tenants_tenant_id_erasure_post_with_http_info
    request(tenant_id)
    withdraw = ADMIN.withdraw_erasure_api_v1_admin_tenants_tenant_id_erasure_delete_with_http_info
    report("withdraw an erasure", lambda: withdraw(tenant_id), lambda body, _: {"status": body.status})
    asked = report("ask for an erasure", lambda: request(tenant_id), lambda _, __: {"later": True})
    word = ErasureConfirm(confirmation=asked.data.confirmation if asked else "-")
    confirm = ADMIN.confirm_erasure_api_v1_admin_tenants_tenant_id_erasure_confirm_post_with_http_info
    refused("confirm an erasure early", lambda: confirm(tenant_id, word), ErrorResponse, code)

    owner = STAGE.owner.id
    vaults = report(
        "vaults",
        lambda: ADMIN.list_vaults_api_v1_admin_vaults_get_with_http_info(user_id=owner),
        lambda body, _: {"ideas": [vault.ideas for vault in body.items]},
    )
    where = vaults.data.items[0].tenant_id if vaults and vaults.data.items else NOBODY
    ask = ADMIN.request_vault_erasure_api_v1_admin_tenants_tenant_id_vaults_user_id_erasure_post_with_http_info
    ask(where, owner)
    take = ADMIN.withdraw_vault_erasure_api_v1_admin_tenants_tenant_id_vaults_user_id_erasure_delete_with_http_info
    report("withdraw a vault's erasure", lambda: take(where, owner), lambda body, _: {"user": body.user_id == owner})
    vault = report(
        "ask for a vault's erasure",
        lambda: ask(where, owner),
        lambda body, _: {"state": body.state, "ideas": body.ideas},
    )
    state = ADMIN.get_vault_erasure_api_v1_admin_tenants_tenant_id_vaults_user_id_erasure_get_with_http_info
    report(
        "a vault's erasure",
        lambda: state(where, owner),
        lambda body, _: {"state": body.state, "destroyed": instant(body.destroyed_at)},
    )
    report(
        "jobs",
        lambda: ADMIN.list_jobs_api_v1_admin_jobs_get_with_http_info(state=JobState.FAILED),
        lambda body, _: {"limit": body.limit},
    )
    job = 999_999_999
    refused("cancel no job", lambda: ADMIN.cancel_job_api_v1_admin_jobs_job_id_delete(job), ErrorResponse, code)
    refused("retry no job", lambda: ADMIN.retry_job_api_v1_admin_jobs_job_id_retry_post(job), ErrorResponse, code)
    dismissed = report(
        "create an operator",
        lambda: ADMIN.create_operator_api_v1_admin_operators_post_with_http_info(
            OperatorCreate(name=STAGE.second_tenant, scopes=[Scope.READ])
        ),
        lambda body, _: {"scopes": [scope.value for scope in body.scopes], "key": body.key.startswith("cvop_")},
    )
    report(
        "operators",
        lambda: ADMIN.list_operators_api_v1_admin_operators_get_with_http_info(
            q=STAGE.second_tenant, state=OperatorState.VALID
        ),
        lambda body, _: {"total": body.total},
    )
    report(
        "revoke an operator",
        lambda: ADMIN.revoke_operator_api_v1_admin_operators_operator_id_revoke_post_with_http_info(
            NOBODY if dismissed is None else dismissed.data.operator_id
        ),
        lambda body, _: {"state": body.state, "expires": instant(body.expires_at)},
    )
    report(
        "series",
        lambda: ADMIN.get_series_api_v1_admin_series_get_with_http_info(span="day"),
        lambda body, _: {"span": body.span, "steps": len(body.items)},
    )
    report(
        "settings in force",
        ADMIN.list_settings_api_v1_admin_configuration_get_with_http_info,
        lambda body, _: {"masked": [each.value for each in body.items if each.name == "encryption.root_keys"]},
    )
    report(
        "system checks",
        ADMIN.run_checks_api_v1_admin_checks_get_with_http_info,
        lambda body, _: {"counted": body.errors + body.warnings == len(body.items)},
    )
    report(
        "operators' readiness",
        ADMIN.get_readiness_api_v1_admin_readiness_get_with_http_info,
        lambda body, _: {"ready": body.ready},
    )
    report(
        "audit",
        lambda: ADMIN.search_audit_api_v1_admin_audit_get_with_http_info(verb="tenant.created", limit=1),
        lambda body, _: {"limit": body.limit},
    )
    audit_and_keys()

    until(vault.data.not_before if vault else None)
    report("confirm an erasure", lambda: confirm(tenant_id, word), lambda body, _: {"ideas": body.ideas})
    destroy = (
        ADMIN.confirm_vault_erasure_api_v1_admin_tenants_tenant_id_vaults_user_id_erasure_confirm_post_with_http_info
    )
    final = ErasureConfirm(confirmation=(vault.data.confirmation if vault else None) or "-")
    report(
        "confirm a vault's erasure",
        lambda: destroy(where, owner, final),
        lambda body, _: {"destroyed": body.destroyed_at is not None},
    )


def leaving() -> None:
    leaver = connected(STAGE.leaver.token)
    IdeasApi(leaver).create_idea_api_v1_user_id_ideas_post(STAGE.leaver.id, IdeaCreate(title="Old"))
    account = UsersApi(leaver)
    erase = account.erase_own_vault_api_v1_users_me_delete_with_http_info
    asked = report("ask to leave", erase, lambda body, _: {"state": body.state, "ideas": body.ideas})
    word = (asked.data.confirmation if asked else None) or ""
    report(
        "leave",
        lambda: erase(erasure_confirmation=word),
        lambda body, _: {"destroyed": body.destroyed_at is not None},
    )
    report(
        "own erasure",
        account.get_own_erasure_api_v1_users_me_erasure_get_with_http_info,
        lambda body, _: {"ideas": body.ideas},
    )
    report(
        "receipt keys",
        ReceiptsApi(OPEN).get_receipt_keys_well_known_jwks_json_get_with_http_info,
        lambda body, _: {"curve": body.keys[0].crv if body.keys else None},
    )


def without_database() -> None:
    refused(
        "list in an outage",
        lambda: IDEAS.list_ideas_api_v1_user_id_ideas_get(ME),
        ServerErrorResponse,
        lambda body, headers: {
            "code": body.code,
            "error": body.error.code,
            "wait": int(headers["Retry-After"]) >= 1,
        },
    )
    refused(
        "create in an outage",
        lambda: IDEAS.create_idea_api_v1_user_id_ideas_post(ME, IdeaCreate(title="Not stored")),
        ServerErrorResponse,
        lambda body, _: {"error": body.error.code},
    )
    refused(
        "database health in an outage",
        HEALTH.health_check_db_health_db_get,
        DatabaseHealth,
        lambda body, _: {"database": body.database},
    )
    refused(
        "readiness in an outage",
        HEALTH.readiness_check_health_ready_get,
        Readiness,
        lambda body, _: {"status": body.status},
    )


health()
users()
idea = ideas()
lists()
refusals()
history(idea)
collections()
transfer()
tenant()
administration()
leaving()
outage()
without_database()
