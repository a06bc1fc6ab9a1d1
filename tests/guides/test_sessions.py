"""All shell commands of the guides run, page by page, in a shell with a running service."""

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

import pytest
from litestar import Litestar

from creatorvault.core.openapi.document import document
from tests.guides.blocks import BLOCKS, SHELLS, Block
from tests.guides.service import PRINTED_ADDRESS, Served, served
from tests.guides.shell import session
from tests.thoroughness import IN_CI

pytestmark = pytest.mark.xdist_group("guides")

ERASURE_SECONDS: Final = 10
"""The minimum delay; the default is a day."""

SESSIONS: Final[dict[str, list[Block]]] = {}
for block in BLOCKS:
    if block.language in SHELLS and block.how in {"", "run later"}:
        SESSIONS.setdefault(block.page, []).append(block)


IN_BOTH_SHELLS: Final = {"README.md", "docs/paging.md"}
"""Pages whose commands can be run twice on one service, as other creators."""

CASES: Final = [
    (page, shell)
    for page in sorted(SESSIONS)
    for shell in ("bash", "zsh")
    if shell == "bash" or (page in IN_BOTH_SHELLS and IN_CI)
]


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    with served(CREATORVAULT_ADMIN__ERASURE_DELAY_SECONDS=str(ERASURE_SECONDS)) as service:
        yield service


@pytest.mark.longest
@pytest.mark.parametrize(("page", "shell"), CASES)
def test_the_commands_of_a_page_work_and_print_its_responses(service: Served, page: str, shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    blocks = [as_printed(service, block, shell) for block in SESSIONS[page]]
    printed = session(shell, blocks, service.folder, service.environ, ERASURE_SECONDS + 0.5)

    for before, expected in answers(page):
        answer = documents(printed[as_printed(service, before, shell)])[-1]
        assert fits(answer, json.loads(renamed(expected.text, shell))), f"{expected}: {answer}"


async def test_every_admin_operation_is_shown_as_a_command(app: Litestar) -> None:
    shown = set()
    for block in BLOCKS:
        if block.page != "docs/operators/admin-api.md" or block.language not in SHELLS:
            continue
        for line in re.sub(r"\\\n", " ", block.text).splitlines():
            if path := re.search(r"\$ADMIN(/[^\s\"?]*)", line):
                method = re.search(r"--request ([A-Z]+)", line)
                verb = method[1] if method else "POST" if "--data" in line else "GET"
                shown.add((verb, named(path[1])))

    paths = document(app)["paths"]
    assert shown == {
        (method.upper(), path.removeprefix("/api/v1/admin"))
        for path, item in paths.items()
        if path.startswith("/api/v1/admin/")
        for method in item
    }


def named(path: str) -> str:
    for value, name in (
        ("$TENANT", "{tenant_id}"),
        ("$CREATOR", "{user_id}"),
        ("$OPERATOR", "{operator_id}"),
        ("$ROTATION", "{rotation_id}"),
        ("$VERIFICATION", "{verification_id}"),
        ("/jobs/1", "/jobs/{job_id}"),
    ):
        path = path.replace(value, name)
    return path


def as_printed(service: Served, block: Block, shell: str) -> Block:
    return replace(block, text=renamed(block.text, shell).replace(PRINTED_ADDRESS, service.address))


def renamed(text: str, shell: str) -> str:
    """Renames creators for the second shell, so that each shell finds empty vaults."""
    return text if shell == "bash" else re.sub(r"\b(ada|grace|ruth)\b", rf"\1-{shell}", text)


def answers(page: str) -> Iterator[tuple[Block, Block]]:
    """Yields each JSON block, and the commands before it, of which it is the last response."""
    blocks = [block for block in BLOCKS if block.page == page]
    return ((before, block) for before, block in pairwise(blocks) if block.language == "json")


def documents(printed: str) -> list[Any]:
    """Splits responses, which are printed without line breaks."""
    found, at = [], 0
    while at < len(printed.rstrip()):
        value, at = json.JSONDecoder().raw_decode(printed, at)
        found.append(value)
        at += len(printed[at:]) - len(printed[at:].lstrip())
    return found


def fits(answer: Any, expected: Any) -> bool:
    """Compares values; `…` matches any text."""
    if isinstance(expected, dict):
        return answer.keys() == expected.keys() and all(fits(answer[name], expected[name]) for name in expected)
    if isinstance(expected, list):
        return len(answer) == len(expected) and all(map(fits, answer, expected))
    return isinstance(answer, str) if expected == "…" else bool(answer == expected)
