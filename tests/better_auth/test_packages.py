"""Without Node the tests of Better Auth are skipped with the reason."""

from pathlib import Path

import pytest

from tests.better_auth.packages import NotInstallable, installed


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that replaces PATH, with the shell and its tools."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/bin:/usr/bin")
    return folder


def install(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_a_missing_tool_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(NotInstallable, match="node and npm not found"):
        installed(tmp_path)


def test_a_node_that_is_too_old_is_named_with_its_version(tmp_path: Path, programs: Path) -> None:
    install(programs, "node", "echo v18.20.8")
    install(programs, "npm", "exit 1")

    with pytest.raises(NotInstallable, match=r"Node 20 or later is needed, and this is v18\.20\.8"):
        installed(tmp_path)


def test_a_failed_install_is_reported_with_npms_message(tmp_path: Path, programs: Path) -> None:
    install(programs, "node", "echo v22.1.0")
    install(programs, "npm", "echo 'npm error network down' >&2; exit 1")

    with pytest.raises(NotInstallable, match="npm error network down"):
        installed(tmp_path)
