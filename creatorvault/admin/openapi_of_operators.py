"""Descriptions and examples of the admin API's operators for the OpenAPI document."""

from http import HTTPStatus
from typing import Final
from uuid import UUID

from creatorvault.admin.errors import OperatorNotFound
from creatorvault.admin.openapi import admin
from creatorvault.admin.scopes import Scope
from creatorvault.core.errors import RequestInvalid
from creatorvault.core.http.paging import LIMIT_TOO_HIGH, PAGE_QUERY, CursorInvalid
from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.responses import DocumentedResponse, malformed_id

OPERATOR_ID: Final = UUID("7d0c9a6e-4f0b-4a53-9d57-2f6b8c1e3a90")
KEY_ID: Final = "5a3f0c9e1b7d"

ONE_OPERATOR: Final[Prose] = {"operator_id": ("Id of the operator.", str(OPERATOR_ID))}
NAME: Final[Prose] = {"name": ("Name of the operator, for people.", "Olga")}
SCOPES: Final[Prose] = {"scopes": ("What the operator may do.", ["read", "manage"])}
NEW: Final[Prose] = {
    **NAME,
    "scopes": ("What the operator may do: scopes that the caller has, too.", ["read", "manage"]),
    "expires_in_days": ("Days until the key expires; null if it does not.", 90),
}
OPERATOR: Final[Prose] = {
    **ONE_OPERATOR,
    **NAME,
    "key_id": ("Public part of the key: `cvop_<key_id>_…`.", KEY_ID),
    "state": ("Only a `valid` key is accepted. `outdated`: it was created by an earlier version.", "valid"),
    **SCOPES,
    "appointed_by": (
        "The person who appointed the operator; null if it was created on the command line.",
        "user:better-auth/user-7",
    ),
    "created_at": ("Creation time, UTC.", "2026-12-01T10:00:00Z"),
    "expires_at": ("Time at which the key expires, UTC; null if it does not.", "2027-03-01T10:00:00Z"),
    "revoked_at": ("Time at which the key was revoked, UTC; null if it was not.", None),
}
CREATED: Final[Prose] = {
    **OPERATOR,
    "key": (
        "The key, which is shown only once: `Authorization: Bearer <key>`.",
        f"cvop_{KEY_ID}_mJ3bP0pX1l9cF5dY2kUq7sRzT8vWnE4aGhLoKiBxCyQ",
    ),
}
QUERY: Final[Prose] = {
    **PAGE_QUERY,
    "state": ("Only operators whose key is in this state.", "valid"),
    "q": ("Only operators whose name begins with this text.", "Ol"),
}
INVALID_SCOPES: Final = RequestInvalid(
    [
        {
            "type": "too_short",
            "loc": ("body", "scopes"),
            "msg": "List should have at least 1 item after validation, not 0",
            "input": [],
            "ctx": {"field_type": "List", "min_length": 1, "actual_length": 0},
        }
    ]
)

OPERATORS: Final = admin(
    Scope.READ, DocumentedResponse(description="A page of operators."), LIMIT_TOO_HIGH, CursorInvalid()
)
OPERATOR_CREATED: Final = admin(
    Scope.OPERATORS,
    DocumentedResponse(description="The new operator, with its key.", status=HTTPStatus.CREATED),
    INVALID_SCOPES,
)
OPERATOR_REVOKED: Final = admin(
    Scope.OPERATORS,
    DocumentedResponse(description="The operator, whose key is revoked."),
    OperatorNotFound(OPERATOR_ID),
    malformed_id("operator_id"),
)
