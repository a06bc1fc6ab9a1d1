"""The sections of all apps."""

from collections.abc import Sequence
from typing import Self

from creatorvault.core.console.declarations import Section


class Sections(dict[str, Section]):
    """By name, in the order of the navigation."""

    @classmethod
    def of(cls, sections: Sequence[Section]) -> Self:
        """Raises ValueError if two have the same name."""
        found = cls({section.name: section for section in sorted(sections, key=lambda section: section.order)})
        if len(found) < len(sections):
            raise ValueError("two sections of the console have the same name")
        return found
