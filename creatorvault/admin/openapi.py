"""Requests and responses of the admin API for the OpenAPI document."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

from creatorvault.accounts.errors import AdminRequired
from creatorvault.admin.errors import (
    AdminOff,
    RootKeyUnusable,
    ScopeMissing,
    TenantConflict,
    TenantNotFound,
    TooEarly,
    WrongConfirmation,
)
from creatorvault.admin.scopes import Scope
from creatorvault.core.errors import CreatorVaultError, RequestInvalid
from creatorvault.core.http.paging import LIMIT_TOO_HIGH, CursorInvalid
from creatorvault.core.openapi.responses import DocumentedResponse, HandlerDocumentation, documents, malformed_id
from creatorvault.erasure.errors import (
    AnotherPersonNeeded,
    NoErasure,
    NotConfirmed,
    NothingToErase,
    NothingWaits,
    NotYet,
    VaultConflict,
)
from creatorvault.erasure.openapi import ERASED as VAULT_ERASED
from creatorvault.erasure.openapi import ERASING as VAULT_ERASING
from creatorvault.settings.values import ROOT_KEY_ID
from creatorvault.tenants.openapi import INVALID_RETENTION, TENANT_ID

INVALID_NAME: Final = RequestInvalid([{"type": "missing", "loc": ("body", "external_id"), "msg": "Field required"}])
INVALID_QUOTA: Final = RequestInvalid(
    [
        {
            "type": "greater_than_equal",
            "loc": ("body", "idea_quota"),
            "msg": "Input should be greater than or equal to 1",
            "input": 0,
            "ctx": {"ge": 1},
        }
    ]
)
INVALID_OWNER_EXPORT: Final = RequestInvalid(
    [{"type": "missing", "loc": ("body", "owner_export"), "msg": "Field required"}]
)
INVALID_ROOT_KEY: Final = RequestInvalid(
    [
        {
            "type": "string_pattern_mismatch",
            "loc": ("body", "root_key_id"),
            "msg": f"String should match pattern '{ROOT_KEY_ID}'",
            "input": "transit/",
            "ctx": {"pattern": ROOT_KEY_ID},
        }
    ]
)
INVALID_CONFIRMATION: Final = RequestInvalid(
    [{"type": "missing", "loc": ("body", "confirmation"), "msg": "Field required"}]
)
INVALID_ID: Final = malformed_id("tenant_id")
NOT_FOUND: Final = TenantNotFound(TENANT_ID)


def admin(scope: Scope, *outcomes: DocumentedResponse | CreatorVaultError) -> HandlerDocumentation:
    """Returns the documentation of an admin operation: its own responses, and the errors of all admin operations."""
    return documents(*outcomes, AdminRequired(), ScopeMissing(scope), AdminOff())


FIGURED: Final = admin(Scope.READ, DocumentedResponse(description="Figures of the service."))
TENANTS: Final = admin(
    Scope.READ, DocumentedResponse(description="A page of tenants."), LIMIT_TOO_HIGH, CursorInvalid()
)
TENANT_READ: Final = admin(Scope.READ, DocumentedResponse(description="The tenant."), NOT_FOUND, INVALID_ID)
VAULTS: Final = admin(Scope.READ, DocumentedResponse(description="A page of vaults."), LIMIT_TOO_HIGH, CursorInvalid())
AUDIT: Final = admin(Scope.READ, DocumentedResponse(description="A page of events."), LIMIT_TOO_HIGH, CursorInvalid())
CREATED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The new tenant."),
    TenantConflict("This tenant exists already"),
    INVALID_NAME,
)
CHANGED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The tenant after the change."),
    NOT_FOUND,
    TenantConflict("This tenant is erased"),
    INVALID_ID,
)
LIMITED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The tenant after the change."),
    NOT_FOUND,
    TenantConflict("This tenant is erased"),
    INVALID_QUOTA,
)
RETAINED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The tenant after the change."),
    NOT_FOUND,
    TenantConflict("This tenant is erased"),
    INVALID_RETENTION,
)
OWNER_EXPORT_SET: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The tenant after the change."),
    NOT_FOUND,
    TenantConflict("This tenant is erased"),
    INVALID_OWNER_EXPORT,
)
ROOT_KEY_SET: Final = admin(
    Scope.KEYS,
    DocumentedResponse(description="The tenant after the change."),
    NOT_FOUND,
    RootKeyUnusable("transit/organization-1", "disabled"),
    INVALID_ROOT_KEY,
)
VAULT_BUSY: Final = VaultConflict("This vault is being erased or has been")
VAULT_ERASURE_READ: Final = admin(
    Scope.READ, DocumentedResponse(description="The erasure."), NoErasure(), NOT_FOUND, INVALID_ID
)
VAULT_ERASURE_REQUESTED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The erasure is waiting for confirmation.", status=HTTPStatus.ACCEPTED),
    NothingToErase(),
    NOT_FOUND,
    VAULT_BUSY,
    INVALID_ID,
)
VAULT_ERASURE_WITHDRAWN: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The vault is in use again."),
    NothingToErase(),
    NOT_FOUND,
    NothingWaits(),
    INVALID_ID,
)
VAULT_ERASURE_CONFIRMED: Final = admin(
    Scope.KEYS,
    DocumentedResponse(description="The vault is erased.", examples={"Erased": VAULT_ERASED}),
    DocumentedResponse(
        description="The keys are destroyed, and rows are still being deleted.",
        status=HTTPStatus.ACCEPTED,
        examples={"Erasing": VAULT_ERASING},
    ),
    NotConfirmed(),
    AnotherPersonNeeded(),
    NOT_FOUND,
    NothingWaits(),
    NotYet(datetime(2026, 11, 23, 21, 40, tzinfo=UTC)),
    INVALID_CONFIRMATION,
)
ERASURE_REQUESTED: Final = admin(
    Scope.MANAGE,
    DocumentedResponse(description="The erasure is waiting for confirmation.", status=HTTPStatus.ACCEPTED),
    NOT_FOUND,
    TenantConflict("This tenant is being erased already"),
    INVALID_ID,
)
ERASURE_CONFIRMED: Final = admin(
    Scope.KEYS,
    DocumentedResponse(description="Keys and ideas have been destroyed."),
    WrongConfirmation(),
    AnotherPersonNeeded(),
    NOT_FOUND,
    TooEarly(datetime(2026, 11, 23, 21, 40, tzinfo=UTC)),
    INVALID_CONFIRMATION,
)
ROOT_KEYS: Final = admin(Scope.KEYS, DocumentedResponse(description="The root keys in use."))
