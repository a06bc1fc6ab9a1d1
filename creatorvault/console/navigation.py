"""Which sections of the console a caller may see."""

from collections.abc import Sequence

from litestar import Litestar

from creatorvault.admin.scopes import Caller
from creatorvault.core.console.declarations import Section
from creatorvault.core.console.sections import Sections
from creatorvault.core.parts import part_of


def sections_for(app: Litestar, caller: Caller) -> Sequence[Section]:
    """Returns them in their order."""
    return tuple(part_of(app, Sections).values())
