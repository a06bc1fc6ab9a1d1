"""The wheel and the source distribution, built and used outside of a checkout."""

import email
import os
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest

from creatorvault import __version__
from tests.guides.blocks import claimed
from tests.ports import free_port
from tests.running import DEADLINE, Run, started

pytestmark = pytest.mark.xdist_group("run")

ROOT: Final = Path(__file__).parent.parent
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
(BUILD,) = claimed(__file__)
UV: Final = (sys.executable, "-m", "uv")
BY_NAME: Final = re.compile(
    r"\b(?:pipx?|uvx?|poetry|pdm)\b[^\n`]*?(?<![\w./-])creatorvault(?=[\[\]\s'\"`=<>~!@,.;:)]|$)", re.MULTILINE
)
"""Installs it from a package index, where anybody can register the name; a path to a wheel does not match."""


NOT_OF_THE_PROJECT: Final = shutil.ignore_patterns(
    ".git", ".venv*", ".creatorvault", ".*cache", "__pycache__", "node_modules", ".hypothesis", ".coverage*"
)
CONSOLE: Final = ("assets/htmx.min.js", "assets/README.md", "locales/de.po", "locales/ur.po", "templates/base.html")
SECRETS: Final = (".env", "root_keys", "secrets/root_keys", ".creatorvault/secrets/root-keys", "data.dump")


