"""openapi-python-client: one module for each operation, and an answer's `parsed` is one of its types."""

from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from uuid import UUID, uuid4

from generated import AuthenticatedClient, Client
from generated.api.admin import (
    cancel_job_api_v1_admin_jobs_job_id_delete as cancel_job,
    confirm_erasure_api_v1_admin_tenants_tenant_id_erasure_confirm_post as confirm_erasure,
    confirm_vault_erasure_api_v1_admin_tenants_tenant_id_vaults_user_id_erasure_confirm_post as confirm_vault_erasure,
    create_operator_api_v1_admin_operators_post as create_operator,
    create_tenant_api_v1_admin_tenants_post as create_tenant,
    export_audit_api_v1_admin_audit_export_get as export_audit,
    get_keys_api_v1_admin_keys_get as get_keys,
    get_rotation_api_v1_admin_keys_rotations_rotation_id_get as get_rotation,
    get_readiness_api_v1_admin_readiness_get as get_readiness,
    get_series_api_v1_admin_series_get as get_series,
    get_status_api_v1_admin_status_get as get_status,
    get_tenant_api_v1_admin_tenants_tenant_id_get as get_tenant,
    get_vault_erasure_api_v1_admin_tenants_tenant_id_vaults_user_id_erasure_get as get_vault_erasure,
    get_verification_api_v1_admin_audit_verifications_verification_id_get as get_verification,
    list_jobs_api_v1_admin_jobs_get as list_jobs,
    list_operators_api_v1_admin_operators_get as list_operators,
    list_root_keys_api_v1_admin_root_keys_get as list_root_keys,
    list_rotations_api_v1_admin_keys_rotations_get as list_rotations,
    list_settings_api_v1_admin_configuration_get as list_settings,
    list_tenants_api_v1_admin_tenants_get as list_tenants,
    list_vaults_api_v1_admin_vaults_get as list_vaults,
    list_verifications_api_v1_admin_audit_verifications_get as list_verifications,
    request_erasure_api_v1_admin_tenants_tenant_id_erasure_post as request_erasure,
    request_vault_erasure_api_v1_admin_tenants_tenant_id_vaults_user_id_erasure_post as request_vault_erasure,
    resume_tenant_api_v1_admin_tenants_tenant_id_resume_post as resume_tenant,
    retry_job_api_v1_admin_jobs_job_id_retry_post as retry_job,
    rotate_keys_api_v1_admin_keys_rotations_post as rotate_keys,
    run_checks_api_v1_admin_checks_get as run_checks,
    revoke_operator_api_v1_admin_operators_operator_id_revoke_post as revoke_operator,
    search_audit_api_v1_admin_audit_get as search_audit,
    set_owner_export_api_v1_admin_tenants_tenant_id_owner_export_put as set_owner_export,
    set_quotas_api_v1_admin_tenants_tenant_id_quotas_put as set_quotas,
    set_retention_api_v1_admin_tenants_tenant_id_retention_put as set_retention,
    set_root_key_api_v1_admin_tenants_tenant_id_root_key_put as set_root_key,
    suspend_tenant_api_v1_admin_tenants_tenant_id_suspend_post as suspend_tenant,
    verify_audit_api_v1_admin_audit_verifications_post as verify_audit,
    withdraw_erasure_api_v1_admin_tenants_tenant_id_erasure_delete as withdraw_erasure,
    withdraw_vault_erasure_api_v1_admin_tenants_tenant_id_vaults_user_id_erasure_delete as withdraw_vault_erasure,
)
from generated.api.export import (
    export_vault_api_v1_user_id_export_get as export_vault,
    export_vault_encrypted_api_v1_user_id_export_post as export_vault_encrypted,
)
from generated.api.health import (
    health_check_db_health_db_get as check_database,
    health_check_health_get as check_health,
    readiness_check_health_ready_get as check_readiness,
)
from generated.api.ideas import (
    change_ideas_api_v1_user_id_ideas_bulk_post as change_ideas,
    create_idea_api_v1_user_id_ideas_post as create_idea,
    delete_idea_api_v1_user_id_ideas_idea_id_delete as delete_idea,
    get_idea_api_v1_user_id_ideas_idea_id_get as get_idea,
    get_idea_stats_api_v1_user_id_ideas_stats_get as get_idea_stats,
    list_ideas_api_v1_user_id_ideas_get as list_ideas,
    list_tags_api_v1_user_id_tags_get as list_tags,
    rename_tags_api_v1_user_id_tags_rename_post as rename_tags,
    update_idea_full_api_v1_user_id_ideas_idea_id_put as update_idea_full,
    update_idea_partial_api_v1_user_id_ideas_idea_id_patch as update_idea_partial,
)
from generated.api.imports import (
    create_import_api_v1_user_id_imports_post as create_import,
    delete_import_api_v1_user_id_imports_import_id_delete as delete_import,
    get_import_api_v1_user_id_imports_import_id_get as get_import,
    list_imports_api_v1_user_id_imports_get as list_imports,
)
from generated.api.receipts import get_receipt_keys_well_known_jwks_json_get as get_receipt_keys
from generated.api.root import root_get as get_root
from generated.api.sync import list_changes_api_v1_user_id_changes_get as list_changes
from generated.api.tenant import (
    export_member_api_v1_tenant_members_user_id_export_get as export_member,
    get_own_tenant_api_v1_tenant_get as get_own_tenant,
    list_members_api_v1_tenant_members_get as list_members,
    search_own_audit_api_v1_tenant_audit_get as search_own_audit,
)
from generated.api.undo import (
    change_settings_api_v1_user_id_settings_patch as change_settings,
    compare_versions_api_v1_user_id_ideas_idea_id_versions_number_difference_get as compare_versions,
    empty_trash_api_v1_user_id_trash_delete as empty_trash,
    expunge_idea_api_v1_user_id_trash_idea_id_delete as expunge_idea,
    get_settings_api_v1_user_id_settings_get as get_settings,
    get_version_api_v1_user_id_ideas_idea_id_versions_number_get as get_version,
    list_trash_api_v1_user_id_trash_get as list_trash,
    list_versions_api_v1_user_id_ideas_idea_id_versions_get as list_versions,
    restore_idea_api_v1_user_id_ideas_idea_id_restore_post as restore_idea,
    restore_version_api_v1_user_id_ideas_idea_id_versions_number_restore_post as restore_version,
    undo_deletion_api_v1_user_id_undo_post as undo_deletion,
)
from generated.api.users import (
    erase_own_vault_api_v1_users_me_delete as erase_own_vault,
    get_current_user_profile_api_v1_users_me_get as get_current_user_profile,
    get_own_erasure_api_v1_users_me_erasure_get as get_own_erasure,
    list_own_events_api_v1_users_me_events_get as list_own_events,
)
from generated.models import (
    AuditEventList,
    BulkRefusal,
    BulkRequest,
    BulkResponse,
    ChangeList,
    CheckList,
    CreateImportApiV1UserIdImportsPostFilesBody,
    CreateOperation,
    DatabaseHealth,
    DeleteOperation,
    ErasureConfirm,
    ErasureDone,
    ErasureRequested,
    ErrorResponse,
    ExportFormat,
    ExportRequest,
    Figures,
    FiguresSeries,
    FileFormat,
    GetSeriesApiV1AdminSeriesGetSpan,
    HTTPValidationError,
    IdeaConflict,
    IdeaCreate,
    IdeaListResponse,
    IdeaResponse,
    IdeaStats,
    IdeaUpdate,
    IdeaVersion,
    ImportListResponse,
    ImportPreview,
    ImportResponse,
    JobList,
    JobState,
    KeysStatus,
    ListTenantsApiV1AdminTenantsGetSort,
    MemberList,
    OperatorReadiness,
    OperatorCreate,
    OperatorCreated,
    OperatorList,
    OperatorResponse,
    OperatorState,
    OwnTenant,
    PriorityEnum,
    ProcessHealth,
    PublicKeySet,
    Readiness,
    RootKeyList,
    RotationCreate,
    RotationList,
    Scope,
    ServerErrorResponse,
    ServiceInformation,
    SettingList,
    StageEnum,
    TagList,
    TagRename,
    TagRenameRequest,
    TagsDifference,
    TenantCreate,
    TenantKind,
    TenantList,
    TenantOwnerExport,
    TenantQuotas,
    TenantResponse,
    TenantRetention,
    TenantRootKey,
    TenantStatus,
    TextDifference,
    TrashList,
    UndoRequest,
    UndoResponse,
    UserProfile,
    VaultErasureResponse,
    VaultErasureWithdrawn,
    VaultList,
    VaultSettings,
    VaultSettingsUpdate,
    VersionDifference,
    VersionList,
    VerificationList,
)
from generated.types import Response, Unset

