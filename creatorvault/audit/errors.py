"""What can be wrong with the audit log's key."""

from creatorvault.core.errors import ServiceUnavailable


class AuditKeyMissing(ServiceUnavailable):
    """The database holds no key of the audit log, so no event can be written or verified.

    A client is told that the service is unavailable, as it is until somebody runs the command.
    """

    def __str__(self) -> str:
        return "The audit log has no key: run `creatorvault database upgrade`"


class AuditKeyLost(Exception):
    """There are events and no key, which a new one would not prove. Its text is for the person at the terminal."""

    def __init__(self) -> None:
        super().__init__("The audit log has events and no key. Restore the table keys.audit_keys from its backup")
