"""A folder that replaces `/`, in which commands for root install accounts, files and units."""

import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

PLACES: Final = ("/opt/creatorvault", "/etc/creatorvault", "/etc/systemd", "/usr/local/sbin", "/var/backups")
PROGRAMS: Final = {
    "useradd": 'exec /usr/sbin/useradd --prefix "$UNDER" "$@"',
    "systemctl": '[ "$1" = daemon-reload ] || exec /usr/bin/systemctl --root "$UNDER" enable "$3"',
}
"""The real programs, applied to the folder. Nothing in it can be reloaded or started."""


def root_folder(folder: Path, path: str) -> dict[str, str]:
    """Creates standard folders, and returns an environment in which the commands only change this folder."""
    for place in ("etc/systemd/system", "usr/local/sbin", "bin"):
        (folder / place).mkdir(parents=True)
    for name in ("passwd", "group", "shadow", "gshadow"):
        (folder / "etc" / name).touch()
    for name, line in PROGRAMS.items():
        if shutil.which(name, path=f"{path}:/usr/sbin") is None:
            pytest.skip(f"{name} is not installed")
        (folder / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (folder / "bin" / name).chmod(0o755)
    return {"PATH": f"{folder}/bin:{path}:/usr/sbin", "UNDER": str(folder)}


def under(folder: Path, text: str) -> str:
    for place in PLACES:
        text = text.replace(place, f"{folder}{place}")
    return text


def findings(unit: Path) -> list[str]:
    """Returns systemd's findings for a unit, without those for other units of this machine."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line for line in verified.stderr.splitlines() if unit.name in line]
