"""The fenced blocks of the guides, and how each is tested.

A Markdown comment before a block, or its language, determines this:

- `<!-- not run: why -->`
- `<!-- run by tests/…/test_….py -->`: that module takes it by `claimed(__file__)`
- `<!-- run as owner -->` or `operator`: SQL under that login; without it the superuser runs it
- `<!-- run later -->`: in a session, after the delay of an erasure
"""

import logging
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT: Final = Path(__file__).parents[2]
GUIDES: Final = sorted(
    [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")] + list((ROOT / "docs").rglob("*.md"))
)
# It logs every rule that it tries, which took longer than the rest.
logging.getLogger("markdown_it").setLevel(logging.WARNING)
_markdown: Final = MarkdownIt("commonmark").enable("table")

SHELLS: Final = {"bash", "sh"}
MARK: Final = re.compile(r"<!--\s*(not run|run by|run as|run later)(?:[: ]\s*(.*?))?\s*-->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    page: str
    """The path of the page in the repository."""
    line: int
    language: str
    text: str
    how: str
    """The keyword of its comment, or an empty string."""
    what: str
    """The rest of the comment: a reason, a file, a login."""

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    return blocks_in(page.read_text(encoding="utf-8"), page.relative_to(ROOT).as_posix())


@cache
def tokens_of(text: str) -> tuple[Token, ...]:
    return tuple(_markdown.parse(text))


def blocks_in(text: str, name: str) -> list[Block]:
    tokens = tokens_of(text)
    return [
        _block(name, token, tokens[at - 1] if at else token)
        for at, token in enumerate(tokens)
        if token.type in {"fence", "code_block"}
    ]


def _block(page: str, token: Token, before: Token) -> Block:
    mark = MARK.search(before.content) if before.type == "html_block" else None
    how, what = (mark[1], mark[2] or "") if mark else ("", "")
    assert token.map is not None
    return Block(page, token.map[0] + 1, token.info.strip(), token.content, how, " ".join(what.split()))


BLOCKS: Final = [block for page in GUIDES if page.exists() for block in blocks_of(page)]


def claimed(module: str) -> list[Block]:
    """Returns the blocks that name the module, in the order of the pages; unpack them, so that none is missed."""
    name = Path(module).relative_to(ROOT).as_posix()
    return [block for block in BLOCKS if block.how == "run by" and block.what == name]
