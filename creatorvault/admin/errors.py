"""Errors of the admin API."""

from datetime import datetime
from http import HTTPStatus
from uuid import UUID

from creatorvault.core.errors import CreatorVaultError, Forbidden, NotFound


class AdminOff(NotFound):
    """The admin API is not configured."""

    def __init__(self) -> None:
        super().__init__("The admin API is off: DATABASE_OPERATOR_URL is not set")


class ScopeMissing(Forbidden):
    """The operator lacks the required scope."""

    def __init__(self, scope: str) -> None:
        super().__init__(f"This needs the scope {scope}")


class TenantNotFound(NotFound):
    def __init__(self, tenant_id: UUID) -> None:
        super().__init__(f"Tenant {tenant_id} not found")


class TenantConflict(CreatorVaultError):
    """The status of the tenant does not permit the operation."""

    status = HTTPStatus.CONFLICT


class RootKeyUnusable(CreatorVaultError):
    """Something wrapped with the root key cannot be unwrapped now. Nothing was changed."""

    status = HTTPStatus.CONFLICT

    def __init__(self, root_key_id: str, reason: str) -> None:
        super().__init__(f"The root key {root_key_id} cannot be used: {reason}")


class WrongConfirmation(Forbidden):
    """The confirmation is wrong. Nothing was erased."""

    def __init__(self) -> None:
        super().__init__("This is not the confirmation of the erasure that waits")


class TooEarly(TenantConflict):
    """The erasure cannot be confirmed yet."""

    def __init__(self, not_before: datetime) -> None:
        super().__init__(f"The erasure can be confirmed from {not_before:%Y-%m-%dT%H:%M:%SZ} on")


class JobNotFound(NotFound):
    def __init__(self, job_id: int) -> None:
        super().__init__(f"Job {job_id} not found")


class JobRunning(CreatorVaultError):
    """The state of the job does not permit the operation."""

    status = HTTPStatus.CONFLICT
