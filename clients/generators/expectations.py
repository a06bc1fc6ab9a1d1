"""What every generated client must see: for each call its operation, status and facts."""

from collections.abc import Mapping
from typing import Final, NamedTuple

type Fact = str | int | bool | list[Fact] | None


class Expected(NamedTuple):
    operation: str | None
    """The operation's id; None for what no operation describes."""
    status: int
    facts: Mapping[str, Fact]


def _call(operation: str | None, status: int, /, **facts: Fact) -> Expected:
    return Expected(operation, status, facts)


IDEAS: Final = "_api_v1__user_id__ideas"
ONE: Final = f"{IDEAS}__idea_id_"
CREATE: Final = f"create_idea{IDEAS}_post"
LIST: Final = f"list_ideas{IDEAS}_get"
GET: Final = f"get_idea{ONE}_get"
PATCH: Final = f"update_idea_partial{ONE}_patch"
PUT: Final = f"update_idea_full{ONE}_put"
DELETE: Final = f"delete_idea{ONE}_delete"
ME: Final = "get_current_user_profile_api_v1_users_me_get"
LEAVE: Final = "erase_own_vault_api_v1_users_me_delete"
ERASURE: Final = "get_own_erasure_api_v1_users_me_erasure_get"
VERSION: Final = f"{ONE}_versions__number_"
IMPORTS: Final = "_api_v1__user_id__imports"
ADMIN: Final = "_api_v1_admin"
TENANT: Final = f"{ADMIN}_tenants__tenant_id_"
ROTATIONS: Final = f"{ADMIN}_keys_rotations"
VERIFICATIONS: Final = f"{ADMIN}_audit_verifications"
VAULT: Final = f"{TENANT}_vaults__user_id__erasure"

OLDEST: Final = "First, replaced"
DUE: Final = "2026-12-24T12:30:00Z"

