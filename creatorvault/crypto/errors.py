"""Three alarms, which require different responses from the operator; see docs/encryption.md."""

from creatorvault.core.errors import Alert


class Tampered(Alert):
    """Stored bytes differ from what was sealed: changed, truncated, moved to another row, or not an envelope."""

    code = "tampered"


class WrongKey(Alert):
    """A wrapped vault key cannot be authenticated with the root key that it names: the id now refers to another key, or
    the row was edited.
    """

    code = "wrong_key"


class LostKey(Alert):
    """The key that a value or a wrapped key names is missing: no such root key, or no key row of that version."""

    code = "lost_key"


class RootKeysInvalid(ValueError):
    """The root keyring cannot be parsed. Identifies the entry by its position from 1, never by its text."""

    def __init__(self, position: int, problem: str, setting: str = "") -> None:
        super().__init__(f"root key entry {position} {problem}" + (f" ({setting})" if setting else ""))
        self.position = position
        self.problem = problem

    def given_in(self, setting: str) -> "RootKeysInvalid":
        """Returns the same error with the name of the setting."""
        return RootKeysInvalid(self.position, self.problem, setting)