from shared import DUE, FILE, NOBODY, PASSPHRASE, UNMATCHED, Facts, instant, outage, read_stage, seen, until, walk

STAGE = read_stage()


def client_of(token: str) -> AuthenticatedClient:
    return AuthenticatedClient(base_url=STAGE.url, token=token)


CREATOR = client_of(STAGE.creator.token)
OWNER = client_of(STAGE.owner.token)
OPERATOR = client_of(STAGE.operator)
OPEN = Client(base_url=STAGE.url)
ME = STAGE.creator.id


def nothing(_: object) -> Facts:
    return {}


def report[B, T](call: str, answer: Response[B], kind: type[T], facts: Callable[[T], Facts] = nothing) -> T | None:
    """Reports a call with facts of its body, if that is of the kind that is expected. Returns the body."""
    body = answer.parsed if isinstance(answer.parsed, kind) else None
    seen(call, answer.status_code, {} if body is None else facts(body))
    return body


def refused[B](call: str, answer: Response[B]) -> None:
    """Reports a refusal by its code."""
    report(call, answer, ErrorResponse, lambda body: {"code": known(body.code)})


def known[T](value: T | Unset) -> T | None:
    return None if isinstance(value, Unset) else value


def fields(body: HTTPValidationError) -> Facts:
    errors = known(body.detail) or []
    return {"types": [error.type_ for error in errors], "loc": list(errors[0].loc) if errors else None}


