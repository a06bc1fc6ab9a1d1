"""Every fenced block of the guides is run, compiled or validated, or says why not."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.guides.blocks import BLOCKS, GUIDES, ROOT, SHELLS, Block, blocks_in, claimed, tokens_of
from tests.guides.shell import hazards

BY_LANGUAGE: Final = {
    **dict.fromkeys(SHELLS, "tests/guides/test_sessions.py"),
    "json": "tests/guides/test_sessions.py",
    "python": "tests/guides/test_sql_and_settings.py",
    "sql": "tests/guides/test_sql_and_settings.py",
    "toml": "tests/guides/test_sql_and_settings.py",
    "vectors": "tests/crypto/test_encryption_document.py",
    **dict.fromkeys(("ts", "typescript", "tsx"), "tests/better_auth"),
}
"""Modules that test the blocks without a comment."""


def takes_blocks(module: Path) -> Iterator[int]:
    """Yields the number of blocks of each `a, b = claimed(__file__)`; one name would take any number."""
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and "claimed(__file__)" in ast.unparse(node.value):
            [target] = node.targets
            yield len(target.elts) if isinstance(target, ast.Tuple | ast.List) else 0


def is_tried(block: Block) -> bool:
    if block.how == "not run":
        return len(block.what) > 15
    return block.how == "run by" or block.language in BY_LANGUAGE


def test_every_block_is_tested_or_says_why_not() -> None:
    untried = [str(block) for block in BLOCKS if not is_tried(block)]

    assert len(BLOCKS) > 30
    assert untried == [], "say how it is run, or `<!-- not run: why -->`"


def test_an_untested_block_is_found_anywhere() -> None:
    page = """
- In a list:

  <!-- run as owner -->
  ```sql
  SELECT 1
  ```

  ~~~nginx
  server {}
  ~~~

<!-- not run: why not -->
```bash
true
```

<!-- not run: it needs a machine that is not at hand -->

```bash
true
```

    indented
"""
    blocks = blocks_in(page, "page.md")

    assert [(block.line, block.how, is_tried(block)) for block in blocks] == [
        (5, "run as", True),
        (9, "", False),
        (14, "not run", False),
        (20, "not run", True),
        (24, "", False),
    ]


def test_named_test_modules_take_all_their_blocks() -> None:
    modules = {block.what for block in BLOCKS if block.how == "run by"}

    assert modules
    for name in sorted(modules):
        module = ROOT / name
        assert module.is_file(), name
        source = module.read_text(encoding="utf-8")
        if "claimed(__file__)" in source:
            assert sum(takes_blocks(module)) == len(claimed(str(module))), name
        else:  # it reads the page directly
            assert all(Path(block.page).name in source for block in claimed(str(module))), name
    for name in set(BY_LANGUAGE.values()):
        assert (ROOT / name).exists(), name


def test_typescript_is_compiled_by_the_better_auth_tests() -> None:
    pages = {block.page for block in BLOCKS if block.language in {"ts", "typescript", "tsx"} and not block.how}
    tests = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests" / "better_auth").glob("*.py"))

    assert all(Path(page).name in tests for page in pages)


def test_pasted_commands_work_in_zsh() -> None:
    found = [f"{block}: {hazard}" for block in shell_blocks() for hazard in hazards(block.text)]

    assert found == []


def test_the_check_for_zsh_finds_its_pitfalls() -> None:
    for line in (
        "curl -s http://a/b?c=d",
        "ls *.dump",
        "echo [ab]",
        "make run  # serves",
        "echo =ls",
        "$ make run",
        "echo '…'",
    ):
        assert list(hazards(line)), line
    for line in (
        "curl -s 'http://a/b?c=d'",
        'echo "*" \\\n  "a?"',
        "[ -n x ] || [[ a = b ]]",
        "cat <<'E'\n*?\nE\necho",
    ):
        assert list(hazards(line)) == [], line


def test_printed_commands_use_an_existing_interpreter() -> None:
    """`python -m creatorvault` works only in an active environment, which a guide cannot assume."""
    for page in GUIDES:
        bare = re.findall(r".*(?<!bin/)python3? -m (?:creatorvault|benchmarks).*", page.read_text(encoding="utf-8"))
        assert bare == [], page.name


def test_every_link_between_pages_has_a_target() -> None:
    for page in GUIDES:
        for target, anchor in links(page):
            place = (page.parent / target).resolve() if target else page
            assert place.exists(), f"{page.name}: {target}"
            assert not anchor or anchor in anchors(place), f"{page.name}: {target}#{anchor}"


def test_every_page_is_listed_once_in_the_index() -> None:
    index = ROOT / "docs" / "README.md"
    named = [(index.parent / target).resolve() for target, _ in links(index)]
    pages = {page for page in GUIDES if page.parent.name != "decisions" and page != index}

    assert pages - set(named) == set()
    assert len(named) == len(set(named))


def test_the_readme_links_to_licence_and_security_policy() -> None:
    named = {(ROOT / target).resolve() for target, _ in links(ROOT / "README.md")}

    assert {ROOT / "LICENSE", ROOT / "SECURITY.md", ROOT / "docs" / "README.md"} <= named
    assert "Permission is hereby granted, free of charge" in (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "## Reporting a vulnerability" in (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def links(page: Path) -> Iterator[tuple[str, str]]:
    for token in tokens_of(page.read_text(encoding="utf-8")):
        for child in token.children or []:
            target = str(child.attrs.get("href", ""))
            if target and not re.match(r"[a-z]+:", target):
                path, _, anchor = target.partition("#")
                yield path, anchor


def anchors(page: Path) -> set[str]:
    tokens = tokens_of(page.read_text(encoding="utf-8"))
    titles = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def shell_blocks() -> list[Block]:
    return [block for block in BLOCKS if block.language in {*SHELLS, "console", "zsh"}]
