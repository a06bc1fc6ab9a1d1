"""Three alarms, since each asks for another answer from the operator; docs/encryption.md says which."""

from creatorvault.core.errors import Alert


class Tampered(Alert):
    """Stored bytes are not what was sealed here: changed, cut, moved to another place, or not an envelope at all."""

    code = "tampered"


class WrongKey(Alert):
    """A wrapped vault key does not authenticate under the root key that it names: that id has another key now, or the
    row was edited.
    """

    code = "wrong_key"


class LostKey(Alert):
    """The key that a value or a wrap names is not there: no such root key, or no key row of that version."""

    code = "lost_key"


class RootKeysInvalid(ValueError):
    """A root keyring that cannot be read. Names the entry by its position from 1, never by its text."""

    def __init__(self, position: int, problem: str, setting: str = "") -> None:
        super().__init__(f"root key entry {position} {problem}" + (f" ({setting})" if setting else ""))
        self.position = position
        self.problem = problem

    def given_in(self, setting: str) -> "RootKeysInvalid":
        """The same, with the name of the setting."""
        return RootKeysInvalid(self.position, self.problem, setting)