def titles(found: IdeaListResponse | None) -> list[str]:
    return [] if found is None else [idea.title for idea in found.items]


def health() -> None:
    root = get_root.sync_detailed(client=OPEN)
    report("root", root, ServiceInformation, lambda body: {"service": body.service})
    process = check_health.sync_detailed(client=OPEN)
    report("health", process, ProcessHealth, lambda body: {"status": body.status})
    database = check_database.sync_detailed(client=OPEN)
    report("database health", database, DatabaseHealth, lambda body: {"status": body.status})
    ready = check_readiness.sync_detailed(client=OPEN)
    report("readiness", ready, Readiness, lambda body: {"status": body.status, "migrations": body.checks["migrations"]})


def users() -> None:
    profile = get_current_user_profile.sync_detailed(client=CREATOR)
    report(
        "profile",
        profile,
        UserProfile,
        lambda body: {
            "user": body.user_id == ME,
            "authenticated": known(body.authenticated),
            "name": known(body.name),
            "expires": isinstance(body.expires_at, datetime),
        },
    )
    # This client cannot call an operation without a token, so its header is emptied.
    nobody = AuthenticatedClient(base_url=STAGE.url, token="", prefix="")
    unknown = get_current_user_profile.sync_detailed(client=nobody)
    report(
        "profile without a token",
        unknown,
        ErrorResponse,
        lambda body: {
            "detail": body.detail,
            "code": known(body.code),
            "scheme": unknown.headers.get("WWW-Authenticate"),
        },
    )
    refused("profile with a wrong token", get_current_user_profile.sync_detailed(client=client_of("not.a.token")))
    events = list_own_events.sync_detailed(client=CREATOR, limit=5)
    report("own events", events, AuditEventList, lambda body: {"limit": body.limit})
    refused("no erasure", get_own_erasure.sync_detailed(client=CREATOR))


