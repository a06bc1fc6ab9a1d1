"""Errors of the audit log's key, and of verifications."""

from creatorvault.core.errors import ServiceUnavailable


class AuditKeyMissing(ServiceUnavailable):
    """The database has no key of the audit log, so no event can be written or verified.

    Clients get 503 until somebody runs the command.
    """

    def __str__(self) -> str:
        return "The audit log has no key: run `creatorvault database upgrade`"


class AuditKeyLost(Exception):
    """There are events but no key, and a new key could not verify them. The text is for the command line."""

    def __init__(self) -> None:
        super().__init__("The audit log has events and no key. Restore the table keys.audit_keys from its backup")


class NoLoginForVerification(Exception):
    def __init__(self) -> None:
        super().__init__("DATABASE_OPERATOR_URL is not set: only the operators' login sees all chains")
