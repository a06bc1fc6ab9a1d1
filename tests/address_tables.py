"""Tables of the operators' pages that list forms of an address: which are accepted, and which are refused and why."""

import re
from pathlib import Path

PAGES = Path(__file__).parents[1] / "docs" / "operations"


def forms(page: str, start: str) -> list[tuple[str, str]]:
    """The rows of the first table after `start`: each form, and what is said of it."""
    page_from_start = (PAGES / page).read_text(encoding="utf-8").partition(start)[2]
    table = page_from_start[page_from_start.index("|---|") :].partition("\n\n")[0]
    return re.findall(r"^\| `(.+?)` \| (.+?) \|$", table, re.MULTILINE)