def ideas() -> UUID:
    first = create_idea.sync_detailed(ME, client=CREATOR, body=IdeaCreate(title="First"))
    made = report(
        "create",
        first,
        IdeaResponse,
        lambda idea: {
            "title": idea.title,
            "notes": known(idea.notes),
            "stage": known(idea.stage),
            "priority": known(idea.priority),
            "tags": known(idea.tags),
            "due": instant(known(idea.due_date)),
            "location": first.headers.get("Location", "").endswith(str(idea.id)),
        },
    )
    full = create_idea.sync_detailed(
        ME,
        client=CREATOR,
        body=IdeaCreate(
            title="Second",
            notes="Line\nbreak",
            stage=StageEnum.DRAFT,
            priority=PriorityEnum.HIGH,
            tags=["Video", "food"],
            due_date=DUE,
        ),
        x_correlation_id="generated-client-1",
    )
    report(
        "create with all fields",
        full,
        IdeaResponse,
        lambda idea: {
            "notes": known(idea.notes),
            "stage": known(idea.stage),
            "priority": known(idea.priority),
            "tags": known(idea.tags),
            "due": instant(known(idea.due_date)),
            "correlation": full.headers.get("X-Correlation-ID"),
        },
    )
    once, body = f"{ME}-once", IdeaCreate(title="Once", stage=StageEnum.PUBLISHED)
    answer = create_idea.sync_detailed(ME, client=CREATOR, body=body, idempotency_key=once)
    sent = report("create with a key", answer, IdeaResponse, lambda idea: {"stage": known(idea.stage)})
    answer = create_idea.sync_detailed(ME, client=CREATOR, body=body, idempotency_key=once)
    report(
        "create again with the key",
        answer,
        IdeaResponse,
        lambda idea: {"same": sent is not None and idea.id == sent.id},
    )
    other = create_idea.sync_detailed(ME, client=CREATOR, body=IdeaCreate(title="Other"), idempotency_key=once)
    report("create another with the key", other, HTTPValidationError, lambda body: {"code": known(body.code)})

    idea_id = NOBODY if made is None else made.id
    read = get_idea.sync_detailed(ME, idea_id, client=CREATOR)
    report("get", read, IdeaResponse, lambda idea: {"title": idea.title, "etag": "ETag" in read.headers})
    etag = read.headers.get("ETag", UNMATCHED)
    same = get_idea.sync_detailed(ME, idea_id, client=CREATOR, if_none_match=etag)
    seen("get what is known", same.status_code, {"body": same.parsed is not None})
    changes = IdeaUpdate(title="First, changed", notes="To be removed", due_date=DUE)
    changed = update_idea_partial.sync_detailed(ME, idea_id, client=CREATOR, body=changes, if_match=etag)
    report("change", changed, IdeaResponse, lambda idea: {"title": idea.title, "due": instant(known(idea.due_date))})
    nulls = IdeaUpdate(notes=None, due_date=None)
    nulled = update_idea_partial.sync_detailed(ME, idea_id, client=CREATOR, body=nulls)
    report(
        "change to null",
        nulled,
        IdeaResponse,
        lambda idea: {"title": idea.title, "notes": known(idea.notes), "due": instant(known(idea.due_date))},
    )
    lost = IdeaUpdate(title="Lost update")
    late = update_idea_partial.sync_detailed(ME, idea_id, client=CREATOR, body=lost, if_match=etag)
    report("change an earlier version", late, IdeaConflict, lambda body: {"code": body.code})
    whole = IdeaCreate(title="First, replaced", tags=["video"])
    put = update_idea_full.sync_detailed(ME, idea_id, client=CREATOR, body=whole)
    report(
        "replace",
        put,
        IdeaResponse,
        lambda idea: {"title": idea.title, "stage": known(idea.stage), "tags": known(idea.tags)},
    )
    missing = update_idea_full.sync_detailed(ME, NOBODY, client=CREATOR, body=IdeaCreate(title="None"))
    report(
        "replace what is missing",
        missing,
        ErrorResponse,
        lambda error: {"detail": error.detail == f"Idea {NOBODY} not found"},
    )
    refused("get what is missing", get_idea.sync_detailed(ME, NOBODY, client=CREATOR))
    return idea_id


def lists() -> None:
    everything = list_ideas.sync_detailed(ME, client=CREATOR, sort="title", order="asc")
    report(
        "list",
        everything,
        IdeaListResponse,
        lambda found: {"titles": titles(found), "total": found.total, "more": found.has_more},
    )
    etag = everything.headers.get("ETag", UNMATCHED)
    same = list_ideas.sync_detailed(ME, client=CREATOR, sort="title", order="asc", if_none_match=etag)
    seen("list what is known", same.status_code, {"body": same.parsed is not None})
    one = list_ideas.sync_detailed(
        ME, client=CREATOR, stage=StageEnum.DRAFT, priority=PriorityEnum.HIGH, search="BREAK", tags="video,none"
    )
    report("list by filters", one, IdeaListResponse, lambda found: {"titles": titles(found)})
    several = list_ideas.sync_detailed(
        ME,
        client=CREATOR,
        stage=[StageEnum.DRAFT, StageEnum.PUBLISHED],
        priority=[PriorityEnum.MEDIUM, PriorityEnum.HIGH],
        sort="title",
        order="asc",
    )
    report("list by several values", several, IdeaListResponse, lambda found: {"titles": titles(found)})
    wrong = list_ideas.sync_detailed(ME, client=CREATOR, sort="colour")
    report("list in a wrong order", wrong, HTTPValidationError, fields)

    def page(cursor: str) -> tuple[list[str], str | None]:
        found = list_ideas.sync(ME, client=CREATOR, cursor=cursor, limit=1, sort="title", order="asc")
        return (titles(found), known(found.next_cursor)) if isinstance(found, IdeaListResponse) else ([], None)

    seen("walk by cursors", HTTPStatus.OK, walk(page))


def refusals() -> None:
    refused("list of another", list_ideas.sync_detailed(STAGE.stranger.id, client=CREATOR))
    given = create_idea.sync_detailed(STAGE.stranger.id, client=CREATOR, body=IdeaCreate(title="Not mine"))
    report("create for another", given, ErrorResponse, lambda error: {"detail": error.detail})
    blank = create_idea.sync_detailed(ME, client=CREATOR, body=IdeaCreate(title="  "))
    report(
        "create without a title",
        blank,
        HTTPValidationError,
        lambda error: {**fields(error), "code": known(error.code)},
    )
    large = create_idea.sync_detailed(ME, client=CREATOR, body=IdeaCreate(title="Large", tags=["x" * 200_000]))
    refused("create too large", large)
    method = OPEN.get_httpx_client().patch("/health")
    seen("wrong method", method.status_code, {"allow": method.headers.get("Allow")})
    route = OPEN.get_httpx_client().get("/nowhere")
    seen("wrong path", route.status_code, {"code": known(ErrorResponse.from_dict(route.json()).code)})
    hurried = client_of(STAGE.hurried.token)
    last = get_current_user_profile.sync_detailed(client=hurried)
    for _ in range(50):
        if last.status_code is not HTTPStatus.OK:
            break
        last = get_current_user_profile.sync_detailed(client=hurried)
    report(
        "too many requests",
        last,
        ErrorResponse,
        lambda error: {"code": known(error.code), "wait": int(last.headers["Retry-After"]) >= 1},
    )


