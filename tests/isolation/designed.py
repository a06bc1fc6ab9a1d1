"""The designed status of every operation for every caller. A new operation must be added here.

`test_matrix.py` checks each of these, and more than the status.
"""

from typing import Final

NOBODY, CREATOR, OWNER, ADMIN = "nobody", "a creator", "an organization's owner", "an administrator's token"
READ, MANAGE, KEYS = "a key to read", "a key to manage", "a key to keys"
OPERATORS = "a key to operators"
REVOKED, EXPIRED = "a revoked key", "an expired key"
SUSPENDED, ERASING, ERASED = "in a suspended tenant", "in a tenant being erased", "in an erased tenant"

OPEN: Final = {NOBODY: 200, CREATOR: 200, SUSPENDED: 200, READ: 200}
"""The same response for everybody."""

CALLERS: Final[dict[str, dict[str, int]]] = {
    "GET /": OPEN,
    "GET /health": OPEN,
    "GET /health/db": OPEN,
    "GET /health/ready": OPEN,
    "GET /.well-known/jwks.json": OPEN,
    # Without the confirmation, it only asks for it.
    "DELETE /api/v1/users/me": {
        NOBODY: 401,
        CREATOR: 202,
        SUSPENDED: 403,
        ERASING: 403,
        ERASED: 403,
        READ: 401,
        MANAGE: 401,
        KEYS: 401,
    },
    "GET /api/v1/users/me/erasure": {NOBODY: 401, CREATOR: 404, SUSPENDED: 404, ERASED: 404, READ: 401, ADMIN: 404},
    "GET /api/v1/users/me/events": {NOBODY: 401, CREATOR: 200, SUSPENDED: 403, ERASED: 403, READ: 401, ADMIN: 200},
    "GET /api/v1/users/me": {NOBODY: 401, CREATOR: 200, SUSPENDED: 200, READ: 401, ADMIN: 200},
    "POST /api/v1/{user_id}/ideas": {NOBODY: 401, CREATOR: 201, SUSPENDED: 403, ERASING: 403, ERASED: 403, READ: 401},
    "GET /api/v1/{user_id}/ideas": {NOBODY: 401, CREATOR: 200, SUSPENDED: 403, ERASING: 403, ERASED: 403, READ: 401},
    # With the id of no import.
    **{
        f"{operation.replace(' ', ' /api/v1/{user_id}/imports', 1)}": {
            NOBODY: 401,
            CREATOR: done,
            ADMIN: done,
            SUSPENDED: 403,
            ERASING: 403,
            ERASED: 403,
            READ: 401,
            MANAGE: 401,
            KEYS: 401,
        }
        for operation, done in (("POST ", 202), ("GET ", 200), ("GET /{import_id}", 404), ("DELETE /{import_id}", 404))
    },
    **{
        f"{method} /api/v1/{{user_id}}/ideas/{{idea_id}}": {
            NOBODY: 401,
            CREATOR: done,
            ADMIN: done,
            SUSPENDED: 403,
            ERASING: 403,
            ERASED: 403,
            READ: 401,
            MANAGE: 401,
            KEYS: 401,
        }
        for method, done in (("GET", 200), ("PATCH", 200), ("PUT", 200), ("DELETE", 204))
    },
    **{
        operation.replace(" ", " /api/v1/{user_id}/", 1): {
            NOBODY: 401,
            CREATOR: done,
            ADMIN: done,
            SUSPENDED: 403,
            ERASING: 403,
            ERASED: 403,
            READ: 401,
            MANAGE: 401,
            KEYS: 401,
        }
        for operation, done in (
            ("GET changes", 200),
            ("GET trash", 200),
            ("DELETE trash", 204),
            ("DELETE trash/{idea_id}", 204),
            ("POST undo", 200),
            ("POST ideas/{idea_id}/restore", 200),
            ("GET ideas/{idea_id}/versions", 200),
            ("GET ideas/{idea_id}/versions/{number}", 200),
            ("GET ideas/{idea_id}/versions/{number}/difference", 200),
            ("POST ideas/{idea_id}/versions/{number}/restore", 200),
            ("GET ideas/stats", 200),
            ("GET tags", 200),
            ("POST ideas/bulk", 200),
            ("POST tags/rename", 200),
            ("GET settings", 200),
            ("PATCH settings", 200),
            ("GET events", 200),
        )
    },
    **{
        f"{method} /api/v1/{{user_id}}/export": {
            NOBODY: 401,
            CREATOR: 200,
            ADMIN: 200,
            SUSPENDED: 403,
            ERASING: 403,
            ERASED: 403,
            READ: 401,
            MANAGE: 401,
            KEYS: 401,
        }
        for method in ("GET", "POST")
    },
    # No operator has allowed it.
    "GET /api/v1/tenant/members/{user_id}/export": {
        NOBODY: 401,
        CREATOR: 403,
        OWNER: 403,
        ADMIN: 403,
        SUSPENDED: 403,
        ERASING: 403,
        ERASED: 403,
        READ: 401,
        MANAGE: 401,
        KEYS: 401,
    },
    **{
        f"GET /api/v1/tenant{path}": {
            NOBODY: 401,
            CREATOR: 403,
            OWNER: 200,
            ADMIN: 403,
            SUSPENDED: 403,
            ERASING: 403,
            ERASED: 403,
            READ: 401,
            MANAGE: 401,
            KEYS: 401,
        }
        for path in ("", "/members", "/audit")
    },
    **{
        f"{operation.replace(' ', ' /api/v1/admin', 1)}": {
            NOBODY: 401,
            CREATOR: 403,
            OWNER: 403,
            SUSPENDED: 403,
            REVOKED: 401,
            EXPIRED: 401,
            **{scope: done if scope == needed else 403 for scope in (READ, MANAGE, KEYS, OPERATORS)},
            ADMIN: done,
        }
        for operation, needed, done in (
            ("GET /status", READ, 200),
            ("GET /tenants", READ, 200),
            ("POST /tenants", MANAGE, 201),
            ("GET /tenants/{tenant_id}", READ, 200),
            ("POST /tenants/{tenant_id}/suspend", MANAGE, 200),
            ("POST /tenants/{tenant_id}/resume", MANAGE, 200),
            ("PUT /tenants/{tenant_id}/quotas", MANAGE, 200),
            ("PUT /tenants/{tenant_id}/root-key", KEYS, 200),
            ("PUT /tenants/{tenant_id}/retention", MANAGE, 200),
            ("PUT /tenants/{tenant_id}/owner-export", MANAGE, 200),
            ("POST /tenants/{tenant_id}/erasure", MANAGE, 202),
            ("DELETE /tenants/{tenant_id}/erasure", MANAGE, 409),  # no erasure is pending
            ("POST /tenants/{tenant_id}/erasure/confirm", KEYS, 409),
            ("GET /tenants/{tenant_id}/vaults/{user_id}/erasure", READ, 404),  # there is none
            ("POST /tenants/{tenant_id}/vaults/{user_id}/erasure", MANAGE, 202),
            ("DELETE /tenants/{tenant_id}/vaults/{user_id}/erasure", MANAGE, 409),
            ("POST /tenants/{tenant_id}/vaults/{user_id}/erasure/confirm", KEYS, 409),
            ("GET /vaults", READ, 200),
            ("GET /root-keys", KEYS, 200),
            ("GET /audit", READ, 200),
            ("GET /series", READ, 200),
            ("GET /configuration", READ, 200),
            ("GET /checks", READ, 200),
            ("GET /readiness", READ, 200),
            ("GET /jobs", READ, 200),
            ("POST /jobs/{job_id}/retry", MANAGE, 404),  # there is none
            ("DELETE /jobs/{job_id}", MANAGE, 404),
            ("GET /operators", READ, 200),
            ("POST /operators", OPERATORS, 201),
            ("POST /operators/{operator_id}/revoke", OPERATORS, 404),  # there is none
            ("GET /keys", KEYS, 200),
            ("GET /keys/rotations", KEYS, 200),
            ("GET /keys/rotations/{rotation_id}", KEYS, 404),
            ("POST /keys/rotations", KEYS, 202),
            ("GET /audit/export", READ, 200),
            ("GET /audit/verifications", READ, 200),
            ("GET /audit/verifications/{verification_id}", READ, 404),
            ("POST /audit/verifications", READ, 202),
        )
    },
}

FOREIGN, NEIGHBOUR, ELSEWHERE = "another tenant's", "a neighbour's in the same tenant", "one's own in another tenant"

MISSING_OR_FORBIDDEN: Final[dict[str, dict[str, int]]] = {
    "under one's own path": {FOREIGN: 404, NEIGHBOUR: 404, ELSEWHERE: 404},
    "under its owner's path": {FOREIGN: 403, NEIGHBOUR: 403},
}
"""The status of every operation on an idea that is not in the caller's vault."""
