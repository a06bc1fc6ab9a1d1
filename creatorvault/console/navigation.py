"""Which sections of the console a caller may see."""

from collections.abc import Sequence

from litestar import Litestar

from creatorvault.admin.scopes import Caller
from creatorvault.console.catalogue import Catalogue
from creatorvault.core.console.declarations import Section
from creatorvault.core.parts import part_of


def sections_for(app: Litestar, caller: Caller) -> Sequence[Section]:
    """Returns those that show the caller something, in their order."""
    return part_of(app, Catalogue).visible(caller)
