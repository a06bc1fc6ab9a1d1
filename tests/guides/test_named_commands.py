"""Commands and options that the documentation names exist."""

import re
import shlex
from collections.abc import Iterator

import rich_click as click

from creatorvault.__main__ import root
from tests.guides.blocks import GUIDES, ROOT, SHELLS, blocks_of, tokens_of


def named() -> Iterator[tuple[str, str]]:
    """Yields each page and its code: inline and in shell blocks."""
    for page in GUIDES:
        tokens = tokens_of(page.read_text(encoding="utf-8"))
        inline = [child.content for token in tokens for child in token.children or [] if child.type == "code_inline"]
        lines = [line for block in blocks_of(page) if block.language in SHELLS for line in block.text.splitlines()]
        for text in (*inline, *lines):
            yield page.name, text


def unknown(words: list[str]) -> str | None:
    """Returns the first word that is neither a command of its group nor an option of its command."""
    command: click.Command = root
    for word in words:
        if isinstance(command, click.Group) and not word.startswith("-"):
            if word not in command.commands:
                return word
            command = command.commands[word]
        elif word.startswith("--") and word.split("=")[0] not in {
            *(option for parameter in command.params for option in parameter.opts),
            "--help",
        }:
            return word
    return None


def test_every_named_command_and_option_exists() -> None:
    found, seen = [], 0
    for page, text in named():
        for arguments in re.findall(r"(?:^|-m |\()creatorvault ((?:[^|>;)&\n]|\$\()+)", text):
            seen += 1
            if "=" not in arguments.split()[0] and (
                wrong := unknown(shlex.split(arguments.replace("$(", ""), posix=False))
            ):
                found.append(f"{page}: creatorvault {arguments}: {wrong}")

    assert found == []
    assert seen > 30
    assert unknown(["database", "upgade"]) == "upgade"
    assert unknown(["check", "--deplyo"]) == "--deplyo"


def test_every_named_make_target_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+|\.venv/installed):", makefile, re.MULTILINE))

    assert {text.split()[1] for _, text in named() if re.match(r"make [a-z.]", text)} <= targets


def test_no_command_uses_an_ambiguous_python() -> None:
    assert [(page, text) for page, text in named() if re.match(r"python3? ", text)] == []