def history(idea_id: UUID) -> None:
    stale = delete_idea.sync_detailed(ME, idea_id, client=CREATOR, if_match=UNMATCHED)
    report("delete an earlier version", stale, IdeaConflict, lambda body: {"code": body.code})
    deleted = delete_idea.sync_detailed(ME, idea_id, client=CREATOR)
    seen("delete", deleted.status_code, {"undo": "X-Undo" in deleted.headers})
    refused("delete again", delete_idea.sync_detailed(ME, idea_id, client=CREATOR))
    trash = list_trash.sync_detailed(ME, client=CREATOR)
    report("trash", trash, TrashList, lambda body: {"titles": [each.title for each in body.items]})
    request = UndoRequest(undo=deleted.headers.get("X-Undo", ""))
    undone = undo_deletion.sync_detailed(ME, client=CREATOR, body=request)
    report("undo", undone, UndoResponse, lambda body: {"titles": [each.title for each in body.items]})
    versions = list_versions.sync_detailed(ME, idea_id, client=CREATOR, limit=10)
    report(
        "versions",
        versions,
        VersionList,
        lambda body: {"numbers": [version.number for version in body.items], "current": body.current},
    )
    version = get_version.sync_detailed(ME, idea_id, 1, client=CREATOR)
    report(
        "version",
        version,
        IdeaVersion,
        lambda body: {"title": body.title, "replaced": isinstance(body.replaced_at, datetime)},
    )
    compared = compare_versions.sync_detailed(ME, idea_id, 1, client=CREATOR, to="current")
    report(
        "difference",
        compared,
        VersionDifference,
        lambda body: {
            "before": body.title.before if isinstance(body.title, TextDifference) else None,
            "after": body.title.after if isinstance(body.title, TextDifference) else None,
            "added": body.tags.added if isinstance(body.tags, TagsDifference) else None,
            "notes": known(body.notes) is None,
        },
    )
    reset = restore_version.sync_detailed(ME, idea_id, 1, client=CREATOR)
    report("restore a version", reset, IdeaResponse, lambda idea: {"title": idea.title})
    delete_idea.sync_detailed(ME, idea_id, client=CREATOR)
    restored = restore_idea.sync_detailed(ME, idea_id, client=CREATOR)
    report("restore", restored, IdeaResponse, lambda idea: {"title": idea.title})
    delete_idea.sync_detailed(ME, idea_id, client=CREATOR)
    seen("expunge", expunge_idea.sync_detailed(ME, idea_id, client=CREATOR).status_code)
    seen("empty the trash", empty_trash.sync_detailed(ME, client=CREATOR).status_code)
    settings = get_settings.sync_detailed(ME, client=CREATOR)
    report(
        "settings",
        settings,
        VaultSettings,
        lambda body: {"days": body.retention_days, "by": body.retention_chosen_by},
    )
    changed = change_settings.sync_detailed(ME, client=CREATOR, body=VaultSettingsUpdate(retention_days=7))
    report(
        "change the settings",
        changed,
        VaultSettings,
        lambda body: {"days": body.effective_retention_days, "by": body.retention_chosen_by},
    )


def collections() -> None:
    counts = get_idea_stats.sync_detailed(ME, client=CREATOR)
    report("counts", counts, IdeaStats, lambda body: {"total": body.total, "drafts": body.by_stage.draft})
    tags = list_tags.sync_detailed(ME, client=CREATOR, limit=10)
    report("tags", tags, TagList, lambda body: {"counts": [each.count for each in body.items], "total": body.total})
    wanted = TagRenameRequest(from_=["FOOD"], to="meals")
    renamed = rename_tags.sync_detailed(ME, client=CREATOR, body=wanted)
    report("rename a tag", renamed, TagRename, lambda body: {"tag": body.tag, "changed": body.changed})
    new = uuid4()
    creation = CreateOperation(op="create", id=new, idea=IdeaCreate(title="Bulk"))
    both = BulkRequest(operations=[creation, DeleteOperation(op="delete", id=new)])
    done = change_ideas.sync_detailed(ME, client=CREATOR, body=both)
    report(
        "bulk",
        done,
        BulkResponse,
        lambda body: {"applied": body.applied, "statuses": [each.status for each in body.results]},
    )
    impossible = BulkRequest(operations=[DeleteOperation(op="delete", id=NOBODY)])
    refusal = change_ideas.sync_detailed(ME, client=CREATOR, body=impossible)
    report("bulk refused", refusal, BulkRefusal, lambda body: {"code": str(body.code)})
    changes = list_changes.sync_detailed(ME, client=CREATOR, limit=10)
    report("changes", changes, ChangeList, lambda body: {"changed": len(body.changed), "more": body.has_more})


