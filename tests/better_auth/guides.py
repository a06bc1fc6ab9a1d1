"""The TypeScript of README and `docs/`. The first line of each block names its file: `// lib/auth.ts`."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Final

ROOT: Final = Path(__file__).parents[2]
FENCED: Final = re.compile(r"^ *```(?:ts|tsx|typescript)\b[^\n]*\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
NAMED: Final = re.compile(r"// (\S+\.tsx?)\n")


@dataclass(frozen=True)
class Block:
    page: str
    """Relative to the root of the repository, as in `docs/better-auth.md`."""

    line: int
    """The line of the opening fence, starting at 1."""

    code: str

    @property
    def file(self) -> str:
        """Raises ValueError if the block does not name its file."""
        if (named := NAMED.match(self.code)) is None:
            raise ValueError(f"{self.page}:{self.line}: the first line of the block has to name its file: // name.ts")
        return named[1]


def blocks_of(page: str, text: str) -> list[Block]:
    """Leaves out blocks that another module runs."""
    return [
        Block(page, text.count("\n", 0, found.start()) + 1, dedent(found[1]))
        for found in FENCED.finditer(text)
        if not text[: found.start()].rstrip().rpartition("\n")[2].startswith("<!-- run by ")
    ]


@cache
def typescript_blocks() -> tuple[Block, ...]:
    """Returns all blocks. `test_guides_compile.py` compiles them together under `strict`."""
    pages = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
    texts = ((page.relative_to(ROOT).as_posix(), page.read_text(encoding="utf-8")) for page in pages)
    return tuple(block for page, text in texts for block in blocks_of(page, text))


def write_blocks(folder: Path) -> None:
    """Raises ValueError if two blocks name the same file, or one names none."""
    for block in typescript_blocks():
        file = folder / block.file
        if file.exists():
            raise ValueError(f"{block.page}:{block.line}: another block is {block.file} too")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(block.code, encoding="utf-8")
