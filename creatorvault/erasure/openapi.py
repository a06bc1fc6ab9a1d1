"""Descriptions and examples of erasures and receipts for the OpenAPI document."""

from http import HTTPStatus
from typing import Any, Final

from creatorvault.core.http.schemas import Prose
from creatorvault.core.openapi.responses import DocumentedResponse, documents
from creatorvault.erasure.errors import ConfirmationExpired, NoErasure, NotConfirmed, NothingToErase, TokenTooOld
from creatorvault.tenants.errors import TenantErased, TenantSuspended, VaultErased
from creatorvault.tenants.openapi import TENANT_ID

FRESH_SECONDS: Final = 300

STATE: Final[Prose] = {
    "state": ("`requested`, `erasing` (the keys are destroyed, rows are being deleted) or `erased`.", "requested"),
    "tenant_id": ("Tenant of the vault.", str(TENANT_ID)),
    "user_id": ("Creator of the ideas, which is the subject of their token.", "user-1"),
    "whole_tenant": ("Whether the tenant ends with the vault, as a personal one does.", True),
    "keys": ("Number of the vault's keys, those that are destroyed included.", 1),
    "ideas": ("Number of ideas that are still stored.", 400),
    "sealed_bytes": ("Total size of their ciphertexts in bytes.", 430_000),
    "rows": ("Number of rows deleted so far, by table.", {}),
    "requested_at": ("Time of the request, UTC.", "2026-11-30T10:00:00Z"),
    "not_before": ("Earliest time of the confirmation, UTC.", "2026-11-30T10:00:00Z"),
    "expires_at": ("Time until which the confirmation can be used, UTC; null if it does not expire.",
        "2026-11-30T10:10:00Z"),
    "destroyed_at": ("Time at which the keys were destroyed, UTC.", None),
    "finished_at": ("Time at which the last row was deleted, UTC.", None),
    "confirmation": ("Value of the header `Erasure-Confirmation` of the second request; shown only once.",
        "Zk3v0pC5b1dQmX8sJfYwR2aLhTn7uGeE4oKiV9yBqPM"),
    "receipt": ("The signed receipt, a compact JWS, as soon as the vault is erased.", None),
}  # fmt: skip
REQUESTED: Final[dict[str, Any]] = {name: value for name, (_, value) in STATE.items()}
ERASING: Final = {
    **REQUESTED,
    "state": "erasing",
    "confirmation": None,
    "destroyed_at": "2026-11-30T10:01:00Z",
    "rows": {"keys.vault_keys": 1, "idea_segments": 2},
}
ERASED: Final = {
    **ERASING,
    "state": "erased",
    "ideas": 0,
    "sealed_bytes": 0,
    "rows": {"keys.vault_keys": 1, "idea_segments": 2, "ideas": 400, "idempotency_answers": 0},
    "finished_at": "2026-11-30T10:01:00.5Z",
    "receipt": "eyJhbGciOiJFZERTQSIsImtpZCI6Ii…",
}
JWK: Final[Prose] = {
    "kty": ("Key type (RFC 8037).", "OKP"),
    "crv": ("Curve.", "Ed25519"),
    "x": ("The public key, base64url.", "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"),
    "kid": ("Thumbprint of the key (RFC 7638).", "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    "use": ("Use of the key.", "sig"),
    "alg": ("Algorithm of the signatures.", "EdDSA"),
}
JWK_SET: Final[Prose] = {"keys": ("The keys, the newest first.", [{name: value for name, (_, value) in JWK.items()}])}

ERASE: Final = documents(
    DocumentedResponse(
        description="The erasure waits for its confirmation, or is not finished yet.",
        status=HTTPStatus.ACCEPTED,
        examples={"Requested": REQUESTED, "Erasing": ERASING},
    ),
    DocumentedResponse(description="The vault is erased.", examples={"Erased": ERASED}),
    TokenTooOld(FRESH_SECONDS),
    NotConfirmed(),
    ConfirmationExpired(),
    TenantSuspended(),
    TenantErased(),
    VaultErased(),
    NothingToErase(),
)
READ: Final = documents(
    DocumentedResponse(
        description="The erasure.", examples={"Requested": REQUESTED, "Erasing": ERASING, "Erased": ERASED}
    ),
    NoErasure(),
)
KEYS: Final = documents(DocumentedResponse(description="The public keys."))