def transfer() -> None:
    csv = export_vault.sync_detailed(ME, client=CREATOR, format_=ExportFormat.CSV)
    lines = csv.content.decode().split("\r\n")
    seen("export", csv.status_code, {"ideas": sum(line.startswith('"idea"') for line in lines)})
    wish = ExportRequest(format_=ExportFormat.JSONL, passphrase=PASSPHRASE)
    sealed = export_vault_encrypted.sync_detailed(ME, client=CREATOR, body=wish)
    seen("export sealed", sealed.status_code, {"age": sealed.content.startswith(b"age-encryption.org/v1")})
    # Its code for a body of bytes does not work, and a form's file is text.
    file = CreateImportApiV1UserIdImportsPostFilesBody(file=FILE.decode())
    preview = create_import.sync_detailed(ME, client=CREATOR, body=file, format_=FileFormat.CSV, preview=True)
    report("preview an import", preview, ImportPreview, lambda body: {"fresh": body.new})
    started = create_import.sync_detailed(ME, client=CREATOR, body=file, format_=FileFormat.CSV)
    import_ = report("import", started, ImportResponse, lambda body: {"known": body.id != NOBODY})
    import_id = NOBODY if import_ is None else import_.id
    imports = list_imports.sync_detailed(ME, client=CREATOR)
    report("imports", imports, ImportListResponse, lambda body: {"total": body.total})
    progress = get_import.sync_detailed(ME, import_id, client=CREATOR)
    report(
        "import's progress",
        progress,
        ImportResponse,
        lambda body: {"format": body.format_, "error": None if body.error is None else body.error.code},
    )
    seen("forget an import", delete_import.sync_detailed(ME, import_id, client=CREATOR).status_code)


def tenant() -> None:
    create_idea.sync(STAGE.owner.id, client=OWNER, body=IdeaCreate(title="The owner's"))
    shown = get_own_tenant.sync_detailed(client=OWNER)
    report(
        "tenant",
        shown,
        OwnTenant,
        lambda body: {
            "external": body.external_id == STAGE.organization,
            "ideas": body.ideas,
            "quota": body.idea_quota,
        },
    )
    members = list_members.sync_detailed(client=OWNER, limit=10)
    report("members", members, MemberList, lambda body: {"own": [one.user_id == STAGE.owner.id for one in body.items]})
    audit = search_own_audit.sync_detailed(client=OWNER, limit=10, since=datetime(2026, 1, 1, tzinfo=UTC))
    report("tenant's audit", audit, AuditEventList, lambda body: {"offset": body.offset})
    refused("tenant of a creator", get_own_tenant.sync_detailed(client=CREATOR))
    seen("member's export", export_member.sync_detailed(STAGE.owner.id, client=OWNER).status_code)


def audit_and_keys() -> None:
    file = export_audit.sync_detailed(client=OPERATOR, verb="tenant.created")
    seen("audit as a file", file.status_code, {"lines": file.content.startswith(b'{"tenant_id":')})
    refused("verify the audit log as a creator", verify_audit.sync_detailed(client=CREATOR))
    verifications = list_verifications.sync_detailed(client=OPERATOR, limit=5)
    report("verifications", verifications, VerificationList, lambda body: {"total": body.total})
    refused("no verification", get_verification.sync_detailed(999_999_999, client=OPERATOR))
    keys = get_keys.sync_detailed(client=OPERATOR)
    report(
        "keys",
        keys,
        KeysStatus,
        lambda body: {
            "wraps": body.root_keys[0].wraps,
            "providers": [provider.provider for provider in body.providers],
        },
    )
    rotated = rotate_keys.sync_detailed(client=OPERATOR, body=RotationCreate(tenant_id=NOBODY))
    refused("rotate the keys of no tenant", rotated)
    rotations = list_rotations.sync_detailed(client=OPERATOR, limit=5)
    report("rotations", rotations, RotationList, lambda body: {"total": body.total})
    refused("no rotation", get_rotation.sync_detailed(999_999_999, client=OPERATOR))


