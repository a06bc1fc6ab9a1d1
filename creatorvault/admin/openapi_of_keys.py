"""Descriptions and examples of the admin API's keys for the OpenAPI document."""

from http import HTTPStatus
from typing import Final

from creatorvault.admin.errors import RotationNotFound, RotationUnderWay, TenantNotFound
from creatorvault.admin.openapi import admin
from creatorvault.admin.scopes import Scope
from creatorvault.audit.openapi import OPERATOR
from creatorvault.core.errors import RequestInvalid
from creatorvault.core.http.paging import LIMIT_TOO_HIGH, CursorInvalid
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.responses import DocumentedResponse
from creatorvault.tenants.openapi import TENANT_ID

ROTATION_CREATE: Final[Prose] = {
    "tenant_id": ("Tenant whose vaults get new keys; null for all tenants.", str(TENANT_ID)),
    "root": (
        "Not vault keys: wrap all keys with the root key that wraps now. Cannot be combined with `tenant_id`.",
        False,
    ),
}
JOB_ID: Final = ("Id of its job while that is in the queue: a failed one can be retried there.", None)
REQUESTED_BY: Final = "Who asked for it"
ONE_ROTATION: Final[Prose] = {"rotation_id": ("Number of the rotation.", 3)}
ROTATION: Final[Prose] = {
    **ONE_ROTATION,
    "root": ("Whether it is one of what root keys wrap, not of vault keys.", False),
    "tenant_id": ("Tenant whose vaults get new keys; null for all tenants.", str(TENANT_ID)),
    "state": (
        "`waiting`, `running`, `finished`, `failed`: its job is not run again unless it is retried, or `unattended`: "
        "its job was cancelled, or `creatorvault keys rotate` has begun it.",
        "finished",
    ),
    "job_id": JOB_ID,
    "requested_by": (f"{REQUESTED_BY}; null for one that a command has begun.", OPERATOR),
    "started_at": ("Time at which it was asked for, UTC. Keys that are older are replaced.", "2026-11-30T10:00:00Z"),
    "changed_at": ("Time at which the figures were stored, UTC; null before it runs.", "2026-11-30T10:02:00Z"),
    "finished_at": ("Time at which it was finished, UTC.", "2026-11-30T10:02:00Z"),
    "vaults_done": ("Number of vaults that it has gone through since its job was begun last.", 3),
    "vaults_total": ("Number of vaults to go through; 0 for root keys.", 3),
    "rows_done": ("Number of ideas sealed again, or of keys wrapped again, since its job was begun last.", 1200),
    "rows_total": ("Number of ideas, or of keys that another root key wraps.", 1200),
    "findings": ("Number of rows and keys that could not be opened: earlier keys of their vaults stay.", 0),
    "problems": ("The first of them, at most 20.", []),
}
INVALID_ROOT: Final = RequestInvalid(
    [
        {
            "type": "root_of_tenant",
            "loc": ("body", "root"),
            "msg": "Input should be false beside a tenant: root keys wrap the keys of all tenants",
            "input": True,
        }
    ]
)


def invalid_number(parameter: str) -> RequestInvalid:
    return RequestInvalid(
        [
            {
                "type": "int_parsing",
                "loc": ("path", parameter),
                "msg": "Input should be a valid integer, unable to parse string as an integer",
                "input": "first",
            }
        ]
    )


KEYS: Final = admin(Scope.KEYS, DocumentedResponse(description="Root keys and vault keys in figures."))
ROTATIONS: Final = admin(
    Scope.KEYS, DocumentedResponse(description="A page of rotations."), LIMIT_TOO_HIGH, CursorInvalid()
)
ROTATION_READ: Final = admin(
    Scope.KEYS,
    DocumentedResponse(description="The rotation."),
    RotationNotFound(3),
    invalid_number("rotation_id"),
)
ROTATION_REQUESTED: Final = admin(
    Scope.KEYS,
    DocumentedResponse(description="The rotation, which a job does.", status=HTTPStatus.ACCEPTED),
    TenantNotFound(TENANT_ID),
    RotationUnderWay(),
    INVALID_ROOT,
)
