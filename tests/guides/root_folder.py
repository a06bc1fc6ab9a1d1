"""A folder in place of `/`, in which lines for root install accounts, files and units with the real programs."""

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
"""The real programs, told to change the folder. Nothing runs there that could be reloaded or started."""


def root_folder(folder: Path, path: str) -> dict[str, str]:
    """Makes what every system has, and returns the environment in which the lines stay within the folder."""
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
    """What systemd says of a unit; about other units of this machine it may say what it likes."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    command = ["systemd-analyze", "verify", "--man=no", str(unit)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    return [line for line in verified.stderr.splitlines() if unit.name in line]
