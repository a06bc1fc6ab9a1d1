"""Builds the client packages from `docs/openapi.json`: an npm tarball and a wheel. `make packages` runs it."""

import fcntl
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]
TYPESCRIPT: Final = ROOT / "clients" / "typescript"
PYTHON: Final = ROOT / "clients" / "python"
DOCUMENT: Final = ROOT / "docs" / "openapi.json"
LICENSE: Final = ROOT / "LICENSE"
OUT: Final = ROOT / "dist" / "clients"

WITH_ALL_MEMBERS: Final = ("BulkResult", "IdeaResponse", "IdeaVersion", "TrashedIdea")

OLDEST_NODE: Final = 20
SECONDS: Final = 600

MODELS: Final = (
    "--input-file-type=openapi",
    "--output-model-type=typing.TypedDict",
    "--target-python-version=3.11",
    "--enum-field-as-literal=all",
    "--use-standard-collections",
    "--use-union-operator",
    "--use-type-alias",
    "--disable-timestamp",
    "--formatters=builtin",
    # A response is the JSON that was received.
    "--type-mappings",
    *(f"string+{each}=string" for each in ("date-time", "uuid", "date", "uri", "binary")),
)
"""Options of datamodel-codegen."""

GENERATE: Final = """
import sys
sys.path.insert(0, sys.argv.pop(1))  # before what the service has installed
from datamodel_code_generator.__main__ import main
sys.exit(main())
"""


class NotBuildable(Exception):
    """The reason why tools are missing or could not be installed; tests are skipped with it."""


class Packages(NamedTuple):
    tarball: Path
    wheel: Path
    tools: Path
    """The `node_modules` that built the tarball."""


def build() -> Packages:
    """Returns the packages of this checkout; builds only what has changed since the last time. Raises NotBuildable."""
    cache = OUT / "cache"
    if missing := [tool for tool in ("node", "npm") if shutil.which(tool) is None]:
        raise NotBuildable(f"{' and '.join(missing)} not found")
    version = _run(ROOT, "node", "--version").strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
        raise NotBuildable(f"Node {OLDEST_NODE} or later is needed, and this is {version}")
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        tools = _once(cache, "npm", [TYPESCRIPT / name for name in ("package-lock.json", ".npmrc")], _install_npm)
        generator = _once(cache, "generator", [PYTHON / "generator.lock"], _install_generator)

        def pack(folder: Path) -> None:
            document = folder / "openapi.json"
            document.write_text(json.dumps(_complete(json.loads(DOCUMENT.read_bytes()))))
            _pack_typescript(folder, document, tools)
            _pack_python(folder, document, generator)

        packed = _once(cache, "packages", [DOCUMENT, LICENSE, Path(__file__), *_sources()], pack)
    [tarball], [wheel] = packed.glob("*.tgz"), packed.glob("*.whl")
    return Packages(tarball, wheel, tools / "node_modules")


def _once(cache: Path, name: str, sources: Iterable[Path], make: Any) -> Path:
    """Returns the folder that `make` has filled from these sources, now or earlier."""
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in sources)).hexdigest()[:16]
    folder = cache / f"{name}-{digest}"
    if not folder.exists():
        draft = Path(mkdtemp(dir=cache))
        make(draft)
        draft.rename(folder)
    return folder


def _sources() -> list[Path]:
    files = [file for root in (TYPESCRIPT, PYTHON) for file in root.rglob("*") if file.is_file()]
    return sorted(file for file in files if not {"__pycache__", "node_modules", "dist"} & set(file.parts))


def _complete(document: dict[str, Any]) -> Mapping[str, Any]:
    """Requires the members that every response has, although the document calls them optional."""
    for name in WITH_ALL_MEMBERS:
        schema = document["components"]["schemas"][name]
        schema["required"] = list(schema["properties"])
    return document


def _install_npm(folder: Path) -> None:
    for name in ("package.json", "package-lock.json", ".npmrc"):
        shutil.copy(TYPESCRIPT / name, folder)
    try:
        _run(folder, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    except subprocess.CalledProcessError as error:
        raise NotBuildable(f"npm ci failed: {error.stderr.strip().splitlines()[-1:]}") from error


def _install_generator(folder: Path) -> None:
    """A venv cannot be moved, so a folder of packages is enough."""
    uv = (sys.executable, "-m", "uv", "pip", "install", "--quiet", "--require-hashes", "--python", sys.executable)
    try:
        _run(folder, *uv, "--target", str(folder), "--requirement", str(PYTHON / "generator.lock"))
    except subprocess.CalledProcessError as error:
        raise NotBuildable(f"uv pip install failed: {error.stderr.strip().splitlines()[-1:]}") from error


def _pack_typescript(out: Path, document: Path, tools: Path) -> None:
    folder = out / "typescript"
    shutil.copytree(TYPESCRIPT, folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    shutil.copy(LICENSE, folder)
    (folder / "node_modules").symlink_to(tools / "node_modules")
    program = "node_modules/.bin/openapi-typescript"
    _run(folder, program, str(document), "--default-non-nullable=false", "--output", "src/schema.ts")
    _run(folder, "node_modules/.bin/tsc")
    _run(folder, "npm", "pack", "--ignore-scripts", "--pack-destination", str(out))


def _pack_python(out: Path, document: Path, generator: Path) -> None:
    folder = out / "python"
    shutil.copytree(PYTHON, folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(LICENSE, folder)
    models = folder / "src" / "creatorvault_client" / "models.py"
    generate = (sys.executable, "-I", "-c", GENERATE, str(generator))
    _run(folder, *generate, "--input", str(document), "--output", str(models), *MODELS)
    _run(folder, sys.executable, "-m", "mypy", "src")
    _run(folder, sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(out))


def _run(folder: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    if done.returncode != 0:
        print(done.stdout + done.stderr, file=sys.stderr)
        done.check_returncode()
    return done.stdout


def main() -> None:
    packages = build()
    for file in (packages.tarball, packages.wheel):
        print(Path(shutil.copy(file, OUT)).relative_to(ROOT))


if __name__ == "__main__":
    main()
