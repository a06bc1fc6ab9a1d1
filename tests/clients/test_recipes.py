"""The examples of docs/clients.md and of the packages' READMEs run as printed, and are strictly typed."""

import re
from collections.abc import Sequence
from pathlib import Path
from textwrap import indent
from typing import Final, NamedTuple
from uuid import uuid4

import pytest

from clients.build import Packages
from tests.clients.installing import Project, python_project, typescript_project
from tests.clients.restartable import Restartable
from tests.guides.blocks import BLOCKS, ROOT, blocks_of
from tests.guides.service import PRINTED_ADDRESS

pytestmark = pytest.mark.no_cover

PRINTED_USER: Final = '"ada"'


class Page(NamedTuple):
    """The blocks of a page in one language, as one program, and what it prints."""

    name: str
    text: str
    printed: Sequence[str]


RECIPES: Final = {
    language: "\n".join(
        block.text
        for block in BLOCKS
        if block.page == "docs/clients.md"
        and block.what == "tests/clients/test_recipes.py"
        and block.language == language
    )
    for language in ("ts", "python")
}
README_PRINTED: Final = ("Five breakfasts .*food.*video.*", "<user>", "2")
RECIPES_PRINTED: Final = (
    "(?i:true)",
    "body.title .*1 character",
    "201 200 404",
    "Ferries",
    "Night trains",
    "Ferries: outline, Night trains: idea",
    "3",
)


def readme_of(package: str, language: str) -> str:
    return "\n".join(
        block.text for block in blocks_of(ROOT / "clients" / package / "README.md") if block.language == language
    )


PAGES: Final = {
    "ts": (
        Page("README", readme_of("typescript", "ts"), README_PRINTED),
        Page("recipes", RECIPES["ts"], RECIPES_PRINTED),
    ),
    "python": (
        Page("README", readme_of("python", "python"), README_PRINTED),
        Page("recipes", RECIPES["python"], RECIPES_PRINTED),
    ),
}


def check(project: Project, file: str, service: Restartable, user: str, page: Page) -> None:
    lines = project.run(file, TOKEN=service.token(user)).splitlines()

    assert len(lines) == len(page.printed), lines
    for line, expected in zip(lines, page.printed, strict=True):
        assert re.fullmatch(expected.replace("<user>", user), line), (line, expected)


def here(page: Page, service: Restartable, user: str) -> str:
    assert PRINTED_ADDRESS in page.text
    assert PRINTED_USER in page.text
    return page.text.replace(f"http://{PRINTED_ADDRESS}", service.address).replace(PRINTED_USER, f'"{user}"')


@pytest.mark.parametrize("page", PAGES["ts"], ids=lambda page: page.name)
def test_typescript_runs_as_printed(page: Page, packages: Packages, service: Restartable, tmp_path: Path) -> None:
    user = f"reader-{uuid4()}"
    project = typescript_project(packages, tmp_path / "project", {"page.ts": here(page, service, user)})

    check(project, "page.js", service, user, page)


@pytest.mark.parametrize("page", PAGES["python"], ids=lambda page: page.name)
def test_python_runs_as_printed(page: Page, packages: Packages, service: Restartable, tmp_path: Path) -> None:
    user = f"reader-{uuid4()}"
    body = indent(here(page, service, user), "    ")  # as `python -m asyncio` would execute it
    program = f"import asyncio\n\nasync def page() -> None:\n{body}\nasyncio.run(page())\n"
    project = python_project(packages, tmp_path / "project", {"page.py": program})

    check(project, "page.py", service, user, page)
