"""Errors of the admin API."""

from collections.abc import Mapping
from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from creatorvault.accounts.errors import TokenRefused
from creatorvault.core.errors import CreatorVaultError, Forbidden, NotFound


class AdminOff(NotFound):
    """The admin API is not configured."""

    code = "admin_off"

    def __init__(self) -> None:
        super().__init__("The admin API is off: DATABASE_OPERATOR_URL is not set")


class ScopeMissing(Forbidden):
    """The operator lacks the required scope."""

    code = "scope_missing"

    def __init__(self, scope: str) -> None:
        super().__init__(f"This needs the scope {scope}")
        self._scope = scope

    def members(self) -> Mapping[str, object]:
        return {"scope": self._scope}


class KeyRevoked(TokenRefused):
    code = "operator_key_revoked"

    def __init__(self) -> None:
        super().__init__("the operator key has been revoked")


class TenantNotFound(NotFound):
    code = "tenant_not_found"

    def __init__(self, tenant_id: UUID) -> None:
        super().__init__(f"Tenant {tenant_id} not found")


class TenantConflict(CreatorVaultError):
    """The status of the tenant does not permit the operation."""

    status = HTTPStatus.CONFLICT
    code = "tenant_conflict"


class RootKeyUnusable(CreatorVaultError):
    """Something wrapped with the root key cannot be unwrapped now. Nothing was changed."""

    status = HTTPStatus.CONFLICT
    code = "root_key_unusable"

    def __init__(self, root_key_id: str, reason: str) -> None:
        super().__init__(f"The root key {root_key_id} cannot be used: {reason}")


class WrongConfirmation(Forbidden):
    """The confirmation is wrong. Nothing was erased."""

    code = "wrong_confirmation"

    def __init__(self) -> None:
        super().__init__("This is not the confirmation of the erasure that waits")


class TooEarly(TenantConflict):
    """The erasure cannot be confirmed yet."""

    code = "too_early"

    def __init__(self, not_before: datetime) -> None:
        super().__init__(f"The erasure can be confirmed from {not_before:%Y-%m-%dT%H:%M:%SZ} on")


class OperatorNotFound(NotFound):
    code = "operator_not_found"

    def __init__(self, operator_id: UUID) -> None:
        super().__init__(f"Operator {operator_id} not found")


class JobNotFound(NotFound):
    code = "job_not_found"

    def __init__(self, job_id: int) -> None:
        super().__init__(f"Job {job_id} not found")


class JobRunning(CreatorVaultError):
    """The state of the job does not permit the operation."""

    status = HTTPStatus.CONFLICT
    code = "job_conflict"


class RotationUnderWay(CreatorVaultError):
    """Another rotation waits or runs. Nothing was begun."""

    status = HTTPStatus.CONFLICT
    code = "rotation_under_way"

    def __init__(self) -> None:
        super().__init__("Another rotation of keys waits or runs")


class RotationNotFound(NotFound):
    code = "rotation_not_found"

    def __init__(self, rotation_id: int) -> None:
        super().__init__(f"Rotation {rotation_id} not found")


class VerificationUnderWay(CreatorVaultError):
    """Another verification of the audit log waits or runs. Nothing was begun."""

    status = HTTPStatus.CONFLICT
    code = "verification_under_way"

    def __init__(self) -> None:
        super().__init__("Another verification of the audit log waits or runs")


class VerificationNotFound(NotFound):
    code = "verification_not_found"

    def __init__(self, verification_id: int) -> None:
        super().__init__(f"Verification {verification_id} not found")
