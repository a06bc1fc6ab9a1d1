"""An operator whose key exists, appointed with the service's own command."""

import os
import subprocess
import sys

from benchmarks.cluster import Cluster


def appointed(cluster: Cluster) -> str:
    command = [sys.executable, "-m", "creatorvault", "operators", "create", "--name", "Olga", "--scope", "read"]
    environment = {**os.environ, **cluster.environment("ours")}
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.split()[-1]
