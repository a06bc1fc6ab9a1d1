"""Installs the built packages as their users would, in folders of their own."""

import json
import os
import subprocess
import sys
import tarfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from clients.build import Packages

HERE: Final = Path(__file__).parent
SECONDS: Final = 300
TSCONFIG: Final = {
    "target": "ES2022",
    "lib": ["ES2022", "DOM", "DOM.Iterable", "DOM.AsyncIterable"],
    "module": "NodeNext",
    "types": ["node"],
    "strict": True,
    "exactOptionalPropertyTypes": True,
    "noUncheckedIndexedAccess": True,
    "noImplicitReturns": True,
    "noImplicitOverride": True,
    "verbatimModuleSyntax": True,
    "erasableSyntaxOnly": True,
    "skipLibCheck": False,
}


class Project(NamedTuple):
    """A folder with one of the packages, and the command that runs a file there."""

    folder: Path
    command: tuple[str, ...]
    environ: Mapping[str, str]

    def run(self, file: str, *arguments: str, **environ: str) -> str:
        """Returns what the file prints. Raises AssertionError with its output if it fails."""
        return _run(self.folder, *self.command, file, *arguments, environ={**self.environ, **environ})


def typescript_project(packages: Packages, folder: Path, sources: Mapping[str, str]) -> Project:
    """Compiles the sources strictly, against the types of the tarball."""
    modules = folder / "node_modules"
    modules.mkdir(parents=True)
    for tool in packages.tools.iterdir():
        (modules / tool.name).symlink_to(tool)
    with tarfile.open(packages.tarball) as tarball:
        tarball.extractall(folder, filter="data")
    (modules / "@creatorvault").mkdir()
    (folder / "package").rename(modules / "@creatorvault" / "client")
    (folder / "package.json").write_text('{"type": "module"}')
    (folder / "tsconfig.json").write_text(json.dumps({"compilerOptions": TSCONFIG, "include": ["*.ts"]}))
    _write(folder, sources.items())
    _run(folder, "node_modules/.bin/tsc", environ={"PATH": os.environ["PATH"]})
    return Project(folder, ("node",), {"PATH": os.environ["PATH"]})


def python_project(packages: Packages, folder: Path, sources: Mapping[str, str]) -> Project:
    """Type-checks the sources strictly, against the types of the wheel, as Python 3.11 has them."""
    site = folder / "site"
    folder.mkdir(parents=True)
    install = ("-m", "uv", "pip", "install", "--quiet", "--no-index", "--no-deps", "--python", sys.executable)
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(site), "PYTHONDONTWRITEBYTECODE": "1"}
    _run(folder, sys.executable, *install, "--target", str(site), str(packages.wheel), environ=environ)
    _write(folder, sources.items())
    check = ("-m", "mypy", "--strict", "--python-version", "3.11")
    files = [name for name in sources if name.endswith(".py")]
    _run(folder, sys.executable, *check, *files, environ={**environ, "MYPYPATH": str(site)})
    return Project(folder, (sys.executable,), environ)


def sources_of(*names: str) -> Mapping[str, str]:
    return {name: (HERE / name).read_text(encoding="utf-8") for name in names}


def _write(folder: Path, sources: Iterable[tuple[str, str]]) -> None:
    for name, text in sources:
        (folder / name).write_text(text, encoding="utf-8")


def _run(folder: Path, *command: str, environ: Mapping[str, str]) -> str:
    done = subprocess.run(
        command, cwd=folder, env=environ, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
