"""The TypeScript blocks of the guides compile in a strict project."""

import re
import shlex
import subprocess
from pathlib import Path
from textwrap import dedent
from typing import Final

import pytest

from tests.better_auth.guides import ROOT, Block, blocks_of, typescript_blocks
from tests.better_auth.packages import SECONDS, run

ERROR: Final = re.compile(r"^(\S+?)\(\d+,\d+\): error (TS\d+):", re.MULTILINE)

REFUSED: Final = {
    "TS7022": """
        import { betterAuth } from "better-auth";
        import { jwt } from "better-auth/plugins";
        export const auth = betterAuth({
          plugins: [jwt({ jwt: { definePayload: async () => ({ name: (await auth.$context).appName }) } })],
        });
    """,
    "TS18047": """
        import { authClient } from "./auth-client";
        const { data } = await authClient.token();
        export const token = data.token;
    """,
    "TS2375": """
        import type { Query } from "./ideas";
        export const query: Query = { limit: undefined };
    """,
}
"""Errors that the strict options must find, by code: compiled with the guides, they prove that errors are found."""


def test_every_typescript_block_of_the_guides_compiles_strictly(guide_project: Path) -> None:
    make_types(guide_project)
    for code, block in REFUSED.items():
        (guide_project / f"{code}.ts").write_text(dedent(block), encoding="utf-8")

    tsc = ["node", "node_modules/typescript-latest/bin/tsc", "--project", "."]
    done = subprocess.run(tsc, cwd=guide_project, capture_output=True, text=True, timeout=SECONDS, check=False)

    errors = ERROR.findall(done.stdout)
    assert {file.removesuffix(".ts") for file, _ in errors} == set(REFUSED), done.stdout + done.stderr
    assert {(f"{code}.ts", code) for code in REFUSED} <= set(errors)
    assert all((guide_project / block.file).read_text(encoding="utf-8") == block.code for block in typescript_blocks())
    assert not any(re.search(r"[:<] ?any\b|\bas any\b|@ts-", block.code) for block in typescript_blocks())


def make_types(folder: Path) -> None:
    """Runs the guide's command on the published contract."""
    guide = (ROOT / "docs" / "front-end.md").read_text(encoding="utf-8")
    [printed] = re.findall(r"^npx openapi-typescript@7 (.*)$", guide, re.MULTILINE)
    url, *options = shlex.split(printed)
    assert url == "https://api.example.com/openapi.json"
    run(folder, "openapi-typescript", str(ROOT / "docs" / "openapi.json"), *options)


def test_a_block_names_its_file() -> None:
    text = dedent("""\
        Text

        ```ts
        // lib/a.ts
        export {};
        ```

        1. Step
           ```tsx title=x
           export {};
           ```
        ```sh
        ls
        ```
    """)

    named, nameless = blocks_of("docs/page.md", text)

    assert named == Block("docs/page.md", 3, "// lib/a.ts\nexport {};\n")
    assert named.file == "lib/a.ts"
    assert (nameless.line, nameless.code) == (9, "export {};\n")
    with pytest.raises(ValueError, match=r"docs/page\.md:9: the first line of the block has to name its file"):
        _ = nameless.file
