"""Who asks for an erasure, and who confirms it."""

from typing import NamedTuple

from creatorvault.erasure.errors import AnotherPersonNeeded


class Persons(NamedTuple):
    """The operator who makes the request, as a person. With `by_two`, another one has to have made the first."""

    caller: str
    by_two: bool

    def admit(self, requested_by: str | None) -> None:
        """Raises AnotherPersonNeeded, also if it is not known who asked."""
        if self.by_two and requested_by in (None, self.caller):
            raise AnotherPersonNeeded
