"""The generators: how each makes a client, how strictly that compiles, and how its scenario runs."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parents[1]
PYTHON: Final = ROOT / ".venv-clients" / "bin" / "python"
SCRIPTS: Final = PYTHON.parent
PROGRAMS: Final = HERE / "node_modules" / ".bin"
SECONDS: Final = 300

# Flags that a generator's own runtime does not pass. Scenarios are checked with what is left.
LOOSE_HEY_API: Final = ("exactOptionalPropertyTypes",)
LOOSE_OPENAPI_GENERATOR: Final = ("exactOptionalPropertyTypes", "noUncheckedIndexedAccess", "noImplicitOverride")


class Failed(Exception):
    """A program has failed; the text is what it printed."""


class Client(NamedTuple):
    """A generated client. Its folder has `generated/`, the scenario, and what scenarios of its language share."""

    name: str
    scenario: str
    """A file in `scenarios/`."""
    generate: Sequence[str]
    """`{document}` and `{folder}` are replaced."""
    loose: Sequence[str] = ()
    """Flags of tsc, or error codes of mypy, that are off for it."""
    ignored: Sequence[str] = ()
    """Generated Python modules that are not checked themselves."""
    published: bool = False
    """Whether it is generated from the document of the service that this one replaces."""

    @property
    def is_typescript(self) -> bool:
        return self.scenario.endswith(".ts")


def _java(generator: str, output: str, *options: str) -> Sequence[str]:
    program = (str(SCRIPTS / "openapi-generator-cli"), "generate", "-i", "{document}", "-g", generator)
    return (*program, "-o", output, *options)


OPENAPI_TYPESCRIPT: Final = (
    *(str(PROGRAMS / "openapi-typescript"), "{document}", "--output", "{folder}/generated/schema.d.ts"),
    "--default-non-nullable=false",  # else what has a default is required, in requests as well
)
TYPESCRIPT_FETCH: Final = _java("typescript-fetch", "{folder}/generated")
# Parameters without types, results of calls without types, and its own reading of responses.
LOOSE_PYTHON: Final = ("no-untyped-def", "no-untyped-call", "no-any-return", "attr-defined")

CLIENTS: Final = (
    Client("openapi-typescript + openapi-fetch", "typescript/openapi-fetch.ts", OPENAPI_TYPESCRIPT),
    Client(
        "@hey-api/openapi-ts",
        "typescript/hey-api.ts",
        (str(PROGRAMS / "openapi-ts"), "--file", str(HERE / "hey-api.config.mjs")),
        LOOSE_HEY_API,
    ),
    Client("orval", "typescript/orval.ts", (str(PROGRAMS / "orval"), "--config", str(HERE / "orval.config.mjs"))),
    Client(
        "openapi-generator typescript-fetch",
        "typescript/openapi-generator.ts",
        TYPESCRIPT_FETCH,
        LOOSE_OPENAPI_GENERATOR,
    ),
    Client(
        "openapi-python-client",
        "python/openapi_python_client.py",
        (
            *(str(PYTHON), "-m", "openapi_python_client", "generate", "--path", "{document}", "--meta", "none"),
            *("--output-path", "{folder}/generated", "--fail-on-warning"),
            *("--config", str(HERE / "openapi-python-client.yaml")),
        ),
        ignored=(
            "generated.client",  # its `__exit__` passes on what it takes as `object`
            # Takes bytes as `str`, and reads them as a file.
            "generated.api.imports.create_import_api_v1_user_id_imports_post",
        ),
    ),
    Client(
        "openapi-generator python",
        "python/openapi_generator.py",
        _java("python", "{folder}", "--package-name", "generated"),
        LOOSE_PYTHON,
        ignored=("generated.rest", "generated.api_client", "generated.configuration"),
    ),
    Client(
        "published: openapi-typescript", "typescript/published-openapi-fetch.ts", OPENAPI_TYPESCRIPT, published=True
    ),
    Client(
        "published: openapi-generator",
        "typescript/published-openapi-generator.ts",
        (*TYPESCRIPT_FETCH, "--skip-validate-spec"),  # its document is without prose, which the generator wants
        LOOSE_OPENAPI_GENERATOR,
        published=True,
    ),
)


def generate(client: Client, document: Path, folder: Path) -> None:
    """Writes the client and its scenario to an empty folder. Raises Failed."""
    folder.mkdir()
    if client.is_typescript:
        (folder / "node_modules").symlink_to(HERE / "node_modules")
    command = [word.replace("{document}", str(document)).replace("{folder}", str(folder)) for word in client.generate]
    path = f"{SCRIPTS}{os.pathsep}{os.environ['PATH']}"  # openapi-python-client calls ruff
    _run(command, folder, {"DOCUMENT": str(document), "FOLDER": str(folder), "PATH": path})
    source = HERE / "scenarios" / client.scenario
    shutil.copy(source, folder)
    shutil.copy(source.with_name(f"shared{source.suffix}"), folder)


def compile_strictly(client: Client, folder: Path) -> None:
    """Checks the generated client and its scenario. Raises Failed."""
    if client.is_typescript:
        _compile_typescript(client, folder)
    else:
        _compile_python(client, folder)


def command_of(client: Client, folder: Path) -> Sequence[str]:
    """Returns what runs the scenario, in this folder."""
    return ("node", "scenario.mjs") if client.is_typescript else (str(PYTHON), Path(client.scenario).name)


def _compile_typescript(client: Client, folder: Path) -> None:
    settings = json.loads((HERE / "tsconfig.json").read_text(encoding="utf-8"))
    settings["compilerOptions"] |= dict.fromkeys(client.loose, False)
    scenario = Path(client.scenario).name
    (folder / "tsconfig.json").write_text(json.dumps({**settings, "include": [scenario, "generated"]}))
    _run([str(PROGRAMS / "tsc"), "--project", "."], folder)
    bundled = ("--bundle", "--platform=node", "--format=esm", "--outfile=scenario.mjs", "--log-level=warning")
    _run([str(PROGRAMS / "esbuild"), scenario, *bundled], folder)


def _compile_python(client: Client, folder: Path) -> None:
    sections = ["[mypy]", "strict = true"]
    if client.loose:
        sections += ["[mypy-generated.*]", f"disable_error_code = {', '.join(client.loose)}"]
    for module in client.ignored:
        sections += [f"[mypy-{module}]", "ignore_errors = true"]
    (folder / "mypy.ini").write_text("\n".join(sections))
    scenario = Path(client.scenario).name
    _run([str(PYTHON), "-m", "mypy", "--config-file", "mypy.ini", scenario, "shared.py", "generated"], folder)
    pyright = {"include": [scenario, "shared.py"], "strict": ["shared.py"], "pythonVersion": "3.13"}
    (folder / "pyrightconfig.json").write_text(json.dumps(pyright))
    _run([str(PROGRAMS / "pyright"), "--pythonpath", str(PYTHON)], folder)


def _run(command: Sequence[str], folder: Path, environ: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **(environ or {})},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise Failed(f"$ {' '.join(command)}\n{done.stdout}{done.stderr}".strip())