CALLS: Final[Mapping[str, Expected]] = {
    "root": _call("root__get", 200, service="creatorvault-backend"),
    "health": _call("health_check_health_get", 200, status="ok"),
    "database health": _call("health_check_db_health_db_get", 200, status="ok"),
    "readiness": _call("readiness_check_health_ready_get", 200, status="ready", migrations="ok"),
    "profile": _call(ME, 200, user=True, authenticated=True, name="Ada", expires=True),
    "profile without a token": _call(ME, 401, detail="Not authenticated", code="not_authenticated", scheme="Bearer"),
    "profile with a wrong token": _call(ME, 401, code="token_invalid"),
    "own events": _call("list_own_events_api_v1_users_me_events_get", 200, limit=5),
    "no erasure": _call(ERASURE, 404, code="erasure_not_found"),
    "create": _call(
        CREATE, 201, title="First", notes=None, stage="idea", priority="medium", tags=[], due=None, location=True
    ),
    "create with all fields": _call(
        CREATE,
        201,
        notes="Line\nbreak",
        stage="draft",
        priority="high",
        tags=["Video", "food"],
        due=DUE,
        correlation="generated-client-1",
    ),
    "create with a key": _call(CREATE, 201, stage="published"),
    "create again with the key": _call(CREATE, 201, same=True),
    "create another with the key": _call(CREATE, 422, code="idempotency_key_reused"),
    "get": _call(GET, 200, title="First", etag=True),
    "get what is known": _call(GET, 304, body=False),
    "change": _call(PATCH, 200, title="First, changed", due=DUE),
    "change to null": _call(PATCH, 200, title="First, changed", notes=None, due=None),
    "change an earlier version": _call(PATCH, 412, code="precondition_failed"),
    "replace": _call(PUT, 200, title=OLDEST, stage="idea", tags=["video"]),
    "replace what is missing": _call(PUT, 404, detail=True),
    "get what is missing": _call(GET, 404, code="idea_not_found"),
    "list": _call(LIST, 200, titles=[OLDEST, "Once", "Second"], total=3, more=False),
    "list what is known": _call(LIST, 304, body=False),
    "list by filters": _call(LIST, 200, titles=["Second"]),
    "list by several values": _call(LIST, 200, titles=["Once", "Second"]),
    "list in a wrong order": _call(LIST, 422, types=["string_pattern_mismatch"], loc=["query", "sort"]),
    "walk by cursors": _call(LIST, 200, titles=[OLDEST, "Once", "Second"], pages=3),
    "list of another": _call(LIST, 403, code="not_owner"),
    "create for another": _call(CREATE, 403, detail="Cannot create ideas for other users"),
    "create without a title": _call(
        CREATE, 422, types=["value_error"], loc=["body", "title"], code="validation_failed"
    ),
    "create too large": _call(CREATE, 413, code="body_too_large"),
    "wrong method": _call(None, 405, allow="GET, HEAD, OPTIONS"),
    "wrong path": _call(None, 404, code="not_found"),
    "too many requests": _call(ME, 429, code="rate_limited", wait=True),
    "delete an earlier version": _call(DELETE, 412, code="precondition_failed"),
    "delete": _call(DELETE, 204, undo=True),
    "delete again": _call(DELETE, 404, code="idea_not_found"),
    "trash": _call("list_trash_api_v1__user_id__trash_get", 200, titles=[OLDEST]),
    "undo": _call("undo_deletion_api_v1__user_id__undo_post", 200, titles=[OLDEST]),
    "versions": _call(f"list_versions{ONE}_versions_get", 200, numbers=[3, 2, 1], current=4),
    "version": _call(f"get_version{VERSION}_get", 200, title="First", replaced=True),
    "difference": _call(
        f"compare_versions{VERSION}_difference_get", 200, before="First", after=OLDEST, added=["video"], notes=True
    ),
    "restore a version": _call(f"restore_version{VERSION}_restore_post", 200, title="First"),
    "restore": _call(f"restore_idea{ONE}_restore_post", 200, title="First"),
    "expunge": _call("expunge_idea_api_v1__user_id__trash__idea_id__delete", 204),
    "empty the trash": _call("empty_trash_api_v1__user_id__trash_delete", 204),
    "settings": _call("get_settings_api_v1__user_id__settings_get", 200, days=None, by="service"),
    "change the settings": _call("change_settings_api_v1__user_id__settings_patch", 200, days=7, by="vault"),
    "counts": _call(f"get_idea_stats{IDEAS}_stats_get", 200, total=2, drafts=1),
    "tags": _call("list_tags_api_v1__user_id__tags_get", 200, counts=[1, 1], total=2),
    "rename a tag": _call("rename_tags_api_v1__user_id__tags_rename_post", 200, tag="meals", changed=1),
    "bulk": _call(f"change_ideas{IDEAS}_bulk_post", 200, applied=2, statuses=[201, 204]),
    "bulk refused": _call(f"change_ideas{IDEAS}_bulk_post", 409, code="bulk_refused"),
    "changes": _call("list_changes_api_v1__user_id__changes_get", 200, changed=2, more=False),
    "export": _call("export_vault_api_v1__user_id__export_get", 200, ideas=2),
    "export sealed": _call("export_vault_encrypted_api_v1__user_id__export_post", 200, age=True),
    "preview an import": _call(f"create_import{IMPORTS}_post", 200, fresh=1),
    "import": _call(f"create_import{IMPORTS}_post", 202, known=True),
    "imports": _call(f"list_imports{IMPORTS}_get", 200, total=1),
    "import's progress": _call(f"get_import{IMPORTS}__import_id__get", 200, format="csv", error=None),
    "forget an import": _call(f"delete_import{IMPORTS}__import_id__delete", 204),
    "tenant": _call("get_own_tenant_api_v1_tenant_get", 200, external=True, ideas=1, quota=None),
    "members": _call("list_members_api_v1_tenant_members_get", 200, own=[True]),
    "tenant's audit": _call("search_own_audit_api_v1_tenant_audit_get", 200, offset=0),
    "tenant of a creator": _call("get_own_tenant_api_v1_tenant_get", 403, code="owner_required"),
    "member's export": _call("export_member_api_v1_tenant_members__user_id__export_get", 403),
    "status": _call(f"get_status{ADMIN}_status_get", 200, migrated=True),
    "root keys": _call(f"list_root_keys{ADMIN}_root_keys_get", 200, some=True),
    "create a tenant": _call(
        f"create_tenant{ADMIN}_tenants_post", 201, kind="organization", status="active", days=None
    ),
    "create a tenant again": _call(f"create_tenant{ADMIN}_tenants_post", 409, code="tenant_conflict"),
    "create a tenant without the scope": _call(f"create_tenant{ADMIN}_tenants_post", 403, code="scope_missing"),
    "tenants": _call(f"list_tenants{ADMIN}_tenants_get", 200, total=1),
    "a tenant": _call(f"get_tenant{TENANT}_get", 200, vaults=0),
    "set quotas": _call(f"set_quotas{TENANT}_quotas_put", 200, ideas=5000, vault=None),
    "set the retention": _call(f"set_retention{TENANT}_retention_put", 200, days=9),
    "allow exports": _call(f"set_owner_export{TENANT}_owner_export_put", 200, allowed=True),
    "set the root key": _call(f"set_root_key{TENANT}_root_key_put", 200, key=None),
    "suspend": _call(f"suspend_tenant{TENANT}_suspend_post", 200, status="suspended"),
    "resume": _call(f"resume_tenant{TENANT}_resume_post", 200, status="active"),
    "withdraw an erasure": _call(f"withdraw_erasure{TENANT}_erasure_delete", 200, status="suspended"),
    "ask for an erasure": _call(f"request_erasure{TENANT}_erasure_post", 202, later=True),
    "confirm an erasure early": _call(f"confirm_erasure{TENANT}_erasure_confirm_post", 409, code="too_early"),
    "vaults": _call(f"list_vaults{ADMIN}_vaults_get", 200, ideas=[1]),
    "withdraw a vault's erasure": _call(f"withdraw_vault_erasure{VAULT}_delete", 200, user=True),
    "ask for a vault's erasure": _call(f"request_vault_erasure{VAULT}_post", 202, state="requested", ideas=1),
    "a vault's erasure": _call(f"get_vault_erasure{VAULT}_get", 200, state="requested", destroyed=None),
    "jobs": _call(f"list_jobs{ADMIN}_jobs_get", 200, limit=20),
    "cancel no job": _call(f"cancel_job{ADMIN}_jobs__job_id__delete", 404, code="job_not_found"),
    "retry no job": _call(f"retry_job{ADMIN}_jobs__job_id__retry_post", 404, code="job_not_found"),
    "series": _call(f"get_series{ADMIN}_series_get", 200, span="day", steps=288),
    "settings in force": _call(f"list_settings{ADMIN}_configuration_get", 200, masked=["********"]),
    "system checks": _call(f"run_checks{ADMIN}_checks_get", 200, counted=True),
    "operators' readiness": _call(f"get_readiness{ADMIN}_readiness_get", 200, ready=True),
    "create an operator": _call(f"create_operator{ADMIN}_operators_post", 201, scopes=["read"], key=True),
    "operators": _call(f"list_operators{ADMIN}_operators_get", 200, total=1),
    "revoke an operator": _call(
        f"revoke_operator{ADMIN}_operators__operator_id__revoke_post", 200, state="revoked", expires=None
    ),
    "audit": _call(f"search_audit{ADMIN}_audit_get", 200, limit=1),
    "audit as a file": _call(f"export_audit{ADMIN}_audit_export_get", 200, lines=True),
    "verify the audit log as a creator": _call(f"verify_audit{VERIFICATIONS}_post", 403, code="admin_required"),
    "verifications": _call(f"list_verifications{VERIFICATIONS}_get", 200, total=0),
    "no verification": _call(
        f"get_verification{VERIFICATIONS}__verification_id__get", 404, code="verification_not_found"
    ),
    "keys": _call(f"get_keys{ADMIN}_keys_get", 200, wraps=True, providers=["keyring"]),
    "rotate the keys of no tenant": _call(f"rotate_keys{ROTATIONS}_post", 404, code="tenant_not_found"),
    "rotations": _call(f"list_rotations{ROTATIONS}_get", 200, total=0),
    "no rotation": _call(f"get_rotation{ROTATIONS}__rotation_id__get", 404, code="rotation_not_found"),
    "confirm an erasure": _call(f"confirm_erasure{TENANT}_erasure_confirm_post", 200, ideas=0),
    "confirm a vault's erasure": _call(f"confirm_vault_erasure{VAULT}_confirm_post", 200, destroyed=True),
    "ask to leave": _call(LEAVE, 202, state="requested", ideas=1),
    "leave": _call(LEAVE, 200, destroyed=True),
    "own erasure": _call(ERASURE, 200, ideas=0),
    "receipt keys": _call("get_receipt_keys__well_known_jwks_json_get", 200, curve="Ed25519"),
    "list in an outage": _call(LIST, 503, code="unavailable", error="SERVICE_UNAVAILABLE", wait=True),
    "create in an outage": _call(CREATE, 503, error="SERVICE_UNAVAILABLE"),
    "database health in an outage": _call("health_check_db_health_db_get", 503, database="disconnected"),
    "readiness in an outage": _call("readiness_check_health_ready_get", 503, status="not_ready"),
}

PUBLISHED: Final = frozenset(
    {
        *("root", "health", "database health", "readiness", "profile", "profile without a token", "create"),
        *("create with all fields", "get", "change", "change to null", "replace", "replace what is missing"),
        *("list", "list by filters", "list in a wrong order", "list of another", "create for another"),
        *("create without a title", "delete", "delete again", "list in an outage"),
    }
)
"""The calls of clients that were generated from the document of the service that this one replaces."""

STREAMED: Final = frozenset({"stream_events_api_v1__user_id__events_get"})
"""Operations that no generator of these can read; the packages in `clients/` do."""
