"""The image and compose.yaml, interpreted as by Docker; their commands run in a plain virtual environment.

In CI this environment is created by the commands of the Dockerfile. Elsewhere the environment of the tests is used,
which contains more packages than the image, but requires no download.
"""

import fcntl
import hashlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from creatorvault.management.checks import Installation
from creatorvault.management.checks_of_settings import settings_check
from creatorvault.settings.environment import BETTER_AUTH
from creatorvault.settings.loading import load_settings
from tests.application import ROOT_KEYS
from tests.factories import SECRET
from tests.postgres import Cluster, Database
from tests.thoroughness import IN_CI

ROOT: Final = Path(__file__).parent.parent
ENVIRONMENT_IN_IMAGE: Final = "/opt/creatorvault"
SCRIPTS_IN_IMAGE: Final = "/usr/local/bin/"

type Instruction = tuple[str, str]


def instructions() -> list[Instruction]:
    """Yields instructions with their arguments, continued lines joined, without comments."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(name, rest.strip()) for name, _, rest in (line.partition(" ") for line in lines if line.strip())]


def of_kind(kind: str) -> list[str]:
    return [argument for name, argument in instructions() if name == kind]


def from_the_context() -> list[tuple[list[str], str]]:
    """Yields the sources and the target of each COPY that does not copy from another stage."""
    copies = [argument.split() for argument in of_kind("COPY") if "--from=" not in argument]
    return [(sources, target) for *sources, target in copies]


def commands() -> list[list[str]]:
    """Yields every command of RUN, HEALTHCHECK and ENTRYPOINT, split as a shell does."""
    shell = [shlex.split(part) for run in of_kind("RUN") for part in run.split("&&")]
    direct = [json.loads(re.sub(r"^.*?CMD ", "", argument)) for argument in of_kind("HEALTHCHECK")]
    return [*shell, *direct, *map(json.loads, of_kind("ENTRYPOINT"))]


def here(path: str, environment: Path = Path(sys.prefix)) -> str:
    """Returns the local path of a path in the image."""
    path = path.replace(ENVIRONMENT_IN_IMAGE, str(environment))
    return path.replace(SCRIPTS_IN_IMAGE, f"{ROOT / 'docker'}/")


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's virtual environment. Installing it takes a quarter of a minute, so all workers share it."""
    if not IN_CI:
        return Path(sys.prefix)
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    environment, installed = shared / "opt" / "creatorvault", shared / "opt" / "installed"
    with (shared / "opt.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not installed.exists():
            install(environment)
            installed.touch()
    return environment


def install(environment: Path) -> None:
    """Runs the first RUN instruction with this folder as the environment of the image."""
    environment.parent.mkdir()
    [(_, target), *_] = from_the_context()
    for command in map(shlex.split, of_kind("RUN")[0].split("&&")):
        parts = [here(part, environment).replace(target, str(ROOT / "requirements.lock")) for part in command]
        subprocess.run([sys.executable if parts[0] == "python" else parts[0], *parts[1:]], check=True)


def image_environment() -> dict[str, str]:
    pairs = [shlex.split(argument) for argument in of_kind("ENV")][-1]
    return dict(pair.split("=", 1) for pair in pairs)


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The working directory of the last stage, created by its COPY instructions."""
    work = tmp_path / "srv"
    work.mkdir()
    for sources, target in from_the_context()[1:]:
        if target.startswith("./"):
            for source in sources:
                place = work / target if len(sources) == 1 and target != "./" else work / source
                if (ROOT / source).is_dir():
                    shutil.copytree(ROOT / source, place, ignore=shutil.ignore_patterns("__pycache__"))
                else:
                    shutil.copy(ROOT / source, place)
    return work


def test_all_copied_files_exist_and_are_not_ignored() -> None:
    allowed = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    sources = [source for sources, _ in from_the_context() for source in sources]

    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        assert source.removeprefix("./") in allowed, f".dockerignore keeps {source} out"


@pytest.mark.parametrize("private", [".env", "secrets/root_keys", ".creatorvault/secrets", ".git/config", "tests/x.py"])
def test_private_files_are_not_copied(private: str) -> None:
    rules = (ROOT / ".dockerignore").read_text().splitlines()

    assert "*" in rules
    assert not any(fnmatch(private, f"{rule[1:]}*") for rule in rules if rule.startswith("!"))


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_command_exists(command: Sequence[str]) -> None:
    assert shutil.which(here(command[0])), command[0]
    module = command[command.index("-m") + 1] if "-m" in command else None
    if module:
        subprocess.run([sys.executable, "-c", f"import {module}"], check=True)
    for argument in command[1:]:
        if argument.startswith(SCRIPTS_IN_IMAGE):
            assert Path(here(argument)).is_file(), argument


def test_every_dependency_is_locked_by_its_hash() -> None:
    lock = re.sub(r"\\\n\s*", " ", (ROOT / "requirements.lock").read_text())
    requirements = [line for line in lock.splitlines() if line and not line.startswith("#")]

    assert any("--require-hashes" in run and "requirements.lock" in run for run in of_kind("RUN"))
    assert requirements
    assert all("==" in line and "--hash=sha256:" in line for line in requirements)


def test_it_is_built_in_stages_and_serves_as_an_unprivileged_user() -> None:
    *earlier, last = of_kind("FROM")
    assert [image.split("@")[0] for image in (*earlier, last)] == ["python:3.13-slim"] * 2
    assert ROOT.joinpath(".python-version").read_text().startswith("3.13")
    names = [name for name, _ in instructions()]
    assert "USER" in names[names.index("FROM", 1) :]
    assert of_kind("USER")[-1].split(":")[0].isdigit()
    assert of_kind("USER")[-1].split(":")[0] != "0"


def images() -> list[str]:
    """Yields the images of the Dockerfile and of compose.yaml."""
    composed = [service["image"] for service in composition()["services"].values() if "image" in service]
    return [*(argument.split()[0] for argument in of_kind("FROM")), *composed]


def test_every_image_is_pinned_by_its_digest() -> None:
    pinned = [re.fullmatch(r"([a-z0-9./-]+:[\w.-]+)@(sha256:[0-9a-f]{64})", image) for image in images()]

    assert len(pinned) == 5
    assert all(pinned), images()
    assert len({match[1] for match in pinned if match}) == len({match[0] for match in pinned if match})
    assert not re.search(r"(?m)^#\s*syntax=", (ROOT / "Dockerfile").read_text()), "that is an image too"


def test_make_images_updates_every_digest(tmp_path: Path) -> None:
    """Uses a program with a digest for each tag instead of Docker, which would query a registry."""
    for name in ("Makefile", "Dockerfile", "compose.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    docker = tmp_path / "docker"
    docker.write_text(
        '#!/bin/sh\nfor name; do :; done\nprintf "sha256:%s" "$(printf %s "$name" | sha256sum | cut -c 1-64)"\n'
    )
    docker.chmod(0o755)
    before = {name: (tmp_path / name).read_text() for name in ("Dockerfile", "compose.yaml")}

    subprocess.run(["make", "images"], cwd=tmp_path, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"}, check=True)

    def renewed(text: str) -> str:
        return re.sub(
            r"([a-z0-9./-]+:[\w.-]+)@sha256:[0-9a-f]{64}",
            lambda found: f"{found[1]}@sha256:{hashlib.sha256(found[1].encode()).hexdigest()}",
            text,
        )

    for name, text in before.items():
        assert (tmp_path / name).read_text() == renewed(text) != text
    assert {file.name for file in tmp_path.iterdir()} == {"Makefile", "Dockerfile", "compose.yaml", "docker"}


def test_the_image_contains_no_secrets() -> None:
    text = f"{of_kind('ENV')} {of_kind('ARG')}"

    assert not re.search(r"(?i)(password|secret|token|root_keys|database_url)", text)


def test_the_image_has_only_the_locked_dependencies(plain: Path) -> None:
    names = "import importlib.metadata as m; print(*sorted({d.name for d in m.distributions()}))"
    lock = (ROOT / "requirements.lock").read_text()

    listed = subprocess.run([plain / "bin/python", "-Ic", names], capture_output=True, text=True, check=True)

    def alike(name: str) -> str:
        return re.sub(r"[-_.]+", "-", name).lower()

    installed = set(map(alike, listed.stdout.split()))
    assert {"litestar", "uvicorn", "asyncpg", "cryptography"} <= installed
    if IN_CI:
        assert installed <= set(map(alike, re.findall(r"^([\w.-]+)==", lock, re.MULTILINE)))


def test_the_whole_service_compiles_in_the_image(image: Path, plain: Path) -> None:
    [compile_] = [command for command in commands() if "compileall" in command]

    done = subprocess.run(
        [here(compile_[0], plain), *compile_[1:]], cwd=image, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout


@pytest.fixture
def empty_database(cluster: Cluster) -> Generator[Database]:
    database = cluster.create(f"image_{time.time_ns()}")
    yield database
    cluster.drop(database)


def environment(plain: Path, image: Path, database: Database, port: int) -> Mapping[str, str]:
    folder = image.parent
    (folder / "keys").write_text(ROOT_KEYS)
    (folder / "keys").chmod(0o600)
    return image_environment() | {
        "PATH": f"{plain / 'bin'}:/usr/bin:/bin",
        "PYTHONPATH": str(image),
        "CREATORVAULT_HOME": str(folder / "home"),
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "DATABASE_URL": database.runtime_url,
        "DATABASE_OWNER_URL": database.owner_url,
        "BETTER_AUTH_SECRET": SECRET,
        "ALLOWED_ORIGINS": "https://app.example.com",
        "CREATORVAULT_ROOT_KEYS_FILE": str(folder / "keys"),
    }


def test_the_entry_point_migrates_serves_and_stops(plain: Path, image: Path, empty_database: Database) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    recorded = recording_python(plain, image.parent / "recorded")
    variables = dict(environment(plain, image, empty_database, port))
    variables["PATH"] = f"{recorded}:{variables['PATH']}"
    [entrypoint] = [json.loads(argument) for argument in of_kind("ENTRYPOINT")]
    [check] = [command for command in commands() if any("healthcheck.py" in part for part in command)]

    def healthy() -> int:
        command = [str(plain / "bin" / check[0]), *(here(part) for part in check[1:])]
        return subprocess.run(command, env=variables, capture_output=True, check=False).returncode

    assert healthy() == 1
    service = subprocess.Popen(
        [here(entrypoint[0])], cwd=image, env=variables, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while (status := healthy()) and service.poll() is None and time.monotonic() < deadline:
            time.sleep(0.2)
        assert status == 0
        started = dict(starts(recorded))
        assert "DATABASE_OWNER_URL" in started["-m creatorvault database upgrade"]
        assert "DATABASE_OWNER_URL" not in started["-m creatorvault run"]
        service.send_signal(signal.SIGTERM)
        _, said = service.communicate(timeout=30)
        assert service.returncode == 0, said.decode()
    finally:
        service.kill()
        service.communicate()
    assert not list(image.rglob("__pycache__")), "something was written where the image is read-only"


def recording_python(plain: Path, folder: Path) -> Path:
    """A folder with a `python` that records its arguments and the names of its variables."""
    folder.mkdir()
    record = f'{{ echo "$@"; env -0 | cut -z -d = -f 1 | tr "\\0" " "; echo; }} >> "{folder}/record"'
    (folder / "python").write_text(f'#!/bin/sh\n{record}\nexec "{plain}/bin/python" "$@"\n')
    (folder / "python").chmod(0o755)
    return folder


def starts(recorded: Path) -> Iterator[tuple[str, list[str]]]:
    lines = (recorded / "record").read_text().splitlines()
    return ((words, names.split()) for words, names in zip(lines[::2], lines[1::2], strict=True))


def test_the_entry_point_runs_any_other_command(plain: Path, image: Path, empty_database: Database) -> None:
    [entrypoint] = [json.loads(argument) for argument in of_kind("ENTRYPOINT")]
    variables = dict(environment(plain, image, empty_database, 8000))

    done = subprocess.run(
        [here(entrypoint[0]), "keys", "generate"], cwd=image, env=variables, capture_output=True, text=True, check=True
    )

    assert re.search(r"^[a-z0-9-]+:[A-Za-z0-9+/]{43}=$", done.stdout.strip().splitlines()[-1])


def composition() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((ROOT / "compose.yaml").read_text())
    return content


VARIABLE: Final = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def filled_in(text: str, given: Mapping[str, str]) -> str:
    """Substitutes variables as Docker does: `${NAME:?why}` is required, `${NAME:-default}` is not."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if given.get(name):
            return given[name]
        assert kind == "-", f"{name} is required: {rest}"
        return str(rest)

    return VARIABLE.sub(value, text)


def test_no_password_has_a_default() -> None:
    text = (ROOT / "compose.yaml").read_text()
    private = [match for match in VARIABLE.finditer(text) if re.search("PASSWORD|SECRET|KEYS|TOKEN", match[1])]

    assert len({match[1] for match in private}) >= 5
    for match in private:
        assert match[2] == "?" or match[3] == "", match[0]
    for service in composition()["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("PASSWORD|SECRET|TOKEN", name):
                assert VARIABLE.fullmatch(value), name


async def test_the_service_accepts_the_settings_of_the_compose_file(tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(ROOT_KEYS)
    (tmp_path / "keys").chmod(0o400)
    required = {"APP_PASSWORD": "a" * 48, "OWNER_PASSWORD": "b" * 48, "VALKEY_PASSWORD": "c" * 48}
    given = required | {"ALLOWED_ORIGINS": "https://app.example.com", "BETTER_AUTH_URL": "https://app.example.com"}
    api = composition()["services"]["api"]["environment"]

    variables = image_environment() | {name: filled_in(value, given) for name, value in api.items()}
    settings = load_settings(variables | {"CREATORVAULT_ROOT_KEYS_FILE": str(tmp_path / "keys")})

    assert settings.environment == "production"
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 8000)
    assert settings.database.url is not None
    assert "pgbouncer" in settings.database.url.reveal()
    assert settings.limits.storage_url is not None
    found = await settings_check(Installation(settings, deploy=True))
    assert [message.id for message in found] == ["core.W004"]  # TLS is the task of the proxy


def test_the_compose_file_passes_all_variables_of_better_auth() -> None:
    api = composition()["services"]["api"]["environment"]

    assert {name: api.get(name) for name in BETTER_AUTH} == {name: f"${{{name}:-}}" for name in BETTER_AUTH}


def test_the_compose_file_has_all_services_and_files() -> None:
    services = composition()["services"]

    assert services.keys() == {"api", "database", "pgbouncer", "valkey"}
    assert services["pgbouncer"]["environment"]["POOL_MODE"] == "transaction"
    for service in services.values():
        assert ("image" in service) != ("build" in service)
        for dependency in service.get("depends_on", {}):
            assert dependency in services
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert not source.startswith(".") or (ROOT / source).is_file(), source


def test_the_api_container_is_hardened() -> None:
    api = composition()["services"]["api"]

    assert api["read_only"] is True
    assert api["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in api["security_opt"]
    assert [name for name, service in composition()["services"].items() if "ports" in service] == ["api"]


def test_core_dumps_are_disabled_in_all_containers() -> None:
    assert {service["ulimits"]["core"] for service in composition()["services"].values()} == {0}


@pytest.mark.parametrize("script", ["docker/entrypoint", "docker/database.sh"])
def test_scripts_are_valid_and_executable(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    subprocess.run(["sh", "-n", str(ROOT / script)], check=True)
