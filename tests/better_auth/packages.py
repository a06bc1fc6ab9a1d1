"""The locked npm packages, installed once per lock file, and their programs."""

import fcntl
import hashlib
import shutil
import subprocess
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

from tests.better_auth.guides import write_blocks

SOURCES: Final = Path(__file__).parent
LOCKED: Final = ("package.json", "package-lock.json", ".npmrc")
OLDEST_NODE: Final = 20
SECONDS: Final = 300


class NotInstallable(Exception):
    """The reason why the packages are not installed, for skipping."""


def installed(cache: Path, sources: Path = SOURCES) -> Path:
    """Returns a folder with the packages locked by `sources`. Workers wait for the first one. Raises NotInstallable."""
    if missing := [tool for tool in ("node", "npm") if shutil.which(tool) is None]:
        raise NotInstallable(f"{' and '.join(missing)} not found")
    version = subprocess.run(["node", "--version"], check=True, capture_output=True, text=True).stdout.strip()
    if int(version.removeprefix("v").split(".")[0]) < OLDEST_NODE:
        raise NotInstallable(f"Node {OLDEST_NODE} or later is needed, and this is {version}")
    content = hashlib.sha256(b"\0".join((sources / name).read_bytes() for name in LOCKED)).hexdigest()
    folder = cache / content[:16]
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            draft = Path(mkdtemp(dir=cache))
            for name in LOCKED:
                shutil.copy(sources / name, draft)
            command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            npm = subprocess.run(command, cwd=draft, capture_output=True, text=True, timeout=SECONDS, check=False)
            if npm.returncode != 0:
                raise NotInstallable(f"npm ci failed: {npm.stderr.strip().splitlines()[-1:]}")
            draft.rename(folder)
    return folder


def project(packages: Path, folder: Path) -> Path:
    """Returns `folder` with the files of the guides and of the harness, and its bundles: server, page and node."""
    write_blocks(folder)
    for name in ("package.json", "tsconfig.json"):
        shutil.copy(SOURCES / name, folder)
    shutil.copytree(SOURCES / "harness", folder / "harness")
    (folder / "node_modules").symlink_to(packages / "node_modules")
    for_node = ("--packages=external", "--platform=node", "--format=esm")
    run(folder, "esbuild", "harness/server.ts", "harness/node.ts", "--bundle", *for_node, "--outdir=.")
    run(folder, "esbuild", "harness/page.ts", "--bundle", "--outdir=.")
    return folder


def run(folder: Path, program: str, *arguments: str) -> None:
    """Runs one of the packages' programs. Raises AssertionError with its output if it fails."""
    command = [f"node_modules/.bin/{program}", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