def administration() -> None:
    figures = get_status.sync_detailed(client=OPERATOR)
    report("status", figures, Figures, lambda body: {"migrated": body.migrated})
    roots = list_root_keys.sync_detailed(client=OPERATOR)
    report("root keys", roots, RootKeyList, lambda body: {"some": len(body.items) > 0})
    new = TenantCreate(kind=TenantKind.ORGANIZATION, realm="better-auth", external_id=STAGE.second_tenant)
    created = create_tenant.sync_detailed(client=OPERATOR, body=new)
    made = report(
        "create a tenant",
        created,
        TenantResponse,
        lambda body: {"kind": body.kind, "status": body.status, "days": body.retention_days},
    )
    refused("create a tenant again", create_tenant.sync_detailed(client=OPERATOR, body=new))
    viewer = client_of(STAGE.viewer)
    refused("create a tenant without the scope", create_tenant.sync_detailed(client=viewer, body=new))
    tenant_id = NOBODY if made is None else made.tenant_id
    tenants = list_tenants.sync_detailed(
        client=OPERATOR,
        kind=TenantKind.ORGANIZATION,
        status=TenantStatus.ACTIVE,
        external_id=STAGE.second_tenant,
        sort=ListTenantsApiV1AdminTenantsGetSort.IDEAS,
    )
    report("tenants", tenants, TenantList, lambda body: {"total": body.total})
    one = get_tenant.sync_detailed(tenant_id, client=OPERATOR)
    report("a tenant", one, TenantResponse, lambda body: {"vaults": body.vaults})
    wanted = TenantQuotas(idea_quota=5000, vault_idea_quota=None)
    quotas = set_quotas.sync_detailed(tenant_id, client=OPERATOR, body=wanted)
    report(
        "set quotas",
        quotas,
        TenantResponse,
        lambda body: {"ideas": body.idea_quota, "vault": body.vault_idea_quota},
    )
    retention = set_retention.sync_detailed(tenant_id, client=OPERATOR, body=TenantRetention(retention_days=9))
    report("set the retention", retention, TenantResponse, lambda body: {"days": body.retention_days})
    exports = set_owner_export.sync_detailed(tenant_id, client=OPERATOR, body=TenantOwnerExport(owner_export=True))
    report("allow exports", exports, TenantResponse, lambda body: {"allowed": body.owner_export})
    rooted = set_root_key.sync_detailed(tenant_id, client=OPERATOR, body=TenantRootKey(root_key_id=None))
    report("set the root key", rooted, TenantResponse, lambda body: {"key": body.root_key_id})
    suspended = suspend_tenant.sync_detailed(tenant_id, client=OPERATOR)
    report("suspend", suspended, TenantResponse, lambda body: {"status": body.status})
    resumed = resume_tenant.sync_detailed(tenant_id, client=OPERATOR)
    report("resume", resumed, TenantResponse, lambda body: {"status": body.status})
    request_erasure.sync(tenant_id, client=OPERATOR)
    withdrawn = withdraw_erasure.sync_detailed(tenant_id, client=OPERATOR)
    report("withdraw an erasure", withdrawn, TenantResponse, lambda body: {"status": body.status})
    answer = request_erasure.sync_detailed(tenant_id, client=OPERATOR)
    asked = report("ask for an erasure", answer, ErasureRequested, lambda _: {"later": True})
    word = ErasureConfirm(confirmation="" if asked is None else asked.confirmation)
    refused("confirm an erasure early", confirm_erasure.sync_detailed(tenant_id, client=OPERATOR, body=word))

    listed = list_vaults.sync_detailed(client=OPERATOR, user_id=STAGE.owner.id)
    vaults = report("vaults", listed, VaultList, lambda body: {"ideas": [vault.ideas for vault in body.items]})
    where, who = (vaults.items[0].tenant_id if vaults and vaults.items else NOBODY), STAGE.owner.id
    request_vault_erasure.sync(where, who, client=OPERATOR)
    taken = withdraw_vault_erasure.sync_detailed(where, who, client=OPERATOR)
    report("withdraw a vault's erasure", taken, VaultErasureWithdrawn, lambda body: {"user": body.user_id == who})
    requested = request_vault_erasure.sync_detailed(where, who, client=OPERATOR)
    vault = report(
        "ask for a vault's erasure",
        requested,
        VaultErasureResponse,
        lambda body: {"state": body.state, "ideas": body.ideas},
    )
    state = get_vault_erasure.sync_detailed(where, who, client=OPERATOR)
    report(
        "a vault's erasure",
        state,
        VaultErasureResponse,
        lambda body: {"state": body.state, "destroyed": instant(body.destroyed_at)},
    )
    jobs = list_jobs.sync_detailed(client=OPERATOR, state=JobState.FAILED)
    report("jobs", jobs, JobList, lambda body: {"limit": body.limit})
    refused("cancel no job", cancel_job.sync_detailed(999_999_999, client=OPERATOR))
    refused("retry no job", retry_job.sync_detailed(999_999_999, client=OPERATOR))
    series = get_series.sync_detailed(client=OPERATOR, span=GetSeriesApiV1AdminSeriesGetSpan.DAY)
    report("series", series, FiguresSeries, lambda body: {"span": body.span, "steps": len(body.items)})
    in_force = list_settings.sync_detailed(client=OPERATOR)
    report(
        "settings in force",
        in_force,
        SettingList,
        lambda body: {"masked": [each.value for each in body.items if each.name == "encryption.root_keys"]},
    )
    checks = run_checks.sync_detailed(client=OPERATOR)
    report("system checks", checks, CheckList, lambda body: {"counted": body.errors + body.warnings == len(body.items)})
    readiness = get_readiness.sync_detailed(client=OPERATOR)
    report("operators' readiness", readiness, OperatorReadiness, lambda body: {"ready": body.ready})
    new_operator = OperatorCreate(name=STAGE.second_tenant, scopes=[Scope.READ])
    appointed = create_operator.sync_detailed(client=OPERATOR, body=new_operator)
    operator = report(
        "create an operator",
        appointed,
        OperatorCreated,
        lambda body: {"scopes": [scope.value for scope in body.scopes], "key": body.key.startswith("cvop_")},
    )
    operators = list_operators.sync_detailed(client=OPERATOR, q=STAGE.second_tenant, state=OperatorState.VALID)
    report("operators", operators, OperatorList, lambda body: {"total": body.total})
    dismissed = NOBODY if operator is None else operator.operator_id
    revoked = revoke_operator.sync_detailed(dismissed, client=OPERATOR)
    report(
        "revoke an operator",
        revoked,
        OperatorResponse,
        lambda body: {"state": body.state, "expires": instant(body.expires_at)},
    )
    audit = search_audit.sync_detailed(client=OPERATOR, verb="tenant.created", limit=1)
    report("audit", audit, AuditEventList, lambda body: {"limit": body.limit})
    audit_and_keys()

    until(None if vault is None else vault.not_before)
    done = confirm_erasure.sync_detailed(tenant_id, client=OPERATOR, body=word)
    report("confirm an erasure", done, ErasureDone, lambda body: {"ideas": body.ideas})
    word = ErasureConfirm(confirmation=(vault.confirmation if vault else None) or "")
    erased = confirm_vault_erasure.sync_detailed(where, who, client=OPERATOR, body=word)
    report(
        "confirm a vault's erasure",
        erased,
        VaultErasureResponse,
        lambda body: {"destroyed": isinstance(body.destroyed_at, datetime)},
    )