def build(kind: str, source: Path, target: Path) -> Path:
    """Builds with the build backend of the tests' environment, which installing the checkout also needs."""
    options = ("--no-build-isolation", "--python", sys.executable, "--out-dir", target)
    subprocess.run([*UV, "build", "--quiet", f"--{kind}", *options, source], check=True)
    [built] = target.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the checkout that contains secrets."""
    folder = tmp_path_factory.mktemp("checkout") / "creatorvault"
    shutil.copytree(ROOT, folder, ignore=NOT_OF_THE_PROJECT)
    for name in SECRETS:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("hunter2")
    return folder


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", checkout, tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("sdist", checkout, tmp_path_factory.mktemp("sdist"))


def files(folder: Path) -> Iterator[str]:
    return (str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def test_the_wheel_contains_exactly_what_serving_needs(wheel: Path, checkout: Path) -> None:
    package = {f"creatorvault/{file}" for file in files(checkout / "creatorvault")}
    beside = {f"creatorvault/bundled/migrations/{file}" for file in files(checkout / "migrations")}

    held = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}

    assert held == {*package, *beside, "creatorvault/bundled/litestar.toml"}
    assert {"creatorvault/core/documentation/docs.html", "creatorvault/bundled/migrations/env.py"} <= held
    assert {f"creatorvault/console/{file}" for file in CONSOLE} <= held


def test_the_metadata_contain_description_and_requirements(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        [folder] = {name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name}
        text = archive.read(f"{folder}/METADATA").decode()
        names = {name.removeprefix(f"{folder}/") for name in archive.namelist()}
    metadata = email.message_from_string(text)

    assert (metadata["Name"], metadata["Version"]) == ("creatorvault", __version__)
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == "==3.13.*"
    assert set(metadata.get_all("Provides-Extra", [])) == {"aws", "embedded", "otel"}
    assert len(metadata.get_all("Requires-Dist", [])) >= len(PROJECT["dependencies"])
    assert "Private :: Do Not Upload" in metadata.get_all("Classifier", [])
    assert metadata.get_payload() == (ROOT / "README.md").read_text(encoding="utf-8")
    for licence in ROOT.glob("LICENSE*"):
        assert f"licenses/{licence.name}" in names


def test_the_page_builds_and_names_this_wheel(wheel: Path, checkout: Path) -> None:
    (checkout / ".venv").symlink_to(sys.prefix)
    try:
        subprocess.run(["bash", "-euc", BUILD.text], cwd=checkout, check=True)
        assert {file.name for file in (checkout / "dist").glob("*.whl")} == {wheel.name}
        assert (checkout / "dist" / wheel.name).read_bytes() == wheel.read_bytes()
    finally:
        (checkout / ".venv").unlink()
        shutil.rmtree(checkout / "dist")
    page = (ROOT / BUILD.page).read_text(encoding="utf-8")
    assert set(re.findall(r"dist/([\w.-]+?\.whl)", page)) == {wheel.name}
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == PROJECT["optional-dependencies"].keys()


def test_the_source_distribution_builds_the_same_wheel(sdist: Path, wheel: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    [source] = [folder for folder in tmp_path.iterdir() if folder.is_dir()]

    again = build("wheel", source, tmp_path / "again")

    assert again.read_bytes() == wheel.read_bytes()


def test_the_source_distribution_contains_no_secrets(sdist: Path, checkout: Path) -> None:
    with tarfile.open(sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}

    assert not held & set(SECRETS)
    for folder in ("creatorvault", "docker", "docs", "migrations", "tests"):
        assert {f"{folder}/{file}" for file in files(checkout / folder)} <= held
    assert {
        "Dockerfile",
        "Makefile",
        "README.md",
        "litestar.toml",
        "requirements.lock",
        "requirements-dev.lock",
    } <= held


def test_no_page_tells_to_install_it_from_a_package_index() -> None:
    """Except the page that warns about it."""
    places = [*ROOT.glob("*.md"), ROOT / "litestar.toml", ROOT / "pyproject.toml"]
    for folder in ("creatorvault", "docs", "docker", "migrations"):
        places += [file for file in (ROOT / folder).rglob("*") if file.suffix in {".md", ".py", ".html", ".toml"}]
    for said in ("pip install 'creatorvault[otel]'", "uv pip install creatorvault==0.1.0", "pipx install creatorvault"):
        assert BY_NAME.search(said), said
    assert not BY_NAME.search("pip install './dist/creatorvault-0.1.0-py3-none-any.whl[embedded]'")

    found = {(str(file.relative_to(ROOT)), match[0]) for file in places for match in BY_NAME.finditer(file.read_text())}

    assert found == {(BUILD.page, "pip install creatorvault")}


@pytest.fixture(scope="module")
def environment(wheel: Path) -> Iterator[Path]:
    """A new environment with the locked dependencies of the wheel, in a folder that other accounts can access."""
    with tempfile.TemporaryDirectory(prefix="creatorvault wheel ") as folder:
        Path(folder).chmod(0o755)
        environment = Path(folder) / "environment"
        subprocess.run([*UV, "venv", "--quiet", "--python", sys.executable, environment], check=True)
        install(environment, str(wheel))
        yield environment


def install(environment: Path, requirement: str) -> None:
    locked = ("--constraint", ROOT / "requirements-dev.lock")
    python = environment / "bin/python"
    subprocess.run([*UV, "pip", "install", "--quiet", "--python", python, *locked, requirement], check=True)


def variables(environment: Path) -> Mapping[str, str]:
    """A new HOME, without variables of the user who runs the tests."""
    home = environment.parent / "home"
    home.mkdir(exist_ok=True)
    return {"PATH": f"{environment / 'bin'}:{os.environ['PATH']}", "HOME": str(home), "PORT": str(free_port())}


@contextmanager
def running(environment: Path) -> Iterator[Run]:
    """Runs it in an empty folder."""
    folder = environment.parent / "empty"
    folder.mkdir()
    with started(subprocess.Popen[str], ["creatorvault", "run"], variables(environment), folder) as run:
        yield run


def test_the_installed_wheel_serves_in_an_empty_folder(environment: Path) -> None:
    """First without an embedded PostgreSQL, then with the extra named in the message."""
    without = subprocess.run(
        ["creatorvault", "run"],
        cwd=environment.parent,
        env=dict(variables(environment)),
        capture_output=True,
        text=True,
        check=False,
        timeout=DEADLINE,
    )
    said = " ".join(re.sub(r"[│╭╮╰╯─]", " ", without.stderr).split())
    assert without.returncode == 1
    assert "Traceback" not in said
    assert "set DATABASE_URL" in said
    [requirement] = re.findall(r"python -m pip install '(.*?)'", said)
    assert [requirement] == PROJECT["optional-dependencies"]["embedded"]

    install(environment, requirement)
    with running(environment) as run:
        created = run.curl()
        assert created.status_code == 201, created.text
        found = httpx.get(
            f"{run.address}/api/v1/ada/ideas",
            params={"search": "FIRST idea"},
            headers={"Authorization": created.request.headers["Authorization"]},
        )
        assert [idea["id"] for idea in found.json()["items"]] == [created.json()["id"]]
        assert httpx.get(f"{run.address}/health/ready").json()["status"] == "ready"
        page = httpx.get(f"{run.address}/docs").text
        for asset in re.findall(r"(?:src|href)=\"(/docs/assets/.*?)\"", page):
            assert httpx.get(f"{run.address}{asset}").status_code == 200
        assert page.count("/docs/assets/") >= 3
        assert run.stop(signal.SIGTERM) == 0
