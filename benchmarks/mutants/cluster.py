"""The PostgreSQL of all runs, kept by a process of its own: python -m benchmarks.mutants.cluster

Says where it is in a line of JSON, then obeys `remake`, `restore` and `sweep`, a line each, until its input ends.
"""

import json
import os
import signal
import subprocess
import sys
from typing import Final

from tests.postgres import TEMPLATE, Cluster, Database
from tests.schema import build_template

KEPT: Final = "template_unchanged"
REMAKE_SECONDS: Final = 120


def main() -> None:
    # What the commands print that make the database goes elsewhere.
    said = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)

    def say(text: str) -> None:
        print(text, file=said, flush=True)

    cluster = Cluster.start()
    try:
        build_template(cluster)
        cluster.clone(KEPT)
        say(json.dumps(cluster.as_dict()))
        for line in sys.stdin:
            match line.strip():
                case "remake":
                    say("made" if _remake(cluster) or _remake(cluster) else "failed")
                case "restore":
                    cluster.drop(cluster.database(TEMPLATE))
                    cluster.clone(TEMPLATE, KEPT)
                    say("restored")
                case "sweep":
                    for database in _left_behind(cluster):
                        cluster.drop(database)
                    say("swept")
    finally:
        cluster.stop()


def _remake(cluster: Cluster) -> bool:
    """Whether the code as it is now can make the tests' database."""
    cluster.drop(cluster.database(TEMPLATE))
    signal.signal(signal.SIGALRM, _too_slow)
    signal.alarm(REMAKE_SECONDS)
    try:
        build_template(cluster)
    except (subprocess.CalledProcessError, TimeoutError):
        return False
    finally:
        signal.alarm(0)
    return True


def _too_slow(_: int, __: object) -> None:
    raise TimeoutError


def _left_behind(cluster: Cluster) -> list[Database]:
    names = cluster.run("SELECT datname FROM pg_database WHERE NOT datistemplate").split()
    return [cluster.database(name) for name in names if name not in {"postgres", TEMPLATE, KEPT}]


if __name__ == "__main__":
    main()