def leaving() -> None:
    leaver = client_of(STAGE.leaver.token)
    create_idea.sync(STAGE.leaver.id, client=leaver, body=IdeaCreate(title="Old"))
    answer = erase_own_vault.sync_detailed(client=leaver)
    asked = report(
        "ask to leave",
        answer,
        VaultErasureResponse,
        lambda body: {"state": body.state, "ideas": body.ideas},
    )
    word = (asked.confirmation if asked else None) or ""
    left = erase_own_vault.sync_detailed(client=leaver, erasure_confirmation=word)
    report("leave", left, VaultErasureResponse, lambda body: {"destroyed": isinstance(body.destroyed_at, datetime)})
    state = get_own_erasure.sync_detailed(client=leaver)
    report("own erasure", state, VaultErasureResponse, lambda body: {"ideas": body.ideas})
    keys = get_receipt_keys.sync_detailed(client=OPEN)
    report("receipt keys", keys, PublicKeySet, lambda body: {"curve": known(body.keys[0].crv) if body.keys else None})


def without_database() -> None:
    found = list_ideas.sync_detailed(ME, client=CREATOR)
    report(
        "list in an outage",
        found,
        ServerErrorResponse,
        lambda error: {
            "code": known(error.code),
            "error": error.error.code,
            "wait": int(found.headers["Retry-After"]) >= 1,
        },
    )
    created = create_idea.sync_detailed(ME, client=CREATOR, body=IdeaCreate(title="Not stored"))
    report("create in an outage", created, ServerErrorResponse, lambda error: {"error": error.error.code})
    database = check_database.sync_detailed(client=OPEN)
    report("database health in an outage", database, DatabaseHealth, lambda body: {"database": body.database})
    ready = check_readiness.sync_detailed(client=OPEN)
    report("readiness in an outage", ready, Readiness, lambda body: {"status": body.status})


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
