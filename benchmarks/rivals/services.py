"""What is compared: ours with one worker and with one a core, PocketBase and Django Ninja, each with its database."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from benchmarks.cluster import RUNTIME, Cluster, finished, started
from benchmarks.content import SECRET, Group
from benchmarks.processes import Server
from benchmarks.rivals.pocketbase import PocketBase
from benchmarks.seeding import fill_ours, fill_plain

HERE: Final = Path(__file__).parent
PYTHON: Final = str(HERE.parent.parent / ".venv-bench" / "bin" / "python")
PROJECT: Final = str(HERE / "django_project")
CORES: Final = len(os.sched_getaffinity(0))
THREADS: Final = 8
"""Of a worker of Gunicorn, each with a connection of the pool: two workers have as many as there are clients."""

FLUSHED: Final = "rivals"
UNFLUSHED: Final = "rivals_unflushed"
DJANGO: Final = "rivals_django"


def ours(cluster: Cluster) -> list[Server]:
    """With the connections of a default installation for each worker."""
    servers = []
    for ending, database in (("", FLUSHED), ("-unflushed", UNFLUSHED)):
        environment = dict(cluster.environment(database))
        del environment["CREATORVAULT_DATABASE__POOL_SIZE"]
        for name, workers in (("one", 1), ("all", CORES)):
            command = [sys.executable, "-m", "benchmarks.serving", "ours", "{port}", str(workers)]
            servers.append(Server(f"ours-{name}{ending}", command, environment, cluster.home / "logs"))
    return servers


def fill_all_ours(cluster: Cluster, groups: Iterable[Group]) -> None:
    cluster.create(FLUSHED)
    cluster.migrate(FLUSHED)
    finished(started(fill_ours, cluster.url("postgres", FLUSHED), groups))
    cluster.create(UNFLUSHED, template=FLUSHED)
    cluster.commit_without_flush(UNFLUSHED)


def django(cluster: Cluster) -> Server:
    command = [PYTHON, "-m", "gunicorn", "service.wsgi", "--chdir", PROJECT, "--bind", "127.0.0.1:{port}"]
    command += ["--worker-class", "gthread", "--workers", str(CORES), "--threads", str(THREADS)]
    return Server("django", command, _of_django(cluster), cluster.home / "logs")


def fill_django(cluster: Cluster, groups: Iterable[Group]) -> None:
    cluster.create(DJANGO)
    cluster.allow_tables(DJANGO)
    migrate = [PYTHON, "-m", "django", "migrate", "--run-syncdb"]
    environment = {**os.environ, **_of_django(cluster), "PYTHONPATH": PROJECT}
    subprocess.run(migrate, env=environment, check=True, stdout=subprocess.DEVNULL)
    finished(started(fill_plain, cluster.url("postgres", DJANGO), groups, list))


def pocketbase(cluster: Cluster) -> PocketBase:
    return PocketBase(cluster.home / "pocketbase", cluster.home / "logs")


def _of_django(cluster: Cluster) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "service.settings",
        "DATABASE_HOST": cluster.socket,
        "DATABASE_NAME": DJANGO,
        "DATABASE_USER": RUNTIME,
        "DATABASE_POOL": str(THREADS),
        "BETTER_AUTH_SECRET": SECRET,
    }
