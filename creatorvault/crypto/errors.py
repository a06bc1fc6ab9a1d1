"""Three alarms, which require different responses from the operator; see docs/encryption.md. And root keys that cannot
be used now.
"""

from enum import StrEnum

from creatorvault.core.errors import Alert, ServiceUnavailable


class Tampered(Alert):
    """Stored bytes differ from what was sealed: changed, truncated, moved to another row, or not an envelope."""

    alarm = "tampered"


class WrongKey(Alert):
    """A wrapped vault key cannot be authenticated with the root key that it names: the id now refers to another key, or
    the row was edited.
    """

    alarm = "wrong_key"


class LostKey(Alert):
    """The key that a value or a wrapped key names is missing: no such root key, or no key row of that version."""

    alarm = "lost_key"


class Reason(StrEnum):
    """Why a root key cannot be used now. For operators only: a client learns nothing of it."""

    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    THROTTLED = "throttled"
    SEALED = "sealed"
    REFUSED = "refused"
    DISABLED = "disabled"
    PENDING_DELETION = "pending_deletion"
    FAILED = "failed"

    @property
    def concerns_all_keys(self) -> bool:
        """Whether no other root key of the provider can be used either."""
        return self in {Reason.UNREACHABLE, Reason.TIMEOUT, Reason.THROTTLED, Reason.SEALED}

    @property
    def retry_after(self) -> int:
        """Seconds after which a retry may succeed. An outage may be over soon; a disabled key is enabled by hand."""
        return 1 if self.concerns_all_keys or self is Reason.FAILED else 30


class RootKeyUnavailable(ServiceUnavailable):
    """The provider cannot use this root key now. Nothing falls back to another key."""

    def __init__(self, root_key_id: str, reason: Reason, retry_after: int | None = None) -> None:
        super().__init__(retry_after=reason.retry_after if retry_after is None else retry_after)
        self.root_key_id = root_key_id
        self.reason = reason


class RootKeysInvalid(ValueError):
    """The root keyring cannot be parsed. Identifies the entry by its position from 1, never by its text."""

    def __init__(self, position: int, problem: str, setting: str = "") -> None:
        super().__init__(f"root key entry {position} {problem}" + (f" ({setting})" if setting else ""))
        self.position = position
        self.problem = problem

    def given_in(self, setting: str) -> "RootKeysInvalid":
        """Returns the same error with the name of the setting."""
        return RootKeysInvalid(self.position, self.problem, setting)
