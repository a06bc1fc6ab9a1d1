"""Shell blocks: pitfalls in a reader's shell, and sessions that run them unchanged."""

import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.guides.blocks import Block

QUOTED: Final = re.compile(r"""\\.|'[^']*'|"(?:\\.|[^"\\])*\"""", re.DOTALL)
HEREDOC: Final = re.compile(r"<<-?\s*'?(\w+)'?.*?^\1$", re.DOTALL | re.MULTILINE)
TEST: Final = re.compile(r"(?<!\S)\[\[?(?=\s)|(?<=\s)\]\]?(?!\S)")
HAZARDS: Final = {
    r"^\s*\$ ": "a prompt, which is pasted too",
    r"(?<!\S)#": "a comment, which an interactive zsh runs",
    r"(?<![$])[?*]|(?<![$])\[": "a pattern without quotes, which zsh refuses when no file matches",
    r"(?<!\S)=\w": "a word that begins with =, which zsh expands",
}
SEPARATOR: Final = "\x1e"


def hazards(text: str) -> Iterator[str]:
    """Yields unquoted parts of the text that zsh interprets differently."""
    bare = TEST.sub(" ", QUOTED.sub("Q", HEREDOC.sub("", text).removeprefix("#!/bin/sh\n")))
    for pattern, why in HAZARDS.items():
        if found := re.search(pattern, bare, re.MULTILINE):
            yield f"{found[0].strip()!r} is {why}"
    if "…" in text:
        yield "a placeholder, which is pasted too"


def session(
    shell: str, blocks: Sequence[Block], folder: Path, environ: Mapping[str, str], delay: float = 0
) -> Mapping[Block, str]:
    """Runs the blocks in one shell, and returns the output of each. Stops at the first error."""
    program = shutil.which(shell)
    assert program is not None, shell
    steps = ["set -euo pipefail"]
    for block in blocks:
        wait = f"sleep {delay}" if block.how == "run later" else ":"
        steps += [f"printf '{SEPARATOR}{block}\\n'", wait, block.text]
    done = subprocess.run(
        [program, "-c", "\n".join(steps)], cwd=folder, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    printed = [part.partition("\n")[2] for part in done.stdout.split(SEPARATOR)[1:]]
    return dict(zip(blocks, printed, strict=True))
