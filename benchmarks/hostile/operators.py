"""An operator whose key exists, appointed with the service's own commands."""

import os
import subprocess
import sys
from typing import Final

from benchmarks.cluster import Cluster

OPERATOR: Final = "creatorvault_operator_app"


def appointed(cluster: Cluster) -> str:
    """The key. Admits the login of the operators before."""
    environment = {**os.environ, **cluster.environment("ours"), "DATABASE_OPERATOR_URL": cluster.url(OPERATOR, "ours")}
    for words in (("database", "upgrade"), ("operators", "create", "--name", "Olga", "--scope", "read")):
        command = [sys.executable, "-m", "creatorvault", *words]
        done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return done.stdout.split()[-1]
